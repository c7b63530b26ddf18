"""The menu in which a person chooses language, paper and file names of the next report."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from apnet_desktop.gui.flow.report_flow import ReportOptions
from apnet_desktop.language import Language, text

__all__ = ["OptionsButton", "usual_paper"]

# Letter is the usual paper here (Unicode CLDR, supplemental measurementData, paperSize US-Letter).
_LETTER = {
    QLocale.Country.UnitedStates, QLocale.Country.Canada, QLocale.Country.Mexico, QLocale.Country.Philippines,
    QLocale.Country.Colombia, QLocale.Country.Chile, QLocale.Country.Venezuela, QLocale.Country.PuertoRico,
    QLocale.Country.Guatemala, QLocale.Country.ElSalvador, QLocale.Country.Nicaragua, QLocale.Country.CostaRica,
    QLocale.Country.Panama, QLocale.Country.Belize, QLocale.Country.DominicanRepublic,
}  # fmt: skip


def usual_paper() -> str:
    """The paper of the country that this computer is set to: `letter` or `a4`."""
    return "letter" if QLocale.system().territory() in _LETTER else "a4"


class OptionsButton(QToolButton):
    """A button with a menu.

    Args:
        language: Of its texts and, until a person chooses otherwise, of the report.
        parent: Owner.

    Signals:
        chosen: Carries the `ReportOptions`.
    """

    chosen = Signal(object)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("report_options")
        # The style's own mark would lie over the last letters.
        self.setText(text("report_view.options", language) + " ▾")
        self.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.setToolTip(text("report_view.options_read", language))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self._languages = QActionGroup(self)
        other = Language.CHINESE if language is Language.ENGLISH else Language.ENGLISH
        for languages in ((language,), (other,), (language, other), (other, language)):
            words = " + ".join(text(f"settings.language_{one.value}", language) for one in languages)
            self._add(menu, self._languages, words, languages, chosen=languages == (language,))
        menu.addSeparator()
        self._papers = QActionGroup(self)
        usual = usual_paper()
        for paper in ("a4", "letter"):
            self._add(menu, self._papers, text(f"report_view.paper_{paper}", language), paper, chosen=paper == usual)
        menu.addSeparator()
        self._named = QAction(text("report_view.named_files", language), self)
        self._named.setCheckable(True)
        self._named.toggled.connect(self._tell)
        menu.addAction(self._named)
        self.setMenu(menu)

    def options(self) -> ReportOptions:
        """What is chosen."""
        languages, paper = self._languages.checkedAction(), self._papers.checkedAction()
        return ReportOptions(tuple(languages.data()), str(paper.data()), self._named.isChecked())

    def _add(self, menu: QMenu, group: QActionGroup, words: str, data: object, *, chosen: bool) -> None:
        action = QAction(words, self)
        action.setCheckable(True)
        action.setChecked(chosen)
        action.setData(data)
        action.triggered.connect(self._tell)
        group.addAction(action)
        menu.addAction(action)

    def _tell(self, _on: bool = False) -> None:
        self.chosen.emit(self.options())
