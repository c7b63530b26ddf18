"""`apnet-desktop [PATH]`: opens the window, on a DICOM folder, file, ZIP, DICOMDIR or exported case if given."""

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
    parser.add_argument("path", nargs="?", help="DICOM folder, file, ZIP, DICOMDIR or exported case")
    parser.add_argument("--self-test", action="store_true", help="try every part on the demo case, without a window")
    parser.add_argument("--json", action="store_true", help="with --self-test: one JSON object instead of text")
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="with --self-test: language of the text")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="with --self-test")
    chosen = parser.parse_args(arguments)
    if chosen.self_test:
        sys.exit(_self_test(chosen.device, as_json=chosen.json, language=chosen.lang))
    path = _path(chosen.path) if chosen.path else None
    if _handed_over(path):
        return
    from apnet_desktop.gui.start import open_window

    sys.exit(open_window(path))


def _path(word: str) -> Path:
    """What a file manager gives: a path, or a file URI; absolute, because another process may open it."""
    if word.startswith("file:"):
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        return Path(url2pathname(urlsplit(word).path))
    return Path(word).absolute()


def _handed_over(path: Path | None) -> bool:
    """True if a window of this person is open and has taken the path.

    Asked before the window's code is loaded, so that a second double-click is quick; the store's lock still has the
    last word, because two starts can miss each other here.
    """
    from apnet_desktop.gui.single_instance.meeting_point import meeting_point

    point = meeting_point()
    if not point.may_be_open():
        return False
    from apnet_desktop.gui.single_instance.client import hand_over

    return hand_over(point, path)


def _self_test(device: str, *, as_json: bool, language: str) -> int:
    from apnet_desktop.commands.output import Output
    from apnet_desktop.commands.self_test import self_test
    from apnet_desktop.gui.screen_test import try_screen
    from apnet_desktop.language import Language

    return 0 if self_test(device, None, Output(as_json, Language(language)), try_screen) else 1


if __name__ == "__main__":
    main()
