"""Weights, reference and clinical model as they come out of a bundle."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest
from safetensors.numpy import load, save

from apnet_desktop.bundle.files import Bundle, open_bundle, write_manifest
from apnet_desktop.clinical.factor import FactorKind
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.errors import BundleError
from apnet_desktop.model.clinical_columns import columns_of, fit_encoding, table_of
from apnet_desktop.model.clinical_model import read_clinical_model
from apnet_desktop.model.reasons import predictors
from apnet_desktop.model.reference import Reference, fit_reference, pack_reference, read_reference
from apnet_desktop.model.weights import WEIGHTS_NAME, pack_weights, read_weights
from tests.model import factory


def replaced(bundle: Bundle, name: str, content: bytes) -> Bundle:
    (bundle.folder / name).write_bytes(content)
    write_manifest(bundle.folder, bundle.manifest)
    return open_bundle(bundle.folder)


def test_weights_come_back_as_they_were_packed(bundle: Bundle) -> None:
    weights = read_weights(bundle)
    again = load(pack_weights(weights))
    for name, array in load(bundle.read(WEIGHTS_NAME)).items():
        np.testing.assert_array_equal(again[name], array)
    assert len(weights.image) == len(weights.fused) == factory.FOLDS


def test_missing_or_infinite_tensors_are_refused(bundle_copy: Callable[[], Bundle]) -> None:
    bundle = bundle_copy()
    arrays = load(bundle.read(WEIGHTS_NAME))
    spoiled = dict(arrays)
    spoiled["reader.bias"] = np.full_like(arrays["reader.bias"], np.nan)
    missing = {name: array for name, array in arrays.items() if name != "heads.fused.1.gate"}
    for content in (save(spoiled), save(missing), b"", b"\xff" * 64):
        with pytest.raises(BundleError) as caught:
            read_weights(replaced(bundle, WEIGHTS_NAME, content))
        assert caught.value.message.id == "bundle.damaged_content"


def test_damaged_boosters_are_refused(bundle_copy: Callable[[], Bundle]) -> None:
    bundle = bundle_copy()
    with pytest.raises(BundleError) as caught:
        read_clinical_model(replaced(bundle, "clinical.0.txt", b"tree\nnonsense\n"))
    assert caught.value.message.values["file"] == "clinical.0.txt"


def test_unknown_is_missing_to_lightgbm_and_choices_are_columns() -> None:
    schema = factory.schema()
    columns = [column.name for column in columns_of(schema)]
    assert "aetiology=biliary" in columns
    assert "sex=F" in columns
    assert "diabetes" in columns
    known, unknown = table_of(schema, [factory.record(), factory.record(aetiology=None, diabetes=None)])
    place = {name: n for n, name in enumerate(columns)}
    assert known[place["aetiology=biliary"]] == 1.0
    assert known[place["aetiology=alcohol"]] == 0.0
    assert known[place["contributing_causes=alcohol"]] == 1.0
    for name in columns:
        if name.startswith("aetiology=") or name == "diabetes":
            assert np.isnan(unknown[place[name]])
    assert not np.isnan(known).any()


def test_the_embedding_says_unknown_in_an_entry_of_its_own() -> None:
    schema = factory.schema()
    rng = np.random.default_rng(0)
    records = [factory.record(age=float(rng.integers(20, 90)), triglycerides=float(rng.lognormal())) for _ in range(50)]
    encoding = fit_encoding(schema, table_of(schema, records))
    vector = encoding.encode(table_of(schema, [factory.record(), factory.record(age=None)]))
    assert vector.shape == (2, encoding.width)
    assert len(encoding.factor_of_entry) == encoding.width
    age = [n for n, id in enumerate(encoding.factor_of_entry) if id == "age"]
    assert vector[0, age[1]] == 0.0
    assert vector[1, age].tolist() == [0.0, 1.0]
    triglycerides = encoding.factor_of_entry.index("triglycerides")
    assert encoding.skewed[triglycerides] == 1.0
    assert np.isfinite(encoding.encode(table_of(schema, [factory.record(triglycerides=1e300)]))).all()
    assert all(factor.kind is not FactorKind.DATE for factor in schema.factors)


def cohort(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    latent = rng.standard_normal((count, 5))
    pooled = (
        latent @ np.random.default_rng(42).standard_normal((5, 60)) + 0.3 * rng.standard_normal((count, 60))
    ).reshape(count, 6, 10)
    tokens = rng.standard_normal((count, 6, 3)) + 1
    clinical = rng.standard_normal((count, 4))
    return pooled, tokens, clinical, clinical.copy(), rng.random(count)


def test_sigma_points_have_the_cohorts_mean_and_variance_and_are_no_patients() -> None:
    pooled, tokens, clinical, table, risks = cohort(200)
    reference = fit_reference(pooled, tokens, clinical, table, risks)
    np.testing.assert_allclose(reference.clinical_points.mean(axis=0), clinical.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(reference.clinical_points.var(axis=0), clinical.var(axis=0), rtol=1e-6)
    np.testing.assert_allclose(reference.image_points.mean(axis=0), tokens.mean(axis=0), atol=1e-9)
    for points, rows in ((reference.clinical_points, clinical), (reference.image_points, tokens)):
        for point in points:
            assert np.abs(rows - point).reshape(len(rows), -1).max(axis=1).min() > 1e-3


def test_patients_like_those_of_development_pass_and_others_do_not() -> None:
    reference = fit_reference(*cohort(300))
    unseen = cohort(1000, seed=9)[0]
    flagged = (reference.distances(unseen) > 1).any(axis=1).mean()
    assert flagged <= 0.07
    assert (reference.distances(unseen + np.random.default_rng(1).standard_normal(unseen.shape)) > 1).any(
        axis=1
    ).mean() > 0.95
    assert (reference.distances(5 * unseen) > 1).any(axis=1).mean() > 0.9


def test_position_is_the_share_of_lower_risks() -> None:
    cohort_parts = cohort(400)
    risks = cohort_parts[-1]
    reference = fit_reference(*cohort_parts)
    for risk in (0.1, 0.5, 0.9):
        assert reference.position(risk) == pytest.approx(float((risks < risk).mean()), abs=0.02)
    assert reference.position(0.0) == 0.0
    assert reference.position(1.0) == 1.0


def test_no_row_of_a_patient_rides_in_a_bundle(bundle: Bundle) -> None:
    """Nothing in the reference has one entry for each of the 56 patients, and its files name none."""
    reference = read_reference(bundle)
    for field in fields(Reference):
        assert 56 not in getattr(reference, field.name).shape
        assert len(getattr(reference, field.name)) <= 1000
    with np.load(io.BytesIO(bundle.read("reference.npz"))) as archive:
        assert set(archive.files) == {field.name for field in fields(Reference)}
    assert all(len(row) < 56 for row in json.loads(bundle.read("calibration.json"))["routes"])


def test_a_damaged_reference_is_refused(bundle_copy: Callable[[], Bundle]) -> None:
    bundle = bundle_copy()
    reference = read_reference(bundle)
    assert replaced(bundle, "reference.npz", pack_reference(reference)).read("reference.npz")
    stream = io.BytesIO()
    np.savez(stream, centre=np.zeros(3))
    with pytest.raises(BundleError):
        read_reference(replaced(bundle, "reference.npz", stream.getvalue()))


def test_dates_are_asked_but_are_no_predictors() -> None:
    schema = default_schema().subset(("age", "admission_date"))
    assert [column.factor_id for column in columns_of(schema)] == ["age"]
    assert [factor.id for factor in predictors(schema)] == ["age"]
