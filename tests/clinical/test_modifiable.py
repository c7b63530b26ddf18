"""What is worth considering: only what the patient has, worded as advice with its source."""

from __future__ import annotations

from apnet_desktop.clinical.modifiable import considerations
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.language import Language


def test_considers_only_what_the_patient_has() -> None:
    assert considerations(ClinicalRecord()) == ()
    values: dict[str, FactorValue] = {
        "smoking": "current",
        "triglycerides": 5.65,
        "aetiology": "biliary",
        "cholecystectomy": "none",
        "diabetes": False,
        "alcohol_use": "none",
    }
    found = considerations(ClinicalRecord(values=values))
    assert [consideration.factor for consideration in found] == ["smoking", "triglycerides", "cholecystectomy"]
    for consideration in found:
        assert consideration.message.text().startswith("Consider")
        assert consideration.message.text(Language.CHINESE).startswith("可考虑")
    removed = considerations(ClinicalRecord(values={**values, "cholecystectomy": "index_admission"}))
    assert "cholecystectomy" not in [consideration.factor for consideration in removed]


def test_weight_is_considered_above_the_published_cut() -> None:
    assert considerations(ClinicalRecord(values={"body_mass_index": 28.24})) == ()
    (found,) = considerations(ClinicalRecord(values={"body_mass_index": 28.3}))
    assert found.factor == "body_mass_index"
