"""A start of the program for the tests: the real `run` on a store, with a report of what the window opened."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication


def main(store: Path, log: Path, words: list[str]) -> int:
    """Starts as `apnet-desktop WORDS` does, and writes what the window was asked to open, a line each, into `log`."""
    from apnet_desktop.gui import application, main_window

    def said(line: str) -> None:
        with log.open("a", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(line + "\n")

    def opened(_: object, path: Path) -> None:
        said(f"opened {path}")

    main_window.MainWindow.open_path = opened  # type: ignore[method-assign,assignment]
    main_window.MainWindow.start = lambda self, path=None, demo=False: said(f"started {path}")  # type: ignore[method-assign]

    def look() -> None:
        if (store / "stop").exists():
            for window in QApplication.topLevelWidgets():
                window.close()

    QApplication([])
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    return application.run(Path(words[0]) if words else None, store_folder=store)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
