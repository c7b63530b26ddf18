"""Cuts the report's pictures out of a CT volume: true proportions in mm, sides named from the geometry."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import orientation_letter
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.report.picture import Picture, PictureRole, Plane

__all__ = ["ABDOMEN_WINDOW", "PRINTED_WIDTH", "influential_pictures", "roi_thumbnails"]

ABDOMEN_WINDOW = (40.0, 350.0)
"""Centre and width in HU of the abdomen preset."""
PRINTED_WIDTH = 58.0
"""Widest print of a picture in mm; at this width a picture has at least 200 dots per inch."""
_DOTS_PER_INCH = 220
_MARGIN = 22.0
_NARROWEST = 110.0
_AIR = -1024.0


def roi_thumbnails(volume: CtVolume, roi: Roi, window: tuple[float, float] = ABDOMEN_WINDOW) -> tuple[Picture, ...]:
    """An axial and a coronal picture through the ROI where its area is largest.

    Args:
        volume: The CT.
        roi: A ROI on the volume's grid that is not empty.
        window: Centre and width in HU.

    Raises:
        ValueError: The ROI is empty or lies on another grid: a bug, checked before a prediction.
    """
    _same_grid(volume, roi)
    axial = int(np.argmax(roi.mask.sum(axis=(1, 2))))
    coronal = int(np.argmax(roi.mask.sum(axis=(0, 2))))
    return (
        _picture(volume, roi, Plane.AXIAL, axial, window, PictureRole.ROI, None),
        _picture(volume, roi, Plane.CORONAL, coronal, window, PictureRole.ROI, None),
    )


def influential_pictures(
    volume: CtVolume,
    roi: Roi,
    slices: tuple[tuple[int, float], ...],
    window: tuple[float, float] = ABDOMEN_WINDOW,
) -> tuple[Picture, ...]:
    """Axial pictures of the slices that moved the image logit.

    Args:
        volume: The CT.
        roi: A ROI on the volume's grid that is not empty.
        slices: (index k, log-odds), as in `Prediction.influential`.
        window: Centre and width in HU.
    """
    _same_grid(volume, roi)
    return tuple(
        _picture(volume, roi, Plane.AXIAL, index, window, PictureRole.INFLUENTIAL, log_odds)
        for index, log_odds in slices
    )


def _same_grid(volume: CtVolume, roi: Roi) -> None:
    if not roi.geometry.same_grid(volume.geometry):
        raise ValueError("the ROI lies on another grid than the volume")
    if not roi.mask.any():
        raise ValueError("the ROI is empty")


def _picture(
    volume: CtVolume,
    roi: Roi,
    plane: Plane,
    index: int,
    window: tuple[float, float],
    role: PictureRole,
    log_odds: float | None,
) -> Picture:
    geometry = volume.geometry
    across, along, up = (np.array(direction) for direction in geometry.direction)
    shadow: NDArray[np.bool_]
    if plane is Plane.AXIAL:
        values, mask, shadow = volume.hounsfield[index], roi.mask[index], np.asarray(roi.mask.any(axis=0))
        spacing = (geometry.spacing[0], geometry.spacing[1])
        vertical, total = along, geometry.size[2]
    else:
        # Row 0 of the picture is the slice nearest the head: k grows to the head, so rows are reversed.
        values, mask = volume.hounsfield[::-1, index], roi.mask[::-1, index]
        shadow = np.asarray(roi.mask.any(axis=1))[::-1]
        spacing = (geometry.spacing[0], geometry.spacing[2])
        vertical, total = -up, geometry.size[1]
    left, top, width, height = _frame(shadow, spacing)
    grey = _resampled(values, spacing, (left, top, width, height), window)
    return Picture(
        role=role,
        plane=plane,
        number=index + 1,
        total=total,
        width=width,
        height=height,
        png=base64.b64encode(_png(grey)).decode("ascii"),
        outlines=_outlines(mask, spacing, (left, top)),
        left=orientation_letter(-across)[:1],
        right=orientation_letter(across)[:1],
        top=orientation_letter(-vertical)[:1],
        bottom=orientation_letter(vertical)[:1],
        window=window,
        log_odds=log_odds,
    )


def _frame(shadow: NDArray[np.bool_], spacing: tuple[float, float]) -> tuple[float, float, float, float]:
    """Left, top, width and height in mm of a 4:3 frame around the ROI's shadow on the plane."""
    rows, columns = np.flatnonzero(shadow.any(axis=1)), np.flatnonzero(shadow.any(axis=0))
    x0, x1 = columns[0] * spacing[0], columns[-1] * spacing[0]
    y0, y1 = rows[0] * spacing[1], rows[-1] * spacing[1]
    width = max(x1 - x0 + 2 * _MARGIN, (y1 - y0 + 2 * _MARGIN) * 4 / 3, _NARROWEST)
    height = width * 3 / 4
    return float((x0 + x1 - width) / 2), float((y0 + y1 - height) / 2), float(width), float(height)


def _resampled(
    values: NDArray[np.int16],
    spacing: tuple[float, float],
    frame: tuple[float, float, float, float],
    window: tuple[float, float],
) -> NDArray[np.uint8]:
    from scipy.ndimage import map_coordinates

    left, top, width, height = frame
    columns = round(PRINTED_WIDTH / 25.4 * _DOTS_PER_INCH)
    rows = round(columns * height / width)
    x = (left + (np.arange(columns) + 0.5) * width / columns) / spacing[0]
    y = (top + (np.arange(rows) + 0.5) * height / rows) / spacing[1]
    grid = np.meshgrid(y, x, indexing="ij")
    hounsfield = map_coordinates(values.astype(np.float32), grid, order=1, mode="constant", cval=_AIR)
    centre, breadth = window
    grey: NDArray[np.uint8] = np.clip((hounsfield - (centre - breadth / 2)) * (255 / breadth), 0, 255).astype(np.uint8)
    return grey


def _png(grey: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(grey).save(file, format="PNG", optimize=False, compress_level=4)
    return file.getvalue()


def _outlines(
    mask: NDArray[np.bool_], spacing: tuple[float, float], corner: tuple[float, float]
) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Closed lines half-way between voxels inside and outside, in mm from the picture's corner."""
    import contourpy

    if not mask.any():
        return ()
    padded = np.pad(mask, 1).astype(np.float64)
    x = (np.arange(padded.shape[1]) - 1) * spacing[0] - corner[0]
    y = (np.arange(padded.shape[0]) - 1) * spacing[1] - corner[1]
    lines = contourpy.contour_generator(x, y, padded, name="serial").lines(0.5)
    return tuple(tuple((round(float(a), 2), round(float(b), 2)) for a, b in np.asarray(line)) for line in lines)
