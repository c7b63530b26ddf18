"""`apnet-desktop [PATH]`: opens the window, on a DICOM folder, file, ZIP or DICOMDIR if given."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from pathlib import Path

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Opens the window and ends with its exit code.

    Args:
        arguments: Words after the program's name; None takes the command line's.
    """
    # A packaged application starts its own file again for each child process; this sends the child where it belongs.
    multiprocessing.freeze_support()
    parser = argparse.ArgumentParser(prog="apnet-desktop", description="Recurrence risk after acute pancreatitis.")
    parser.add_argument("path", nargs="?", type=Path, help="DICOM folder, file, ZIP or DICOMDIR")
    chosen = parser.parse_args(arguments)
    from apnet_desktop.gui.application import run

    sys.exit(run(chosen.path))


if __name__ == "__main__":
    main()
