"""The menus, from one table: sentence, what it does, keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow

from apnet_desktop.cases.assessment import Step
from apnet_desktop.language import Language, text

__all__ = ["Command", "build_menus", "step_commands"]


@dataclass(frozen=True)
class Command:
    """One line of a menu.

    Attributes:
        words: As shown, with its mnemonic.
        run: What it does.
        keys: Shortcut, or empty.
    """

    words: str
    run: Callable[[], object]
    keys: str = ""


def build_menus(window: QMainWindow, language: Language, menus: dict[str, list[Command | None]]) -> None:
    """Fills the menu bar.

    Args:
        window: Whose menu bar.
        language: Of the menus' names.
        menus: Lines by the id of the menu's name; None is a separator.
    """
    for id, commands in menus.items():
        menu = window.menuBar().addMenu(text(id, language))
        for command in commands:
            if command is None:
                menu.addSeparator()
                continue
            action = QAction(command.words, window)
            # Qt passes "checked", which none of ours wants.
            action.triggered.connect(partial(_run, command.run))
            if command.keys:
                action.setShortcut(QKeySequence(command.keys))
            menu.addAction(action)


def _run(run: Callable[[], object], _checked: bool = False) -> None:
    run()


def step_commands(language: Language, show: Callable[[Step], object]) -> list[Command | None]:
    """Alt+1 to Alt+4 open the steps."""
    return [
        Command(
            text("gui.action_step", language, number=number, step=text(f"gui.step_{step.value}", language)),
            partial(show, step),
            f"Alt+{number}",
        )
        for number, step in enumerate(Step, start=1)
    ]
