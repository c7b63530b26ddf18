import numpy as np
import pytest

from apnet_desktop.simulation.findings import Findings
from apnet_desktop.simulation.outcome import HORIZON_DAYS, FollowUp, TrueOutcome, follow, true_outcome
from apnet_desktop.simulation.patient import SimulatedPatient, simulate_patient

Followed = list[tuple[SimulatedPatient, FollowUp, TrueOutcome]]


def findings_as_asked(patient: SimulatedPatient) -> Findings:
    asked = patient.request
    return Findings(
        gland_volume=asked.gland_volume,
        necrosis_share=asked.necrosis_share,
        collection_volume=asked.collection_volume,
        collection_diameter=float(np.cbrt(6000 * asked.collection_volume / np.pi)),
        duct_ratio=asked.duct_ratio,
        stranding_share=asked.stranding_share,
        vein_occluded=asked.vein_occluded,
        effusion=asked.effusion,
        walled=asked.late,
    )


@pytest.fixture(scope="module")
def followed() -> Followed:
    people = [simulate_patient(8, index) for index in range(2500)]
    return [(p, follow(p, findings_as_asked(p)), true_outcome(p, findings_as_asked(p))) for p in people]


def test_base_rate_is_that_of_the_published_validation_cohort(followed: Followed) -> None:
    """15 of 51 recurred: 29.4 %."""
    assert np.mean([truth.risk for _, _, truth in followed]) == pytest.approx(0.29, abs=0.015)
    assert np.mean([truth.recurs for _, _, truth in followed]) == pytest.approx(0.29, abs=0.025)


def test_outcomes_are_drawn_with_the_stated_risk(followed: Followed) -> None:
    risk = np.array([truth.risk for _, _, truth in followed])
    recurs = np.array([truth.recurs for _, _, truth in followed])
    for part in np.array_split(np.argsort(risk), 8):
        error = np.sqrt((risk[part] * (1 - risk[part])).sum()) / len(part)
        assert abs(recurs[part].mean() - risk[part].mean()) < 3.5 * error


def test_recurrences_come_when_they_do(followed: Followed) -> None:
    """Median 219 days (doi 10.1007/s10620-024-08684-3), about a sixth within 30 days (PMID 29311029)."""
    days = np.array([f.days for _, f, _ in followed if f.end == "recurrence"])
    assert 110 < np.median(days) < 240
    assert 0.12 < np.mean(days <= 30) < 0.28


def test_dates_tell_one_story(followed: Followed) -> None:
    for patient, course, _ in followed:
        assert course.admission_date <= patient.series.study_date <= course.discharge_date
        assert (course.last_contact_date - course.discharge_date).days == course.days
        assert course.days >= 1
        events = {"recurrence": course.recurrence_date, "death": course.death_date}
        for end, when in events.items():
            assert (when == course.last_contact_date) == (course.end == end)
        if course.end == "recurrence":
            assert course.days <= HORIZON_DAYS


def test_death_competes_and_many_are_lost(followed: Followed) -> None:
    ends = [course.end for _, course, _ in followed]
    assert 0.01 < np.mean([end == "death" for end in ends]) < 0.08
    early = np.mean([course.end == "censored" and course.days < HORIZON_DAYS for _, course, _ in followed])
    assert 0.15 < early < 0.45


def test_the_lost_are_not_different(followed: Followed) -> None:
    """Censoring must not depend on the risk: its own clock, seen in those who neither recur nor die."""
    quiet = [
        (truth.risk, course.days) for _, course, truth in followed if course.end == "censored" and not truth.recurs
    ]
    risk, days = np.array(quiet).T
    assert abs(np.corrcoef(risk, days)[0, 1]) < 0.06


def test_counting_the_lost_as_event_free_hides_recurrences_and_kaplan_meier_does_not(followed: Followed) -> None:
    """Aalen-Johansen from lifelines finds the base rate that the naive share misses."""
    from lifelines import AalenJohansenFitter

    truth = np.mean([truth.recurs for _, _, truth in followed])
    naive = np.mean([course.end == "recurrence" for _, course, _ in followed])
    days = np.array([course.days for _, course, _ in followed], float)
    code = np.array([{"censored": 0, "recurrence": 1, "death": 2}[course.end] for _, course, _ in followed])
    fitter = AalenJohansenFitter(calculate_variance=False, seed=1)
    rng = np.random.default_rng(5)  # whole days tie; the fitter wants them apart
    fitter.fit(days + rng.uniform(0, 0.5, days.size), code, event_of_interest=1)
    found = float(fitter.cumulative_density_.loc[: HORIZON_DAYS + 1].iloc[-1, 0])
    assert naive < truth - 0.02
    assert found == pytest.approx(truth, abs=0.02)
