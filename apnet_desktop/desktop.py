"""`apnet-desktop [PATH]`: opens the window."""

from __future__ import annotations

__all__ = ["main"]


def main() -> int:
    """Opens the window on the path of the command line, if any."""
    from apnet_desktop.gui.application import run

    return run()
