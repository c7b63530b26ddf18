"""One style sheet for the whole form, made anew when the palette changes."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from apnet_desktop.gui.theme import colours

__all__ = ["form_style", "set_state"]


def form_style() -> str:
    """The style sheet; a state shows in the thickness of a border and in a symbol too, never in colour alone."""
    chosen = colours()
    line, accent, on_accent = chosen.line.name(), chosen.accent.name(), chosen.on_accent.name()
    refused, look, quiet = chosen.refused.name(), chosen.look.name(), chosen.quiet.name()
    return f"""
        QLineEdit {{ border: 1px solid {line}; border-radius: 5px; padding: 5px 6px;
                     background: palette(base); color: palette(text); }}
        QLineEdit:focus {{ border: 2px solid {accent}; padding: 4px 5px; }}
        QLineEdit[state="refused"] {{ border: 2px solid {refused}; padding: 4px 5px; }}
        QLineEdit[state="question"] {{ border: 2px solid {look}; padding: 4px 5px; }}
        QToolButton#unknown {{ border: 1px solid {line}; border-radius: 5px; padding: 4px 5px; color: {quiet}; }}
        QToolButton#unknown:checked {{ background: {accent}; color: {on_accent}; border-color: {accent};
                                       font-weight: 600; }}
        QToolButton#unit {{ border: 1px solid {line}; border-radius: 5px; padding: 4px 16px 4px 7px; }}
        QPushButton#opener {{ border: none; background: transparent; text-align: left; padding: 1px 0px; }}
        QPushButton#opener:hover {{ color: {accent}; }}
        QLabel[state="refused"] {{ color: {refused}; }}
        QLabel[state="question"] {{ color: {look}; }}
        QLabel[state="hint"] {{ color: {look}; }}
        QLabel[state="help"] {{ color: {quiet}; }}
        QLabel#symbol {{ font-weight: 700; }}
    """


def set_state(widget: QWidget, state: str) -> None:
    """Gives a widget a state of the style sheet; empty: none."""
    # A look at the whole style sheet costs milliseconds a widget: not where nothing changes, nor for the first "none".
    if (widget.property("state") or "") == state:
        return
    widget.setProperty("state", state)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
