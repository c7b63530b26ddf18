"""The patient banner: whose case is open, on which CT, and what the bundle may be used for. Always visible."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from apnet_desktop.bundle.manifest import BundleStatus
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.volume import SeriesDescription
from apnet_desktop.gui.elided import ElidedLabel
from apnet_desktop.gui.theme import colours
from apnet_desktop.language import Language, text
from apnet_desktop.report.wording import sex_text

__all__ = ["PatientBanner"]

_FIELDS = ("patient_id", "sex", "birth_date", "study_date", "series")


class PatientBanner(QFrame):
    """Name, ID, sex, birth date, study date and series of the open case, and the bundle's status as a mark.

    Args:
        language: Of the captions.
        parent: Qt parent.
    """

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._language = language
        self._name = ElidedLabel(self)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        self._name.setFont(font)
        self._name.setMinimumWidth(180)
        self._values: dict[str, ElidedLabel] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(22)
        grid.setVerticalSpacing(1)
        for column, field in enumerate(_FIELDS):
            caption = QLabel(text(f"gui.banner_{field}", language), self)
            caption.setObjectName("quiet")
            value = ElidedLabel(self)
            grid.setColumnMinimumWidth(column, _WIDTHS[field])
            value.setAccessibleName(caption.text())
            grid.addWidget(caption, 0, column)
            grid.addWidget(value, 1, column)
            self._values[field] = value
        grid.setColumnStretch(len(_FIELDS) - 1, 1)
        self._mark = QLabel(self)
        self._mark.setWordWrap(True)
        self._mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._mark.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._mark.setFixedWidth(340)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 10, 8)
        row.setSpacing(24)
        row.addWidget(self._name, 2)
        fields = QVBoxLayout()
        fields.addStretch(1)
        fields.addLayout(grid)
        fields.addStretch(1)
        row.addLayout(fields, 5)
        row.addWidget(self._mark)
        self.show_patient(None, None)

    def show_patient(self, identity: PatientIdentity | None, series: SeriesDescription | None) -> None:
        """Shows whose case is open; None where nothing is."""
        missing = text("gui.banner_missing", self._language)
        if identity is None:
            self._name.setText(text("gui.banner_no_patient", self._language))
        else:
            self._name.setText(identity.name or missing)
        known = identity or PatientIdentity()
        sex = sex_text(known.sex, self._language) if known.sex else ""
        values = {
            "patient_id": known.patient_id,
            "sex": sex,
            "birth_date": _day(known.birth_date),
            "study_date": _day(series.study_date) if series else "",
            "series": _series(series) if series else "",
        }
        for field, label in self._values.items():
            label.setText(values[field] or (missing if identity else "–"))
        self.setAccessibleName(self._name.text())

    def show_status(self, status: BundleStatus) -> None:
        """Shows what the bundle in use may be used for."""
        self._mark.setText(text(f"gui.status_{status.value}", self._language))
        chosen = colours()
        self._mark.setStyleSheet(
            f"background: {chosen.mark.name()}; color: {chosen.on_mark.name()}; border-radius: 5px;"
            "padding: 5px 10px; font-weight: 600;"
        )

    @property
    def mark(self) -> str:
        """The text of the status mark."""
        return self._mark.text()


_WIDTHS = {"patient_id": 90, "sex": 46, "birth_date": 78, "study_date": 78, "series": 120}


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def _series(series: SeriesDescription) -> str:
    number = f"{series.number}: " if series.number is not None else ""
    return f"{number}{series.description}"
