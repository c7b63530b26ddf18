import numpy as np
import pytest

from apnet_desktop.study.statistics.censoring import (
    End,
    cumulative_incidence,
    horizon_outcome,
    kaplan_meier,
)
from apnet_desktop.study.statistics.discrimination import auroc


def test_weights_worked_by_hand() -> None:
    # Censored at 2 of 5 at risk (G = 4/5), at 6 of 3 at risk (G = 4/5 × 2/3 = 8/15).
    months = np.array([2.0, 3.0, 6.0, 8.0, 14.0])
    ends = np.array([End.CENSORED, End.RECURRENCE, End.CENSORED, End.DEATH, End.CENSORED])
    state = horizon_outcome(months, ends, 12.0)
    assert state.event.tolist() == [False, True, False, False, False]
    assert state.known.tolist() == [False, True, False, True, True]
    assert state.weights == pytest.approx([0, 5 / 4, 0, 15 / 8, 15 / 8])


def test_without_censoring_every_patient_weighs_one() -> None:
    months = np.array([1.0, 5.0, 30.0])
    state = horizon_outcome(months, np.array([End.RECURRENCE, End.DEATH, End.CENSORED]), 24.0)
    assert state.weights.tolist() == [1, 1, 1]


def test_nobody_followed_to_the_horizon_is_refused() -> None:
    months, ends = np.array([5.0, 6.0, 9.0]), np.array([End.CENSORED, End.RECURRENCE, End.CENSORED])
    with pytest.raises(ValueError, match="followed"):
        horizon_outcome(months, ends, 24.0)
    assert horizon_outcome(months, ends, 9.0).known.tolist() == [False, True, True]


def test_weights_remove_the_bias_that_ignoring_censoring_shows() -> None:
    generator = np.random.default_rng(11)
    size, horizon = 20_000, 24.0
    risk_factor = generator.normal(0, 1, size)
    recurrence = generator.exponential(60 / np.exp(risk_factor))
    follow_up = np.where(generator.random(size) < 0.6, generator.uniform(0, 24, size), 60.0)
    months = np.minimum(recurrence, follow_up)
    ends = np.where(recurrence <= follow_up, End.RECURRENCE, End.CENSORED)
    truth = recurrence <= horizon
    state = horizon_outcome(months, ends, horizon)
    weighted = float(np.average(state.event, weights=state.weights))
    naive = float(((ends == End.RECURRENCE) & (months <= horizon)).mean())
    assert weighted == pytest.approx(truth.mean(), abs=0.012)
    assert naive < truth.mean() - 0.05
    area = auroc(state.event, risk_factor, state.weights)
    assert area == pytest.approx(auroc(truth, risk_factor), abs=0.012)


def test_kaplan_meier_worked_by_hand() -> None:
    # Freireich 1963, 6-mercaptopurine arm, the textbook example.
    months = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], dtype=float)
    ends = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0])
    curve = kaplan_meier("6-MP", months, ends, 36)
    survival = {month: 1 - share for month, share in zip(curve.months, curve.incidence, strict=True)}
    for month, published in ((6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)):
        assert survival[month] == pytest.approx(published, abs=6e-4)
    assert curve.at_risk[0] == 21


def test_death_competes() -> None:
    # Of four: recurrence at 1, death at 2, recurrence at 3, event-free at 4. Aalen-Johansen ends at 2/4, 1 - KM higher.
    months, ends = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 2, 1, 0])
    assert cumulative_incidence("all", months, ends, 5).incidence[-1] == pytest.approx(0.5, abs=1e-3)
    assert kaplan_meier("all", months, ends, 5).incidence[-1] == pytest.approx(1 - 3 / 4 * 1 / 2)
