"""Where an automatic segmenter of the pancreas plugs in: a volume in, a mask out, with progress and cancel.

A site installs one as a Python package that names it under the entry point group `apnet_desktop.segmenters`; the
name leads to an object that is a `Segmenter`. Nothing is ever downloaded by this application or at its request.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.roi_editing.progress import Progress
from apnet_desktop.ct.roi_editing.total_segmentator import TotalSegmentator
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import RoiError
from apnet_desktop.language import Message

__all__ = ["GROUP", "Segmenter", "available_segmenter"]

GROUP = "apnet_desktop.segmenters"
"""Entry point group under which a site's package names its segmenter."""


@runtime_checkable
class Segmenter(Protocol):
    """Finds the pancreas in a CT.

    Attributes:
        name: What it is called on the screen and in the record, with its version.
    """

    name: str

    def segment(self, volume: CtVolume, progress: Progress) -> NDArray[np.bool_]:
        """The pancreas: bool (z, y, x) on the volume's grid.

        Called in a thread of the window's process: heavy libraries belong into a process of their own.

        Args:
            volume: The CT.
            progress: To be called with the fraction done at least every second; raises `Stopped` to cancel.

        Raises:
            RoiError: With the sentence for the person: what is missing, and how to get it.
        """
        ...


def available_segmenter() -> Segmenter | None:
    """The site's segmenter, else TotalSegmentator if it is installed with its weights, else None.

    Raises:
        RoiError: A site's segmenter is named but cannot be loaded.
    """
    for entry in entry_points(group=GROUP):
        try:
            found = entry.load()
        except ImportError as error:
            raise RoiError(Message.of("roi.segmenter_broken", name=entry.name, reason=str(error))) from error
        segmenter = found() if isinstance(found, type) else found
        if not isinstance(segmenter, Segmenter):
            raise RoiError(Message.of("roi.segmenter_broken", name=entry.name, reason="no segment(volume, progress)"))
        return segmenter
    return TotalSegmentator.installed()
