from __future__ import annotations

from collections.abc import Callable

import pytest

from apnet_desktop.bundle.files import Bundle, open_bundle, write_manifest
from apnet_desktop.bundle.golden import GOLDEN_NAME, GoldenValues, parse_golden
from apnet_desktop.errors import BundleError
from apnet_desktop.model.golden import golden_inputs, golden_record, verify_golden
from tests.model import factory


def rewritten(bundle: Bundle, golden: GoldenValues) -> Bundle:
    (bundle.folder / GOLDEN_NAME).write_text(golden.model_dump_json(), encoding="utf-8")
    write_manifest(bundle.folder, bundle.manifest)
    return open_bundle(bundle.folder)


def test_golden_values_hold_here(bundle: Bundle) -> None:
    report = verify_golden(bundle)
    assert report.cases == 2
    assert report.largest_difference <= 1e-6


def test_seeds_make_different_patients_and_the_same_twice() -> None:
    plan = factory.manifest()
    assert golden_inputs(1, plan).digest() == golden_inputs(1, plan).digest()
    assert golden_inputs(1, plan).digest() != golden_inputs(2, plan).digest()
    assert golden_record(1, plan.factors) != golden_record(2, plan.factors)


def test_another_risk_or_other_inputs_are_refused(bundle_copy: Callable[[], Bundle]) -> None:
    bundle = bundle_copy()
    golden = parse_golden(bundle.read(GOLDEN_NAME))
    first = golden.cases[0]
    moved = first.model_copy(update={"risks": {route: risk + 2e-4 for route, risk in first.risks.items()}})
    with pytest.raises(BundleError) as caught:
        verify_golden(rewritten(bundle, golden.model_copy(update={"cases": (moved,)})))
    assert caught.value.message.id == "model.golden_risk"
    assert caught.value.message.text()
    other = first.model_copy(update={"inputs": "0" * 64})
    with pytest.raises(BundleError) as caught:
        verify_golden(rewritten(bundle, golden.model_copy(update={"cases": (other,)})))
    assert caught.value.message.id == "model.golden_inputs"


def test_damaged_golden_values_are_named() -> None:
    with pytest.raises(BundleError):
        parse_golden(b"{}")
