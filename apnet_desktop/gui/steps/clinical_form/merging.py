"""How an imported record joins the one in the form, without Qt."""

from __future__ import annotations

from apnet_desktop.clinical.entry import format_value
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.validation import known_factor
from apnet_desktop.gui.steps.clinical_form.field import in_language
from apnet_desktop.language import Language, text

__all__ = ["merged", "replaced_values"]


def merged(record: ClinicalRecord, new: ClinicalRecord) -> ClinicalRecord:
    """`record` with what `new` says in place of its own; what `new` leaves open stays."""
    for id, value in new.values.items():
        record = record.with_value(id, value, new.typed.get(id), id in new.confirmed, new.trends.get(id, ()))
    return record.model_copy(
        update={
            "identity": new.identity or record.identity,
            "references": {**record.references, **new.references},
        }
    )


def replaced_values(
    record: ClinicalRecord, new: ClinicalRecord, schema: FactorSchema, language: Language
) -> tuple[str, ...]:
    """A sentence for each value that `merged` takes the place of."""
    told = []
    for id, value in new.values.items():
        factor, old = known_factor(schema, id), record.value(id)
        if factor is not None and old is not None and old != value:
            told.append(
                text(
                    "clinical_form.replaced",
                    language,
                    factor=in_language(factor.label, language),
                    old=format_value(factor, old, language),
                    new=format_value(factor, value, language),
                )
            )
    return tuple(told)
