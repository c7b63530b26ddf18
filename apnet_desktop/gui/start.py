"""Loads the window's code and opens it: the way in for every command that shows it."""

from __future__ import annotations

import gc
from pathlib import Path

__all__ = ["open_window"]


def open_window(path: Path | None = None, *, demo: bool = False, store_folder: Path | None = None) -> int:
    """As `application.run`, which says what the arguments are and what is returned.

    Python looks for garbage after every few thousand new objects. While a thousand modules are being loaded there is
    none, and looking for it takes a tenth of a start. What is loaded then is set apart as lasting (`gc.freeze`), so
    later searches, which hold up the window, do not go through it either.
    """
    gc.disable()
    try:
        from apnet_desktop.gui.application import run
    finally:
        gc.freeze()
        gc.enable()
    return run(path, demo=demo, store_folder=store_folder)
