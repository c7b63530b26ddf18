"""How the window looks: one accent, three state colours that differ in shape and lightness too, light and dark."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

__all__ = ["LIST_RIM", "Colours", "apply_theme", "colours"]

LIST_RIM = 2
"""Logical pixels of the rim around each item of a list."""


@dataclass(frozen=True)
class Colours:
    """The colours beside the palette's own.

    Attributes:
        accent: What to do next, and what is selected.
        on_accent: Text on the accent.
        done: A step that is done.
        look: Something to look at.
        refused: Something that stops the way.
        mark: Background of the bundle's status mark.
        on_mark: Text on it.
        quiet: Secondary text.
        line: Hairlines between areas.
        card: Background of cards.
    """

    accent: QColor
    on_accent: QColor
    done: QColor
    look: QColor
    refused: QColor
    mark: QColor
    on_mark: QColor
    quiet: QColor
    line: QColor
    card: QColor


_LIGHT = Colours(
    accent=QColor("#0b6478"),
    on_accent=QColor("#ffffff"),
    done=QColor("#0b6478"),
    look=QColor("#a35a00"),
    refused=QColor("#b3261e"),
    mark=QColor("#ffe3b0"),
    on_mark=QColor("#4a2c00"),
    quiet=QColor("#52616b"),
    line=QColor("#d3dade"),
    card=QColor("#ffffff"),
)
_DARK = Colours(
    accent=QColor("#5cc3d8"),
    on_accent=QColor("#06262e"),
    done=QColor("#5cc3d8"),
    look=QColor("#ffb74d"),
    refused=QColor("#ff8a80"),
    mark=QColor("#5a3d00"),
    on_mark=QColor("#ffe3b0"),
    quiet=QColor("#a4b1b9"),
    line=QColor("#3a444b"),
    card=QColor("#232b30"),
)


def _palette(dark: bool) -> QPalette:
    chosen = _DARK if dark else _LIGHT
    window, base, text = ("#1b2226", "#14191c", "#e8edf0") if dark else ("#f3f6f7", "#ffffff", "#16211f")
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in {
        roles.Window: QColor(window),
        roles.Base: QColor(base),
        roles.AlternateBase: QColor(window),
        roles.Button: chosen.card,
        roles.WindowText: QColor(text),
        roles.Text: QColor(text),
        roles.ButtonText: QColor(text),
        roles.ToolTipBase: chosen.card,
        roles.ToolTipText: QColor(text),
        roles.Highlight: chosen.accent,
        roles.HighlightedText: chosen.on_accent,
        roles.PlaceholderText: chosen.quiet,
        roles.Link: chosen.accent,
        roles.Mid: chosen.line,
    }.items():
        palette.setColor(role, colour)
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#7d8a91"))
    return palette


# The Fusion style draws the rim of a field in the window's colour made darker, which nobody sees on a dark window. For
# these widgets, which do not paint their window's colour, that colour is one whose darker shade is a visible rim.
_FIELDS = ("QCheckBox", "QRadioButton", "QLineEdit", "QAbstractSpinBox", "QComboBox")
_DARK_RIM = QColor("#7b8a93")


def _set_rims(application: QApplication, *, dark: bool) -> None:
    fields = _palette(dark)
    if dark:
        fields.setColor(QPalette.ColorRole.Window, _DARK_RIM.lighter(140))
    for name in _FIELDS:
        application.setPalette(fields, name)  # type: ignore[arg-type] # the binding takes str, its stub says bytes


def colours() -> Colours:
    """The colours that fit the palette in use."""
    dark = QApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128
    return _DARK if dark else _LIGHT


def apply_theme(application: QApplication, theme: str = "system") -> None:
    """Dresses the application.

    Args:
        application: The running application.
        theme: `system`, `light` or `dark`.
    """
    application.setStyle("Fusion")
    scheme = application.styleHints().colorScheme()
    dark = theme == "dark" or (theme == "system" and scheme == Qt.ColorScheme.Dark)
    application.setPalette(_palette(dark))
    _set_rims(application, dark=dark)
    font = QFont(application.font())
    font.setPointSizeF(10.0)
    application.setFont(font)
    chosen = colours()
    line, accent, card, quiet = (colour.name() for colour in (chosen.line, chosen.accent, chosen.card, chosen.quiet))
    on_accent = chosen.on_accent.name()
    application.setStyleSheet(
        f"""
        QFrame#card {{ background: {card}; border: 1px solid {line}; border-radius: 6px; }}
        QLabel#quiet {{ color: {quiet}; }}
        QPushButton {{ padding: 5px 12px; border: 1px solid {line}; border-radius: 5px; background: {card}; }}
        QPushButton:hover {{ border-color: {accent}; }}
        QPushButton:focus {{ border: 2px solid {accent}; padding: 4px 11px; }}
        QPushButton:checked {{ border: 2px solid {accent}; padding: 4px 11px; font-weight: 600; }}
        QPushButton#primary {{ background: {accent}; color: {on_accent}; border-color: {accent}; font-weight: 600; }}
        QPushButton#primary:disabled {{ background: {line}; color: {quiet}; border-color: {line}; }}
        QPushButton:disabled {{ color: {quiet}; }}
        QListWidget {{ border: 1px solid {line}; border-radius: 6px; }}
        QListWidget::item {{ border: {LIST_RIM}px solid transparent; border-radius: 5px; color: palette(text); }}
        QListWidget::item:selected {{ background: transparent; border-color: {accent}; color: palette(text); }}
        QToolTip {{ padding: 4px; border: 1px solid {line}; }}
        """
    )
