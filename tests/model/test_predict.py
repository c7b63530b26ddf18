from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import logit, sigmoid
from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.manifest import BundleStatus
from apnet_desktop.bundle.prediction import BaseRate, Compute, Device, Precision, Prediction, Route
from apnet_desktop.bundle.request import SiteBaseRate
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.factor import Factor, FactorKind
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.errors import KnownError, PredictionError, RoiError
from apnet_desktop.language import Language, Message
from apnet_desktop.model import predict as predict_module
from apnet_desktop.model.compute import choose_compute
from apnet_desktop.model.engine import DeviceMemoryError
from apnet_desktop.model.input_checks import image_checks
from apnet_desktop.model.predict import Predictor, predict
from tests.model import factory

VOLUME, ROI = factory.body()
DEVELOPMENT = BaseRate(development=factory.manifest().cohort.prevalence)


@pytest.fixture(scope="module")
def predictor(bundle: Bundle) -> Predictor:
    return Predictor(bundle, choose_compute("cpu", bundle.manifest))


@pytest.fixture(scope="module")
def usual(predictor: Predictor) -> Prediction:
    return predictor.predict(VOLUME, ROI, factory.record(), factory.request())


def state(prediction: Prediction, id: str) -> CheckState:
    (check,) = [check for check in prediction.checks if check.id == id]
    return check.state


def test_the_fused_risk_comes_first_and_every_route_is_whole(usual: Prediction) -> None:
    assert [risk.route for risk in usual.routes] == [Route.FUSED, Route.IMAGE, Route.CLINICAL]
    for risk in usual.routes:
        assert 0 < risk.lower <= risk.risk <= risk.upper < 1
        assert risk.unshifted == pytest.approx(float(sigmoid(risk.logit)))
    assert usual.position is not None


def test_every_check_has_a_sentence_in_both_languages(usual: Prediction) -> None:
    for check in usual.checks:
        if not check.id.startswith("clinical."):
            assert all(check.message.text(language) for language in Language)
    assert state(usual, "model.distribution") is CheckState.PASSED
    assert state(usual, "model.missing") is CheckState.PASSED


def test_the_same_inputs_give_the_same_prediction(bundle: Bundle, usual: Prediction) -> None:
    """C-32, and the promise that window and command line agree: another load, the same JSON."""
    again = predict(VOLUME, ROI, factory.record(), bundle, choose_compute("cpu", bundle.manifest), factory.request())
    assert again.model_dump_json() == usual.model_dump_json()


def test_threads_and_batches_move_the_risk_by_less_than_a_millionth(bundle: Bundle, usual: Prediction) -> None:
    compute = choose_compute("cpu", bundle.manifest)
    for changes in ({"threads": 2}, {"batch": 3}):
        other = predict(VOLUME, ROI, factory.record(), bundle, compute.model_copy(update=changes), factory.request())
        for a, b in zip(usual.routes, other.routes, strict=True):
            assert a.risk == pytest.approx(b.risk, abs=1e-6)


def test_progress_rises_to_the_end(predictor: Predictor) -> None:
    told: list[tuple[str, float]] = []
    predictor.predict(VOLUME, ROI, factory.record(), factory.request(), lambda stage, done: told.append((stage, done)))
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert len({stage for stage, _ in told}) >= 4


def test_contributions_sum_to_the_raw_logit_of_lightgbm(predictor: Predictor, usual: Prediction) -> None:
    raw = predictor.model.clinical.scores([factory.record()]).mean()
    total = usual.baseline + sum(row.log_odds for row in usual.contributions)
    assert total == pytest.approx(raw, abs=1e-9)
    assert {row.factor_id for row in usual.contributions} == set(factory.FACTORS)
    sizes = [abs(row.log_odds) for row in usual.contributions]
    assert sizes == sorted(sizes, reverse=True)


def test_shares_sum_to_the_fused_logit(usual: Prediction) -> None:
    assert usual.shares is not None
    assert usual.fused is not None
    assert usual.shares.baseline + usual.shares.clinical + usual.shares.image == pytest.approx(usual.fused.logit)


def test_fused_effects_are_differences_of_logits(predictor: Predictor, usual: Prediction) -> None:
    """Each factor has a finite effect in the fused model, and some of them move it."""
    effects = {row.factor_id: row.fused_log_odds for row in usual.contributions}
    assert all(value is not None and np.isfinite(value) for value in effects.values())
    assert any(abs(value) > 0.01 for value in effects.values() if value is not None)


def test_influential_slices_lie_in_the_volume(usual: Prediction) -> None:
    slices = [row.slice for row in usual.influential]
    assert len(slices) == len(set(slices)) > 0
    assert all(0 <= k < VOLUME.hounsfield.shape[0] for k in slices)


def test_what_if_is_what_a_new_prediction_would_say(predictor: Predictor) -> None:
    predictor.predict(VOLUME, ROI, factory.record(), factory.request())
    asked = predictor.what_if(factory.record(diabetes=True, triglycerides=12.0), DEVELOPMENT)
    real = predictor.predict(VOLUME, ROI, factory.record(diabetes=True, triglycerides=12.0), factory.request())
    assert asked.routes == real.routes


def test_what_if_needs_a_prediction(bundle: Bundle) -> None:
    with pytest.raises(PredictionError) as caught:
        Predictor(bundle, choose_compute("cpu")).what_if(factory.record(), DEVELOPMENT)
    assert caught.value.message.id == "model.no_features"


def test_what_if_is_asked_of_the_images_that_are_meant(predictor: Predictor, usual: Prediction) -> None:
    """After another case was predicted, or the worker was started anew, the images are read again, never mixed up."""
    digests = (usual.provenance.inputs.volume, usual.provenance.inputs.roi)
    other = replace(ROI, mask=np.roll(ROI.mask, 2, axis=0))
    predictor.read(VOLUME, other)
    with pytest.raises(PredictionError) as caught:
        predictor.what_if(factory.record(), DEVELOPMENT, digests)
    assert caught.value.message.id == "model.no_features"
    reading = predictor.read(VOLUME, ROI)
    assert (reading.volume, reading.roi) == digests
    assert predictor.what_if(factory.record(), DEVELOPMENT, digests).routes == usual.routes


def test_a_site_base_rate_shifts_every_route_and_interval(predictor: Predictor, usual: Prediction) -> None:
    site = SiteBaseRate(rate=0.15, source="registry", date="2026-01-01", patients=240)
    shifted = predictor.predict(VOLUME, ROI, factory.record(), factory.request(site_base_rate=site))
    step = float(logit(0.15) - logit(0.3))
    for a, b in zip(usual.routes, shifted.routes, strict=True):
        assert b.unshifted == a.unshifted
        for name in ("risk", "lower", "upper"):
            moved = float(logit(getattr(b, name)) - logit(getattr(a, name)))
            assert moved == pytest.approx(step, abs=1e-9)
    assert shifted.base_rate.site == 0.15
    assert state(shifted, "model.base_rate") is CheckState.PASSED
    assert shifted.provenance.inputs.base_rate != usual.provenance.inputs.base_rate


@pytest.mark.parametrize(("rate", "patients"), [(0.0, 200), (1.0, 200), (-0.1, 200), (0.2, 99)])
def test_a_base_rate_that_cannot_be_is_refused(predictor: Predictor, rate: float, patients: int) -> None:
    site = SiteBaseRate.model_construct(rate=rate, source="", date="", patients=patients)
    with pytest.raises(PredictionError) as caught:
        predictor.predict(VOLUME, ROI, factory.record(), factory.request(site_base_rate=site))
    assert caught.value.message.text()


@pytest.mark.parametrize(
    ("changes", "id"),
    [
        ({"age": 17.0}, "clinical.eligibility.age"),
        ({"atlanta_grade": "mild"}, "clinical.eligibility.severity"),
        ({"age": 300.0}, "clinical.value.age"),
        ({"chronic_pancreatitis": True}, "clinical.eligibility.chronic_pancreatitis"),
        ({"pancreatic_cancer": True}, "clinical.eligibility.pancreatic_cancer"),
        ({"admission_date": date(2026, 1, 20)}, "clinical.ct_date"),
        ({"admission_date": date(2025, 11, 2), "discharge_date": date(2025, 11, 20)}, "clinical.ct_date"),
    ],
)
def test_outside_eligibility_there_is_no_score(predictor: Predictor, changes: dict[str, Any], id: str) -> None:
    volume = replace(VOLUME, identity=VOLUME.identity.model_copy(update={"birth_date": None}))
    prediction = predictor.predict(volume, ROI, factory.record(**changes), factory.request())
    assert prediction.routes == ()
    assert prediction.contributions == ()
    assert state(prediction, id) is CheckState.REFUSED


def test_the_age_comes_from_the_ct_where_the_record_is_silent(predictor: Predictor) -> None:
    child = replace(VOLUME, identity=VOLUME.identity.model_copy(update={"birth_date": date(2008, 1, 2)}))
    prediction = predictor.predict(child, ROI, factory.record(age=None), factory.request())
    assert state(prediction, "clinical.eligibility.age") is CheckState.REFUSED


def eroded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    small = np.zeros_like(mask)
    small[19:21, 58:60, 60:64] = mask[19:21, 58:60, 60:64]
    return small


def test_an_implausible_roi_is_refused_and_can_be_overridden_with_a_reason(predictor: Predictor) -> None:
    small = replace(ROI, mask=eroded(ROI.mask))
    refused = predictor.predict(VOLUME, small, factory.record(), factory.request())
    assert refused.routes == ()
    assert state(refused, "model.roi_volume") is CheckState.REFUSED
    for reason, shown in (("atrophy after necrosectomy", True), ("  ", False)):
        overrides = {"model.roi_volume": reason}
        prediction = predictor.predict(VOLUME, small, factory.record(), factory.request(overrides=overrides))
        assert bool(prediction.routes) is shown
    with_reason = predictor.predict(
        VOLUME, small, factory.record(age=12.0), factory.request(overrides={"clinical.eligibility.age": "please"})
    )
    assert with_reason.routes == ()


def test_out_of_scope_images_are_refused_by_name(predictor: Predictor) -> None:
    """C-33: an 8-bit screenshot, thick slices; a CT without contrast is warned of."""
    picture = replace(VOLUME, hounsfield=((VOLUME.hounsfield.astype(int) + 1024) // 16).clip(0, 255).astype(np.int16))
    assert (
        state(predictor.predict(picture, ROI, factory.record(), factory.request()), "model.hounsfield")
        is CheckState.REFUSED
    )
    thick = replace(VOLUME, series=VOLUME.series.model_copy(update={"slice_thickness": 8.0, "phase": "none"}))
    prediction = predictor.predict(thick, ROI, factory.record(), factory.request())
    assert state(prediction, "model.thickness") is CheckState.REFUSED
    assert state(prediction, "clinical.eligibility.contrast") is CheckState.WARNED


def test_a_wrong_spacing_is_refused(predictor: Predictor) -> None:
    geometry = VOLUME.geometry.model_copy(update={"spacing": (30.0, 30.0, 3.0)})
    wrong = replace(VOLUME, geometry=geometry), replace(ROI, geometry=geometry)
    prediction = predictor.predict(*wrong, factory.record(), factory.request())
    assert state(prediction, "model.pixels") is CheckState.REFUSED


def noise_image() -> Any:
    rng = np.random.default_rng(0)
    return replace(VOLUME, hounsfield=rng.integers(-1000, 1000, VOLUME.hounsfield.shape).astype(np.int16))


def test_unlike_images_are_warned_of_in_a_demonstration_and_withheld_in_research(bundle: Bundle) -> None:
    compute = choose_compute("cpu")
    shown = predict(noise_image(), ROI, factory.record(), bundle, compute, factory.request())
    assert state(shown, "model.distribution") is CheckState.WARNED
    assert shown.routes
    research = replace(bundle, status=BundleStatus.RESEARCH)
    withheld = predict(noise_image(), ROI, factory.record(), research, compute, factory.request())
    assert state(withheld, "model.distribution") is CheckState.REFUSED
    assert withheld.routes == ()


def test_without_ct_the_clinical_route_stands_alone_where_allowed(
    bundle: Bundle, predictor: Predictor, usual: Prediction
) -> None:
    alone = predictor.predict(None, None, factory.record(), factory.request(clinical_only=True))
    assert [risk.route for risk in alone.routes] == [Route.CLINICAL]
    assert alone.routes[0] == usual.route(Route.CLINICAL)
    assert state(alone, "model.clinical_alone") is CheckState.WARNED
    with pytest.raises(PredictionError) as caught:
        predictor.predict(None, None, factory.record(), factory.request())
    assert caught.value.message.id == "model.needs_ct"
    rules = bundle.manifest.eligibility.model_copy(update={"clinical_only_allowed": False})
    strict = replace(bundle, manifest=bundle.manifest.model_copy(update={"eligibility": rules}))
    with pytest.raises(PredictionError):
        predict(None, None, factory.record(), strict, choose_compute("cpu"), factory.request(clinical_only=True))


def test_an_empty_roi_and_another_grid_raise_with_the_sentence(predictor: Predictor) -> None:
    empty = replace(ROI, mask=np.zeros_like(ROI.mask))
    moved = replace(ROI, geometry=ROI.geometry.model_copy(update={"spacing": (3.0, 3.0, 2.0)}))
    for roi, id in ((empty, "model.roi_empty"), (moved, "model.roi_other_grid")):
        with pytest.raises(RoiError) as caught:
            predictor.predict(VOLUME, roi, factory.record(), factory.request())
        assert caught.value.message.id == id


def test_unknown_factors_are_counted_and_their_range_is_said(predictor: Predictor) -> None:
    prediction = predictor.predict(VOLUME, ROI, factory.record(triglycerides=None, diabetes=None), factory.request())
    (check,) = [check for check in prediction.checks if check.id == "model.missing"]
    assert check.message.values["count"] == 2
    assert check.message.values["total"] == len(factory.FACTORS)
    assert prediction.routes
    # The range printed of a factor is what a person meets who enters its answers one after the other.
    left_open = {row.factor_id: row for row in prediction.unknowns}
    assert set(left_open) == {"triglycerides", "diabetes"}
    answered = [
        predictor.predict(VOLUME, ROI, factory.record(triglycerides=None, diabetes=answer), factory.request()).fused
        for answer in (False, True)
    ]
    risks = [fused.risk for fused in answered if fused is not None]
    assert (left_open["diabetes"].lower, left_open["diabetes"].upper) == pytest.approx(
        (min(risks), max(risks)), abs=1e-9
    )


def test_every_input_has_its_digest(predictor: Predictor, usual: Prediction) -> None:
    other_volume = replace(VOLUME, hounsfield=VOLUME.hounsfield + np.int16(1))
    other_roi = replace(ROI, mask=np.roll(ROI.mask, 1, axis=2))
    tried = {
        "volume": (other_volume, ROI, factory.record()),
        "roi": (VOLUME, other_roi, factory.record()),
        "record": (VOLUME, ROI, factory.record(diabetes=True)),
    }
    base = usual.provenance.inputs.model_dump()
    for name, (volume, roi, record) in tried.items():
        inputs = predictor.predict(volume, roi, record, factory.request()).provenance.inputs.model_dump()
        assert {key for key in base if base[key] != inputs[key]} == {name}


class _NoMemory:
    """A GPU whose memory ends at the first batch."""

    batch = 8

    def vectors(self, view: int, images: object, maps: object) -> NDArray[np.float32]:
        raise DeviceMemoryError

    def projected(self, view: int, images: object) -> list[NDArray[np.float32]]:
        raise DeviceMemoryError


def test_out_of_gpu_memory_goes_on_with_the_cpu_and_says_so(bundle: Bundle, usual: Prediction) -> None:
    """C-34: a made-up GPU runs out of memory; the risk is the CPU's, with a notice."""
    predictor = Predictor(bundle, choose_compute("cpu", bundle.manifest))
    predictor._runner.compute = Compute(
        device=Device.CUDA, device_name="Card", reason="", precision=Precision.FLOAT32, batch=64, threads=1
    )
    predictor._runner.engine = _NoMemory()
    prediction = predictor.predict(VOLUME, ROI, factory.record(), factory.request())
    assert prediction.routes == usual.routes
    assert state(prediction, "model.device") is CheckState.WARNED
    assert prediction.provenance.compute.device is Device.CPU


def test_out_of_memory_on_the_cpu_is_a_sentence(bundle: Bundle) -> None:
    predictor = Predictor(bundle, choose_compute("cpu", bundle.manifest))
    predictor._runner.engine = _NoMemory()
    with pytest.raises(PredictionError) as caught:
        predictor.predict(VOLUME, ROI, factory.record(), factory.request())
    assert caught.value.message.id == "model.out_of_memory"


class _Broken(_NoMemory):
    """A device that computes rubbish."""

    def vectors(self, view: int, images: object, maps: object) -> NDArray[np.float32]:
        return np.full((4, 6, 24), np.nan, dtype=np.float32)


def test_numbers_that_are_not_finite_never_become_a_risk(bundle: Bundle) -> None:
    predictor = Predictor(bundle, choose_compute("cpu", bundle.manifest))
    predictor._runner.engine = _Broken()
    with pytest.raises(PredictionError) as caught:
        predictor.predict(VOLUME, ROI, factory.record(), factory.request())
    assert caught.value.message.id == "model.not_finite"
    assert caught.value.message.text()


def test_memory_that_ends_outside_the_network_is_a_sentence_too(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_arguments: object) -> None:
        raise MemoryError

    predictor = Predictor(bundle, choose_compute("cpu", bundle.manifest))
    monkeypatch.setattr(predict_module, "prepare_inputs", no_memory)
    with pytest.raises(PredictionError) as caught:
        predictor.predict(VOLUME, ROI, factory.record(), factory.request())
    assert caught.value.message.id == "model.out_of_memory"
    monkeypatch.undo()
    assert predictor.predict(VOLUME, ROI, factory.record(), factory.request()).routes
    monkeypatch.setattr(predict_module, "load_risk_model", no_memory)
    with pytest.raises(PredictionError):
        Predictor(bundle, choose_compute("cpu", bundle.manifest))


def any_value(factor: Factor) -> st.SearchStrategy[FactorValue]:
    if factor.kind is FactorKind.YES_NO:
        return st.none() | st.booleans()
    if factor.kind is FactorKind.CHOICE:
        return st.none() | st.sampled_from([choice.id for choice in factor.choices])
    if factor.kind is FactorKind.MULTI_CHOICE:
        return st.none() | st.lists(st.sampled_from([choice.id for choice in factor.choices]), unique=True).map(tuple)
    return st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.floats(0, 200)


any_record = st.fixed_dictionaries({factor.id: any_value(factor) for factor in factory.schema().factors})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=any_record)
def test_any_record_predicts_or_is_refused_by_name_and_never_gives_nan(
    predictor: Predictor, values: dict[str, FactorValue]
) -> None:
    record = ClinicalRecord(values=values, schema_version=factory.schema().version)
    try:
        prediction = predictor.predict(None, None, record, factory.request(clinical_only=True))
    except KnownError:
        return
    if not prediction.routes:
        assert any(check.blocks for check in prediction.checks)
    for risk in prediction.routes:
        assert 0 < risk.risk < 1
    # The JSON refuses NaN and infinity by itself.
    assert Prediction.model_validate_json(prediction.model_dump_json()) == prediction


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=any_record)
def test_what_if_of_any_record_is_a_probability(
    predictor: Predictor, usual: Prediction, values: dict[str, FactorValue]
) -> None:
    if predictor.reading is None:
        predictor.predict(VOLUME, ROI, factory.record(), factory.request())
    asked = predictor.what_if(ClinicalRecord(values=values), DEVELOPMENT)
    assert all(0 < risk.lower <= risk.risk <= risk.upper < 1 for risk in asked.routes)


def test_the_thickness_is_said_once_where_the_reader_judged_it_alike(bundle: Bundle) -> None:
    volume, roi = factory.body()
    said = Check(id="ct.slice_thickness", state=CheckState.PASSED, message=Message.of("model.nothing_missing"))
    judged = replace(volume, checks=(*volume.checks, said))
    warned = replace(volume, checks=(said.model_copy(update={"state": CheckState.REFUSED}),))
    ids = [{check.id for check in image_checks(one, roi, bundle.manifest)} for one in (volume, judged, warned)]
    assert ["model.thickness" in found for found in ids] == [True, False, True]
