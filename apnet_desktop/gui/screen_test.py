"""The self-test's part that needs Qt: a window on this display.

It opens in a process of its own, because Qt ends a process whose display or plugin it cannot use.
"""

from __future__ import annotations

import multiprocessing
import os
import sys

from apnet_desktop.errors import KnownError
from apnet_desktop.language import Message

__all__ = ["try_screen"]

_SECONDS = 60
_NO_CHINESE = 3


def has_display() -> bool:
    """True if this session has a display."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def try_screen() -> str:
    """Shows a window for a moment.

    Returns:
        Qt's name of the window system; `offscreen` where there is no display.

    Raises:
        KnownError: It cannot be shown, or Chinese would be empty boxes.
    """
    platform = "" if has_display() else "offscreen"
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_show, args=(theirs, platform), name="apnet-screen-test", daemon=True)
    process.start()
    theirs.close()
    try:
        name = str(ours.recv()) if ours.poll(_SECONDS) else ""
    except EOFError:
        name = ""  # Qt has ended the process
    process.join(timeout=5)
    if process.is_alive():
        process.kill()
        process.join()
    code = process.exitcode
    process.close()
    if not name or code not in (0, _NO_CHINESE):
        raise KnownError(Message.of("gui.screen_fails"))
    if code == _NO_CHINESE:
        raise KnownError(Message.of("gui.screen_no_chinese"))
    return name


def _show(pipe: multiprocessing.connection.Connection, platform: str) -> None:
    if platform:
        os.environ["QT_QPA_PLATFORM"] = platform
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QRawFont
    from PySide6.QtWidgets import QApplication, QLabel

    from apnet_desktop.gui.fonts import add_screen_fonts
    from apnet_desktop.language import Language

    application = QApplication(sys.argv[:1])
    add_screen_fonts(Language.CHINESE)
    label = QLabel("APNet 胰腺炎")
    label.setFont(QFont(QApplication.font()))
    label.resize(QFontMetrics(label.font()).size(0, label.text()))
    label.show()
    QTimer.singleShot(100, application.quit)
    application.exec()
    families = QApplication.font().families()
    writes = any(QRawFont.fromFont(QFont(family)).supportsCharacter(ord("胰")) for family in families)
    pipe.send(QGuiApplication.platformName())
    pipe.close()
    sys.exit(0 if writes else _NO_CHINESE)
