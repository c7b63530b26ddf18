"""A picture of the report: a grey CT slice with the outline of the ROI, its sides named and its scale known."""

from __future__ import annotations

import base64
import hashlib
from enum import StrEnum

from apnet_desktop.frozen import FrozenModel

__all__ = ["Picture", "PictureRole", "Plane"]


class Plane(StrEnum):
    """Which way a slice is cut."""

    AXIAL = "axial"
    CORONAL = "coronal"


class PictureRole(StrEnum):
    """Where in the report a picture belongs."""

    ROI = "roi"
    INFLUENTIAL = "influential"


class Picture(FrozenModel):
    """One slice, ready to print.

    Attributes:
        role: Where it belongs.
        plane: How it is cut.
        number: Slice number along the plane's normal, from 1, as the viewer counts.
        total: Slices along that normal.
        width: Of the picture in mm of the patient.
        height: In mm.
        png: Grey image, base64 of a PNG file.
        outlines: The ROI's outline: closed lines of (x, y) in mm from the upper left corner.
        left: Letters of the patient's side at the left edge.
        right: At the right edge.
        top: At the upper edge.
        bottom: At the lower edge.
        window: Centre and width in HU.
        log_odds: How far this slice moved the image logit; None for a picture of the ROI.
    """

    role: PictureRole
    plane: Plane
    number: int
    total: int
    width: float
    height: float
    png: str
    outlines: tuple[tuple[tuple[float, float], ...], ...]
    left: str
    right: str
    top: str
    bottom: str
    window: tuple[float, float]
    log_odds: float | None = None

    @property
    def png_bytes(self) -> bytes:
        """The PNG file."""
        return base64.b64decode(self.png)

    @property
    def digest(self) -> str:
        """SHA-256 of the PNG file, in hexadecimal."""
        return hashlib.sha256(self.png_bytes).hexdigest()

    @property
    def scale_bar(self) -> float:
        """Length in mm of the scale bar: the largest of 10, 20, 50, 100 that fits a third of the width."""
        return max((length for length in (20.0, 50.0, 100.0) if length <= self.width / 3), default=10.0)
