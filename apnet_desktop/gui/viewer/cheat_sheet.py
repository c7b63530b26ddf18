"""The sheet that `?` shows: what every key and mouse button does."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from apnet_desktop.gui.viewer.bindings import Bindings, Command
from apnet_desktop.language import Language, text

__all__ = ["CheatSheet", "sheet_rows"]

_MOUSE = ("wheel", "control_wheel", "shift_wheel", "right_click", "double_click", "control_drag", "alt_arrows", "space")


def sheet_rows(bindings: Bindings, language: Language) -> list[tuple[str, str]]:
    """Key or mouse act, and what it does: mouse first, then presets, then commands."""
    rows = [
        (text(f"viewer.button_{button}", language), text(f"viewer.mouse_{getattr(bindings, button)}", language))
        for button in ("left", "middle", "right")
    ]
    rows += [(text(f"viewer.act_{act}", language), text(f"viewer.does_{act}", language)) for act in _MOUSE]
    for preset in bindings.presets:
        name = preset.label or text(f"viewer.preset_{preset.id}", language)
        rows.append(
            (
                _native(preset.key),
                text(
                    "viewer.preset_label", language, name=name, width=f"{preset.width:g}", center=f"{preset.center:g}"
                ),
            )
        )
    for command in Command:
        keys = ", ".join(_native(key) for key in bindings.keys_of(command))
        rows.append((keys, text(f"viewer.command_{command}", language)))
    return rows


class CheatSheet(QDialog):
    """Shows the table of keys and mouse.

    Args:
        bindings: The table in use.
        language: Of the sentences.
        parent: Owner.
    """

    def __init__(self, bindings: Bindings, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(text("viewer.sheet_title", language))
        self.resize(760, 620)
        layout = QVBoxLayout(self)
        browser = QTextBrowser()
        browser.setHtml(_html(sheet_rows(bindings, language)))
        layout.addWidget(browser)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(text("viewer.close", language))
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def _native(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def _html(rows: list[tuple[str, str]]) -> str:
    half = -(-len(rows) // 2)
    columns = (rows[:half], rows[half:])
    cells = []
    for number in range(half):
        cells.append("<tr>")
        for column in columns:
            key, does = column[number] if number < len(column) else ("", "")
            cells.append(f"<td style='padding:2px 12px 2px 0'><b>{escape(key)}</b></td>")
            cells.append(f"<td style='padding:2px 28px 2px 0'>{escape(does)}</td>")
        cells.append("</tr>")
    return f"<table>{''.join(cells)}</table>"
