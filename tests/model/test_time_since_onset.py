"""Where the record says when the pain began, an early CT is warned of beside the risk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.model.input_checks import eligibility_checks
from tests.model import factory


def _acquired(when: datetime) -> CtVolume:
    volume, _ = factory.body()
    return replace(volume, series=volume.series.model_copy(update={"acquired": when, "study_date": when.date()}))


@pytest.mark.parametrize(
    ("onset", "state"),
    [
        (date(2026, 3, 13), CheckState.WARNED),
        (date(2026, 3, 10), CheckState.PASSED),
        (date(2026, 3, 16), CheckState.REFUSED),
    ],
)
def test_a_ct_is_compared_with_the_onset_of_pain(onset: date, state: CheckState) -> None:
    record = factory.record().with_value("onset_date", onset)
    checks = eligibility_checks(record, factory.manifest(), _acquired(datetime(2026, 3, 14, 20, 5)))  # noqa: DTZ001
    assert [check.state for check in checks if check.id == "ct.time_since_onset"] == [state]


def test_hours_that_were_entered_go_first() -> None:
    record = factory.record().with_value("onset_date", date(2026, 3, 13)).with_value("hours_since_onset", 30.0)
    checks = eligibility_checks(record, factory.manifest(), _acquired(datetime(2026, 3, 14, 20, 5)))  # noqa: DTZ001
    found = {check.id for check in checks}
    assert "clinical.eligibility.early_ct" in found
    assert "ct.time_since_onset" not in found
