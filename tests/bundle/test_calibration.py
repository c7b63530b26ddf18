from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.special import expit

from apnet_desktop.bundle.calibration import (
    Calibration,
    IntervalCurve,
    LogisticCalibrator,
    RouteCalibration,
    logit,
    parse_calibration,
    shift_base_rate,
    sigmoid,
)
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.errors import BundleError

CURVE = IntervalCurve(logits=(-2.0, 0.0, 2.0), lower=(0.05, 0.4, 0.8), upper=(0.2, 0.6, 0.95))
probabilities = st.floats(min_value=0.001, max_value=0.999)


def test_sigmoid_agrees_with_scipy_far_out_too() -> None:
    x = np.array([-1000.0, -30.0, -1.0, 0.0, 2.5, 30.0, 1000.0])
    np.testing.assert_allclose(sigmoid(x), expit(x), rtol=1e-14, atol=0)


@given(probabilities)
def test_logit_undoes_sigmoid(p: float) -> None:
    assert float(sigmoid(logit(p))) == pytest.approx(p, rel=1e-12)


def test_a_route_averages_its_folds_in_probability() -> None:
    route = RouteCalibration(
        route=Route.FUSED,
        calibrators=(LogisticCalibrator(intercept=0.0, slope=1.0), LogisticCalibrator(intercept=1.0, slope=0.5)),
        interval=CURVE,
    )
    got = route.probabilities([[0.0, 2.0], [0.0, -2.0]])
    np.testing.assert_allclose(got, [(0.5 + expit(1.0)) / 2, (expit(2.0) + 0.5) / 2])
    with pytest.raises(ValueError, match="1 fold scores"):
        route.probabilities([[0.0]])


def test_a_falling_calibrator_is_not_allowed() -> None:
    with pytest.raises(ValidationError):
        LogisticCalibrator(intercept=0.0, slope=-0.1)


def test_the_interval_is_met_at_its_knots_and_flat_beyond() -> None:
    assert CURVE.at(0.0) == pytest.approx((0.4, 0.6))
    assert CURVE.at(-9.0) == pytest.approx((0.05, 0.2))
    assert CURVE.at(9.0) == pytest.approx((0.8, 0.95))


@given(st.floats(min_value=-20, max_value=20))
def test_the_interval_is_ordered_everywhere(score: float) -> None:
    lower, upper = CURVE.at(score)
    assert 0 < lower <= upper < 1


@pytest.mark.parametrize(
    "changes",
    [{"logits": (0.0, 0.0, 1.0)}, {"lower": (0.1, 0.2)}, {"lower": (0.3, 0.4, 0.8)}, {"upper": (0.2, 0.6, 1.2)}],
)
def test_a_curve_that_makes_no_sense_is_refused(changes: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(ValidationError):
        IntervalCurve.model_validate(CURVE.model_dump() | changes)


def test_base_rate_shift_is_bayes() -> None:
    """Odds move by the ratio of the prior odds: worked by hand for 0.3 → 0.1."""
    odds = 0.6 / 0.4 * (0.1 / 0.9) / (0.3 / 0.7)
    assert shift_base_rate(0.6, 0.3, 0.1) == pytest.approx(odds / (1 + odds))


@given(probabilities, probabilities, probabilities)
def test_base_rate_shift_there_and_back(p: float, development: float, site: float) -> None:
    there = shift_base_rate(p, development, site)
    assert 0 < there < 1
    if 1e-4 < there < 1 - 1e-4:
        assert shift_base_rate(there, site, development) == pytest.approx(p, rel=1e-6)
    assert (there > p) == (site > development) or math.isclose(there, p, rel_tol=1e-9)


def test_a_damaged_file_is_named() -> None:
    good = Calibration(level=0.9, refits=200, routes=()).model_dump_json().encode()
    assert parse_calibration(good).level == 0.9
    for content in (b"", b"{}", b"[1]", good.replace(b"0.9", b"9"), good.replace(b"200", b"NaN")):
        with pytest.raises(BundleError) as caught:
            parse_calibration(content)
        assert caught.value.message.values["file"] == "calibration.json"
    with pytest.raises(BundleError):
        parse_calibration(good).route(Route.FUSED)
