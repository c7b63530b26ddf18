"""Against the net benefit derived from APNet's published operating point."""

import numpy as np
import pytest

from apnet_desktop.study.statistics.classification import TwoByTwo
from apnet_desktop.study.statistics.net_benefit import decision_curve, net_benefit, net_benefit_of_table

_PUBLISHED = TwoByTwo(true_positive=12, false_positive=6, false_negative=3, true_negative=30)
_ALL = TwoByTwo(true_positive=15, false_positive=36, false_negative=0, true_negative=0)


@pytest.mark.parametrize(
    ("threshold", "model", "everyone"),
    [(0.1, 0.222, 0.216), (0.2, 0.206, 0.118), (0.3, 0.185, -0.008), (0.4, 0.157, -0.176)],
)
def test_published_operating_point(threshold: float, model: float, everyone: float) -> None:
    assert net_benefit_of_table(_PUBLISHED, threshold) == pytest.approx(model, abs=5e-4)
    assert net_benefit_of_table(_ALL, threshold) == pytest.approx(everyone, abs=5e-4)


def test_published_point_beats_all_above_nine_percent_and_none_below_two_thirds() -> None:
    assert net_benefit_of_table(_PUBLISHED, 0.0905) < net_benefit_of_table(_ALL, 0.0905)
    assert net_benefit_of_table(_PUBLISHED, 0.0915) > net_benefit_of_table(_ALL, 0.0915)
    assert net_benefit_of_table(_PUBLISHED, 0.666) > 0 > net_benefit_of_table(_PUBLISHED, 0.667)


def test_curve_ends_where_it_must() -> None:
    generator = np.random.default_rng(1)
    risk = generator.uniform(0.2, 0.8, 500)
    outcome = generator.random(500) < risk
    curve = decision_curve(outcome, risk)
    assert curve.thresholds[0] == 0.05
    assert curve.thresholds[-1] == 0.6
    # Below the lowest risk the model treats all.
    assert curve.model[0] == curve.treat_all[0]
    assert curve.model[-1] > curve.treat_all[-1]


def test_whole_number_weights_equal_repeated_patients() -> None:
    outcome, risk = np.array([True, False, True]), np.array([0.7, 0.6, 0.2])
    repeated = np.repeat(np.arange(3), [3, 1, 2])
    weighted = net_benefit(outcome, risk, 0.4, np.array([3.0, 1.0, 2.0]))
    assert weighted == pytest.approx(net_benefit(outcome[repeated], risk[repeated], 0.4))
