"""A NIfTI or NRRD file as a series of its own, so that every CT goes the same way from scan to volume."""

from __future__ import annotations

from pathlib import Path

from apnet_desktop.ct.file_names import path_text
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.ct.summarize import thumbnail_of
from apnet_desktop.ct.volume_files import read_volume_file

__all__ = ["summarize_volume_file"]


def summarize_volume_file(path: Path, requirements: CtRequirements) -> SeriesSummary:
    """The summary of a volume file.

    Raises:
        CtError: The file cannot be read, or does not hold a volume.
    """
    volume = read_volume_file(path, requirements)
    middle = volume.hounsfield[volume.geometry.size[2] // 2]
    summary = SeriesSummary(
        key=volume.series.series_uid,
        description=volume.series,
        identity=volume.identity,
        slice_count=volume.geometry.size[2],
        geometry=volume.geometry,
        volume_file=path_text(path),
        thumbnail=thumbnail_of(middle),
    )
    return summary.with_checks(volume.checks)
