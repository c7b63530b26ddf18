"""The fields of the form, in groups that scroll, with the inputs that only severity scores use folded away."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from apnet_desktop.clinical.factor import Factor, FactorKind, FactorSchema
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.gui.steps.clinical_form.choice_field import ChoiceField
from apnet_desktop.gui.steps.clinical_form.field import FactorField, in_language
from apnet_desktop.gui.steps.clinical_form.grid import FieldGroup
from apnet_desktop.gui.steps.clinical_form.text_field import TextField
from apnet_desktop.language import Language, text

__all__ = ["FormBody", "plain_scroll_area"]

# Every prediction prints its moment and the start of its horizon: the form asks for these whatever the bundle.
_DATES = ("admission_date", "discharge_date")
# And for what makes a patient ineligible, which no model is trained on.
_ELIGIBILITY = ("prior_episodes", "chronic_pancreatitis", "pancreatic_cancer")


class FormBody(QScrollArea):
    """All fields. The folded part is made when it is first opened.

    Signals:
        field_changed: A person changed a field; carries the factor's id.
        extra_made: The folded part has been made: its fields are empty.
        row_pasted: A person pasted more than one cell; carries the text.
        unit_chosen: A person switched a factor's unit; carries factor id and unit.
    """

    field_changed = Signal(str)
    extra_made = Signal()
    row_pasted = Signal(str)
    unit_chosen = Signal(str, str)

    def __init__(self, schema: FactorSchema, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._schema = schema
        self._language = language
        self.fields: dict[str, FactorField] = {}
        self._groups: list[FieldGroup] = []
        self._columns = 2
        self._content = QWidget(self)
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(12)
        default = default_schema()
        eligibility = tuple(default.factor(id) for id in _ELIGIBILITY if not schema.has(id))
        asked = _grouped(schema.factors, schema)
        # In the order in which Tab goes: the dates come after the first group, unless the bundle has them itself.
        dates = tuple(default.factor(id) for id in _DATES if not schema.has(id))
        for factors in (*asked[:1], *([dates] if dates else []), *asked[1:]):
            self._column.addWidget(self._make_group(factors, default if factors == dates else schema))
        if eligibility:
            heading = text("clinical_form.eligibility", language)
            self._column.addWidget(self._make_group(eligibility, default, heading))
        self._extra_factors = tuple(
            factor
            for factor in default.factors
            if factor.used_by and not schema.has(factor.id) and factor not in eligibility
        )
        self._extra_button = QPushButton(self._content)
        self._extra_button.setToolTip(text("clinical_form.extra_help", language))
        self._extra_button.clicked.connect(self._turn_extra)
        self._extra_button.setVisible(bool(self._extra_factors))
        self._extra = QWidget(self._content)
        self._extra_column = QVBoxLayout(self._extra)
        self._extra_column.setContentsMargins(0, 0, 0, 0)
        self._extra_column.setSpacing(12)
        self._extra.hide()
        self._title_extra()
        self._column.addWidget(self._extra_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self._extra)
        self._column.addStretch(1)
        plain_scroll_area(self, self._content)

    def show_extra(self, shown: bool = True) -> None:
        """Opens or folds the inputs that only severity scores use."""
        if shown and self._extra_column.isEmpty():
            for factors in _grouped(self._extra_factors, default_schema()):
                self._extra_column.addWidget(self._make_group(factors, default_schema()))
            self.extra_made.emit()
        self._extra.setVisible(shown)
        self._title_extra()

    def set_columns(self, columns: int) -> None:
        """Lays every group out in one column or two."""
        self._columns = columns
        for group in self._groups:
            group.set_columns(columns)

    def put_below(self, widget: QWidget) -> None:
        """Puts a widget below the fields."""
        self._column.insertWidget(self._column.count() - 1, widget)

    def focus_factor(self, factor_id: str) -> None:
        """Puts the cursor into a factor's field, opening the folded part if it lies there."""
        if any(factor.id == factor_id for factor in self._extra_factors):
            self.show_extra(True)
        field = self.fields.get(factor_id)
        if field is not None:
            field.setFocus(Qt.FocusReason.TabFocusReason)
            # A part that was just opened has its place only after the next layout.
            QTimer.singleShot(0, field, lambda: self.ensureWidgetVisible(field, 0, 40))

    def _make_group(self, factors: tuple[Factor, ...], schema: FactorSchema, heading: str = "") -> FieldGroup:
        fields = tuple(self._make_field(factor) for factor in factors)
        heading = heading or in_language(schema.group_label(factors[0].group), self._language)
        group = FieldGroup(heading, fields, self._content)
        group.set_columns(self._columns)
        self._groups.append(group)
        return group

    def _make_field(self, factor: Factor) -> FactorField:
        field: FactorField
        if factor.kind in (FactorKind.NUMBER, FactorKind.DATE):
            field = typed = TextField(factor, self._language, self._content)
            typed.row_pasted.connect(self.row_pasted)
            typed.unit_chosen.connect(self.unit_chosen)
        else:
            field = ChoiceField(factor, self._language, self._content)
        field.changed.connect(lambda: self.field_changed.emit(factor.id))
        field.finished.connect(self._next)
        self.fields[factor.id] = field
        return field

    def _next(self) -> None:
        self.focusNextChild()

    def _turn_extra(self) -> None:
        self.show_extra(self._extra.isHidden())

    def _title_extra(self) -> None:
        words = text("clinical_form.extra", self._language, count=len(self._extra_factors))
        self._extra_button.setText(("▸ " if self._extra.isHidden() else "▾ ") + words)


def _grouped(factors: tuple[Factor, ...], schema: FactorSchema) -> list[tuple[Factor, ...]]:
    """The factors of each group, the groups in the order of the schema's headings, then of their first factor."""
    order = [group.id for group in schema.groups]
    names = sorted(
        dict.fromkeys(factor.group for factor in factors),
        key=lambda name: order.index(name) if name in order else len(order),
    )
    return [tuple(factor for factor in factors if factor.group == name) for name in names]


def plain_scroll_area(area: QScrollArea, content: QWidget) -> None:
    """Dresses a scroll area: no frame, no Tab stop of its own, only the vertical bar."""
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.viewport().setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    area.setWidget(content)
