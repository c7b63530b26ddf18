"""The settings page: every choice is kept as soon as it is made."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError
from PySide6.QtCore import Qt, QThreadPool, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFont, QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.cases.diagnostics import diagnostics
from apnet_desktop.cases.files import user_log_folder
from apnet_desktop.cases.settings import DeviceChoice, Settings, SettingsFile, Theme, UnitSystem
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import CaseError
from apnet_desktop.gui.settings_base_rate import BaseRateCard
from apnet_desktop.gui.settings_cards import SettingsCard, choice_box, choose
from apnet_desktop.language import Language, Message, text

__all__ = ["SettingsPage"]

_PAGE_WIDTH = 760


class SettingsPage(QWidget):
    """Language, units, theme, device, reviewer, base rate, retention, bundle, and help for whoever helps.

    Signals:
        settings_changed: A setting changed and is on the disk; carries the `Settings`.
        refused: The file could not be written; carries the Message for the notice strip. The page shows the old value.
        closed: A person is done with the page.

    Args:
        file: Where the settings lie.
        settings: The settings in use.
        store: The open case store, None if there is none.
        language: Of every text.
        log_folder: Where the log lies; the user's own if None.
        parent: Qt's owner.
    """

    settings_changed = Signal(object)
    refused = Signal(object)
    closed = Signal()
    _collected = Signal(str)

    def __init__(
        self,
        file: SettingsFile,
        settings: Settings,
        store: CaseStore | None,
        language: Language,
        log_folder: Path | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._file = file
        self._store = store
        self._language = language
        self._log_folder = log_folder or user_log_folder()
        self._facts: dict[str, str] = {}
        self._filling = False
        self.settings = settings
        self._build()
        self.show_settings(settings)
        self._connect()

    # Building

    def _build(self) -> None:
        inside = QWidget(self)
        inside.setMaximumWidth(_PAGE_WIDTH)
        cards = QVBoxLayout(inside)
        cards.setContentsMargins(18, 16, 18, 18)
        cards.setSpacing(14)
        cards.addLayout(self._heading())
        for card in (self._person_card(), self._window_card(), self._computing_card()):
            cards.addWidget(card)
        self.base_rate = BaseRateCard(self._language, self)
        cards.addWidget(self.base_rate)
        cards.addWidget(self._cases_card())
        cards.addWidget(self._help_card())
        cards.addStretch(1)
        centred = QWidget(self)
        row = QHBoxLayout(centred)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(inside, 20)
        row.addStretch(1)
        area = QScrollArea(self)
        area.setWidget(centred)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)

    def _heading(self) -> QHBoxLayout:
        title = QLabel(self._words("title"), self)
        font = QFont(title.font())
        font.setPointSizeF(font.pointSizeF() * 1.6)
        font.setBold(True)
        title.setFont(font)
        self.saved = QLabel(self._words("kept_at_once"), self)
        self.saved.setObjectName("quiet")
        self.close_button = QPushButton(self._words("close"), self)
        self.close_button.clicked.connect(self.closed)
        row = QHBoxLayout()
        row.addWidget(title)
        row.addSpacing(10)
        row.addWidget(self.saved, 0, Qt.AlignmentFlag.AlignBottom)
        row.addStretch(1)
        row.addWidget(self.close_button)
        return row

    def _person_card(self) -> SettingsCard:
        card = SettingsCard(self._words("person"), self)
        self.reviewer = QLineEdit(card)
        self.reviewer.setMaxLength(200)
        card.add(self._words("reviewer"), self.reviewer, self._words("reviewer_hint"))
        return card

    def _window_card(self) -> SettingsCard:
        card = SettingsCard(self._words("window"), self)
        self.language = choice_box([(one.value, self._words(f"language_{one.value}")) for one in Language], card)
        self.units = choice_box([(one.value, self._words(f"units_{one.value}")) for one in UnitSystem], card)
        self.theme = choice_box([(one.value, self._words(f"theme_{one.value}")) for one in Theme], card)
        card.add(self._words("language"), self.language, self._words("language_hint"))
        card.add(self._words("units"), self.units, self._words("units_hint"))
        card.add(self._words("theme"), self.theme)
        return card

    def _computing_card(self) -> SettingsCard:
        card = SettingsCard(self._words("computing"), self)
        self.device = choice_box([(one.value, self._words(f"device_{one.value}")) for one in DeviceChoice], card)
        card.add(self._words("device"), self.device)
        self.device_found = card.explain(self._words("device_unknown"))
        self.bundle = QLineEdit(card)
        self.bundle.setPlaceholderText(self._words("bundle_shipped"))
        self.bundle_browse = QPushButton(self._words("browse"), card)
        self.bundle_browse.clicked.connect(self._browse_bundle)
        both = QWidget(card)
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bundle, 1)
        row.addWidget(self.bundle_browse)
        card.add(self._words("bundle"), both, self._words("bundle_hint"))
        self.bundle.setAccessibleName(self._words("bundle"))
        return card

    def _cases_card(self) -> SettingsCard:
        card = SettingsCard(self._words("cases"), self)
        self.copy_series = QCheckBox(self._words("copy_series"), card)
        card.add_wide(self.copy_series)
        card.explain(self._words("copy_series_hint"))
        self.grace_days = QSpinBox(card)
        self.grace_days.setRange(1, 3650)
        self.grace_days.setSuffix(self._words("days"))
        self.grace_days.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        card.add(self._words("grace"), self.grace_days, self._words("grace_hint"))
        if self._store is not None:
            place = QLabel(str(self._store.folder), card)
            place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            place.setWordWrap(True)
            card.add(self._words("store_folder"), place)
        return card

    def _help_card(self) -> SettingsCard:
        card = SettingsCard(self._words("help"), self)
        self.copy_button = QPushButton(self._words("copy_diagnostics"), card)
        self.copy_button.clicked.connect(self.copy_diagnostics)
        self.log_button = QPushButton(self._words("open_log"), card)
        self.log_button.clicked.connect(self.open_log_folder)
        both = QWidget(card)
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.copy_button)
        row.addWidget(self.log_button)
        row.addStretch(1)
        card.add_wide(both)
        self.copied = card.explain(self._words("diagnostics_hint"))
        return card

    def _connect(self) -> None:
        for box in (self.language, self.units, self.theme, self.device):
            box.currentIndexChanged.connect(lambda _: self._edited())
        for line in (self.reviewer, self.bundle):
            line.editingFinished.connect(self._edited)
        self.copy_series.toggled.connect(lambda _: self._edited())
        self.grace_days.editingFinished.connect(self._edited)
        self.base_rate.changed.connect(self._edited)
        self._collected.connect(self._copy)

    # What is shown

    def show_settings(self, settings: Settings) -> None:
        """Shows settings without saving them."""
        self._filling = True
        self.settings = settings
        self.reviewer.setText(settings.reviewer)
        choose(self.language, settings.language.value)
        choose(self.units, settings.units.value)
        choose(self.theme, settings.theme.value)
        choose(self.device, settings.device.value)
        self.bundle.setText(settings.bundle)
        self.copy_series.setChecked(settings.copy_series)
        self.grace_days.setValue(settings.grace_days)
        self.base_rate.show_rate(settings.base_rate)
        self._filling = False

    def show_device(self, sentence: str, facts: dict[str, str] | None = None) -> None:
        """Shows which device was found and why, and keeps the facts for the diagnostics."""
        self.device_found.setText(sentence)
        self._facts = facts or {}

    # What a person does

    def copy_diagnostics(self) -> None:
        """Puts versions, health and the last log lines on the clipboard, without patient data.

        The health of a large store takes a second to check, so it is not done on the window's thread.
        """
        self.copy_button.setEnabled(False)
        store, settings, folder, facts = self._store, self.settings, self._log_folder, self._facts
        collected = self._collected
        QThreadPool.globalInstance().start(lambda: collected.emit(diagnostics(store, settings, folder, facts)))

    def _copy(self, words: str) -> None:
        QGuiApplication.clipboard().setText(words)
        self.copied.setText(self._words("diagnostics_copied"))
        self.copy_button.setEnabled(True)

    def open_log_folder(self) -> None:
        """Shows the log folder in the system's file manager."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_folder))):
            self.refused.emit(Message.of("settings.log_not_opened", path=str(self._log_folder)))

    def _browse_bundle(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self._words("bundle"), self.bundle.text())
        if folder:
            self.bundle.setText(folder)
            self._edited()

    def _edited(self) -> None:
        if self._filling:
            return
        try:
            chosen = Settings.model_validate(
                {
                    "language": self.language.currentData(),
                    "units": self.units.currentData(),
                    "theme": self.theme.currentData(),
                    "device": self.device.currentData(),
                    "reviewer": self.reviewer.text().strip(),
                    "base_rate": self.base_rate.rate(),
                    "grace_days": self.grace_days.value(),
                    "bundle": self.bundle.text().strip(),
                    "copy_series": self.copy_series.isChecked(),
                    # A system is for all fields: it ends what was chosen for single ones.
                    "field_units": self.settings.field_units if self.units.currentData() == self.settings.units else {},
                    "viewer_bindings": self.settings.viewer_bindings,
                }
            )
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            self.refused.emit(Message.of("settings.not_allowed", field=field))
            return
        if chosen == self.settings:
            return
        try:
            self._file.save(chosen)
        except CaseError as error:
            self.show_settings(self.settings)
            self.refused.emit(error.message)
            return
        self.settings = chosen
        self.saved.setText(self._words("kept"))
        self.settings_changed.emit(chosen)

    def _words(self, id: str) -> str:
        return text(f"settings.{id}", self._language)
