"""What can go wrong with the folder that simulated patients are written to, said as a person needs it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from apnet_desktop.errors import StudyError
from apnet_desktop.language import Message

__all__ = ["SLICE_BYTES", "require_space", "writing_to"]

SLICE_BYTES: Final = 530_000
"""Size of one DICOM file of 512 × 512 pixels."""


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turns a full disk or a folder that may not be written into a sentence.

    Raises:
        StudyError: The system refused to write.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StudyError(Message.of("simulation.cannot_write", folder=str(folder), reason=reason)) from error


def require_space(folder: Path, needed: int) -> None:
    """Makes sure that `needed` bytes are free where `folder` lies, before an hour is spent on half a cohort.

    Raises:
        StudyError: They are not.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        gigabytes = 1e9
        raise StudyError(
            Message.of(
                "simulation.no_space",
                folder=str(folder),
                needed=f"{needed / gigabytes:.1f}",
                free=f"{free / gigabytes:.1f}",
            )
        )
