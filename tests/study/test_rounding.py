"""The evidence for a bundle's precision says what its rule says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.bundle.prediction import Precision
from apnet_desktop.model.precision import LARGEST_SHIFT
from apnet_desktop.study import rounding


@pytest.mark.parametrize(
    ("shifts", "crossed", "allowed"),
    [((0.004, 0.0, -0.003), 0, True), ((0.004, 0.006, 0.0), 0, False), ((0.0, 0.0, 0.002), 1, False)],
)
def test_the_evidence_is_the_rules(
    shipped_bundle: Path, monkeypatch: pytest.MonkeyPatch, shifts: tuple[float, ...], crossed: int, allowed: bool
) -> None:
    bundle = open_bundle(shipped_bundle)
    exact = (0.1, 0.6, bundle.manifest.threshold.risk - 0.001)
    asked: list[Precision] = []
    monkeypatch.setattr(rounding, "Predictor", lambda _, compute: asked.append(compute.precision))
    risks = iter(np.array([one, one + shift]) for one, shift in zip(exact, shifts, strict=True))
    monkeypatch.setattr(rounding, "_risks", lambda *_: next(risks))
    found = rounding.rounding_evidence(bundle, "cpu", 3, 1)
    assert asked == [Precision.FLOAT32, Precision.BFLOAT16]
    assert found.largest_shift == pytest.approx(max(abs(shift) for shift in shifts))
    assert (found.crossed, found.allowed) == (crossed, allowed)


@pytest.mark.soak
def test_bfloat16_moves_the_shipped_bundles_risks_by_less_than_the_rule_allows(shipped_bundle: Path) -> None:
    found = rounding.rounding_evidence(open_bundle(shipped_bundle), "cpu", 100, 8702)
    print(found.model_dump_json())  # noqa: T201 - the figure is the point
    assert 0 < found.largest_shift < LARGEST_SHIFT  # 0 would be float32 twice
    assert found.crossed == 0
    assert found.allowed
