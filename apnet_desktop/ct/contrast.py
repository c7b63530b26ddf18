"""The contrast phase of a CT: what the tags say, and what the vessels show where the tags say nothing."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.character_sets import header_text
from apnet_desktop.ct.header import Header
from apnet_desktop.ct.vessels import phase_from_picture

__all__ = ["judge_phase", "phase_from_text"]

_TEXTS = (
    ("none", re.compile(r"NON[- _]?CON|WITHOUT|\bW/?O\b|UNENHANCED|NATIVE|\bPLAIN\b|\bNC\b|平扫|非增强")),
    ("portal_venous", re.compile(r"PORTAL|VENOUS|\bPV[P]?\b|\bVEN\b|\bVP\b|门静?脉|静脉期|实质期")),
    ("arterial", re.compile(r"ARTERIAL|\bART\b|\bAP\b|动脉")),
    ("delayed", re.compile(r"DELAY|EQUILIBRIUM|EXCRET|UROGRAPH|延迟|平衡期|排泄")),
)


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
    seen = phase_from_picture(samples, pixel_spacing)
    if seen == "unknown":
        if named is not None:
            return named
        return "enhanced" if header.raw("ContrastBolusAgent").strip(b" \0") else "unknown"
    if seen == "none" or named in (None, "none"):
        return seen
    return named
