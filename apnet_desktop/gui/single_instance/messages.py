"""What a second start says to the window that is open: one line of JSON, answered by one word."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from apnet_desktop.ct.file_names import path_text, text_path
from apnet_desktop.frozen import FrozenModel

__all__ = ["LONGEST_LINE", "TAKEN", "HandedOver"]

LONGEST_LINE = 64 * 1024
TAKEN = b"taken\n"


class HandedOver(FrozenModel):
    """A path to open; empty if the program was started without one.

    Attributes:
        path: As `path_text` writes it.
    """

    version: Literal[1] = 1
    path: str = ""

    @classmethod
    def of(cls, path: Path | None) -> HandedOver:
        """The message for a path."""
        return cls(path=path_text(path) if path is not None else "")

    @property
    def opened(self) -> Path | None:
        """The path."""
        return text_path(self.path) if self.path else None
