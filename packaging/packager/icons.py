"""The application's icon in the formats of Windows and macOS, from the one SVG."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["make_icons"]

_WINDOWS_SIZES = [(size, size) for size in (16, 24, 32, 48, 64, 128, 256)]
_LARGEST = 1024


def make_icons(svg: Path, target: Path) -> None:
    """Writes `apnet.ico` and `apnet.icns` into `target`."""
    from PIL import Image

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSize
    from PySide6.QtGui import QGuiApplication, QIcon, QImage

    application = QGuiApplication.instance() or QGuiApplication([])
    image = QIcon(str(svg)).pixmap(QSize(_LARGEST, _LARGEST)).toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    del application
    picture = Image.frombytes("RGBA", (image.width(), image.height()), bytes(image.constBits()))
    picture.save(target / "apnet.ico", sizes=_WINDOWS_SIZES)
    picture.save(target / "apnet.icns")
