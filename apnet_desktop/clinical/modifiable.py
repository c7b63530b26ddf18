"""What can be changed and is worth considering, with its evidence: apart from what-if, which shows only the model.

Every sentence says "consider" and names its source; it is advice of the literature, not a result of the model.
"""

from __future__ import annotations

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["TRIGLYCERIDE_TARGET", "Consideration", "considerations"]

TRIGLYCERIDE_TARGET = 5.65
"""mmol/L; below it recurrence was rare in a prospective cohort of hypertriglyceridaemic pancreatitis."""

_BODY_MASS_INDEX = 28.24  # kg/m², PMC8975497


class Consideration(FrozenModel):
    """One modifiable factor of this patient.

    Attributes:
        factor: Factor id.
        message: The sentence, with its source.
    """

    factor: str
    message: Message


def considerations(record: ClinicalRecord) -> tuple[Consideration, ...]:
    """The modifiable factors that this patient has; nothing is said of what is unknown."""
    triglycerides, body_mass = record.number("triglycerides"), record.number("body_mass_index")
    drinks = record.value("alcohol_use") in ("moderate", "heavy") or (record.number("alcohol_intake") or 0) > 0
    gallbladder = record.value("aetiology") == "biliary" and record.value("cholecystectomy") == "none"
    found = {
        "smoking": record.value("smoking") == "current",
        "alcohol_use": drinks or record.value("aetiology") == "alcohol",
        "triglycerides": triglycerides is not None and triglycerides >= TRIGLYCERIDE_TARGET,
        "cholecystectomy": gallbladder,
        "diabetes": record.value("diabetes") is True,
        "body_mass_index": body_mass is not None and body_mass > _BODY_MASS_INDEX,
    }
    return tuple(
        Consideration(factor=factor, message=Message.of(f"clinical.consider.{factor}"))
        for factor, applies in found.items()
        if applies
    )
