"""The contrast phase of a CT: what the tags say, and what the vessels show where the tags say nothing."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.character_sets import header_text
from apnet_desktop.ct.header import Header

__all__ = ["judge_phase", "phase_from_text", "vessel_enhancement"]

_TEXTS = (
    ("none", re.compile(r"NON[- _]?CON|WITHOUT|\bW/?O\b|UNENHANCED|NATIVE|\bPLAIN\b|\bNC\b|平扫|非增强")),
    ("portal_venous", re.compile(r"PORTAL|VENOUS|\bPV[P]?\b|\bVEN\b|\bVP\b|门静?脉|静脉期|实质期")),
    ("arterial", re.compile(r"ARTERIAL|\bART\b|\bAP\b|动脉")),
    ("delayed", re.compile(r"DELAY|EQUILIBRIUM|EXCRET|UROGRAPH|延迟|平衡期|排泄")),
)
_MUSCLE = (20, 90)
_ENHANCED_HU = 100.0
_PLAIN_HU = 75.0


def phase_from_text(text: str) -> str | None:
    """The phase that a description names, in English or Chinese; None if it names none or several."""
    named = {phase for phase, pattern in _TEXTS if pattern.search(text.upper())}
    return named.pop() if len(named) == 1 else None


def judge_phase(header: Header, samples: list[NDArray[np.int16]], pixel_spacing: tuple[float, float]) -> str:
    """The phase: "none", "arterial", "portal_venous", "delayed", "enhanced" or "unknown".

    The picture goes before the text where they contradict each other on whether there is contrast at all: protocols
    are copied, and several enhanced series say nothing.

    Args:
        header: Of one slice.
        samples: HU of a few slices spread over the series, [row, column].
        pixel_spacing: mm between rows, between columns.
    """
    texts = " ".join(header_text(header, keyword) for keyword in ("SeriesDescription", "ProtocolName"))
    named = phase_from_text(texts)
    vessels = vessel_enhancement(samples, pixel_spacing)
    if vessels is None:
        if named is not None:
            return named
        return "enhanced" if header.raw("ContrastBolusAgent").strip(b" \0") else "unknown"
    if vessels < _PLAIN_HU:
        return "none"
    if vessels > _ENHANCED_HU:
        return named if named not in (None, "none") else "enhanced"
    return named or "unknown"


def vessel_enhancement(samples: list[NDArray[np.int16]], pixel_spacing: tuple[float, float]) -> float | None:
    """Median HU of the brightest large, round, even blobs in soft tissue (aorta, cava, kidney); None if none is found.

    Without contrast blood has 30 to 60 HU, with contrast vessels and kidneys stand out above 100.
    """
    found = []
    for values in samples:
        brightest = _brightest_blob(values, pixel_spacing)
        if brightest is not None:
            found.append(brightest)
    return float(np.median(found)) if len(found) >= max(1, len(samples) // 2) else None


def _brightest_blob(values: NDArray[np.int16], pixel_spacing: tuple[float, float]) -> float | None:
    from scipy import ndimage

    steps = [max(1, round(2.0 / spacing)) for spacing in pixel_spacing]
    rows, columns = (size // step * step for size, step in zip(values.shape, steps, strict=True))
    cells = values[:rows, :columns].reshape(rows // steps[0], steps[0], columns // steps[1], steps[1])
    small = np.clip(cells, -1024, 1500).mean(axis=(1, 3))
    body = ndimage.binary_opening(small > -200, iterations=2)
    if np.count_nonzero(body) < 200:
        return None
    mean = ndimage.uniform_filter(small, 5)
    square = ndimage.uniform_filter(small * small, 5)
    even = np.sqrt(np.maximum(square - mean * mean, 0.0)) < 25.0
    bone = ndimage.binary_dilation(small > 350, iterations=3)
    soft = body & even & ~bone & (mean > 0)
    if not soft.any():
        return None
    return float(np.percentile(mean[soft], 99))
