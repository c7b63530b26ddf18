"""Screen fonts: names can be in any script, so a font with Chinese comes along where the system has none."""

from __future__ import annotations

from importlib.resources import files

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from apnet_desktop.language import Language

__all__ = ["add_screen_fonts"]


def add_screen_fonts(language: Language) -> None:
    """Adds Noto Sans SC unless the system can write Chinese by itself; the window uses it for Chinese."""
    systems = QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese)
    family = next((name for name in systems if "CJK SC" in name or "Sans SC" in name), None)
    if not systems:
        font = files("pylopdf_fonts_zh_cn").joinpath("NotoSansSC-Regular.otf")
        number = QFontDatabase.addApplicationFont(str(font))
        added = QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
        family = added[0] if added else None
    if language is Language.CHINESE and family:
        chosen = QFont(QApplication.font())
        chosen.setFamilies([chosen.family(), family])
        QApplication.setFont(chosen)
