"""In which units the fields of a form read and show: a system for all, and a person's own choice for one."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from apnet_desktop.clinical.units import units_of
from apnet_desktop.gui.steps.clinical_form.body import FormBody
from apnet_desktop.gui.steps.clinical_form.form_bar import FormBar
from apnet_desktop.gui.steps.clinical_form.text_field import TextField

__all__ = ["FormUnits", "SiteUnits"]


@dataclass(frozen=True)
class SiteUnits:
    """The units that a site uses.

    Attributes:
        conventional: True for each factor's first alternative (mg/dL and the like), False for its own (SI).
        own: Fields that a person switched by themselves: UCUM unit by factor id.
    """

    conventional: bool = False
    own: dict[str, str] = field(default_factory=dict)


class FormUnits(QObject):
    """Shows the fields in a site's units; no value changes.

    Args:
        body: The fields.
        bar: Has the switch for all of them.

    Signals:
        chosen: A person switched one field or all; carries the `SiteUnits`.
    """

    chosen = Signal(object)

    def __init__(self, body: FormBody, bar: FormBar, parent: QObject) -> None:
        super().__init__(parent)
        self._body = body
        self._bar = bar
        self._site = SiteUnits()
        body.unit_chosen.connect(self._choose)
        bar.units_turned.connect(self._turn)

    @property
    def shown(self) -> dict[str, str]:
        """The unit of each field that has a choice of units."""
        fields = [field for field in self._body.fields.values() if isinstance(field, TextField)]
        return {field.factor.id: field.unit for field in fields if field.unit and len(units_of(field.factor)) > 1}

    def use(self, site: SiteUnits) -> None:
        """Shows every field in a site's units; a unit that a field does not know leaves it in the system's."""
        self._site = site
        self._bar.show_system(site.conventional)
        self.show_again()

    def show_again(self) -> None:
        """As `use`, for fields that were made since."""
        for id, one in self._body.fields.items():
            units = units_of(one.factor)
            if isinstance(one, TextField) and len(units) > 1:
                own = self._site.own.get(id, "")
                one.set_unit(own if own in units else units[1 if self._site.conventional else 0])

    def _choose(self, id: str, unit: str) -> None:
        self._site = SiteUnits(self._site.conventional, {**self._site.own, id: unit})
        self.chosen.emit(self._site)

    def _turn(self) -> None:
        self.use(SiteUnits(not self._site.conventional))
        self.chosen.emit(self._site)
