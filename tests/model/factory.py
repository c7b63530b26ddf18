"""A small but complete bundle, made in seconds: tiny backbones, learnt on made-up patients."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.calibration import (
    Calibration,
    IntervalCurve,
    LogisticCalibrator,
    RouteCalibration,
    logit,
    sigmoid,
)
from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.manifest import (
    Backbone,
    BundleStatus,
    CtRecipe,
    Eligibility,
    FieldOfView,
    Fusion,
    Manifest,
    Outcome,
    Threshold,
    TrainingCohort,
)
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.clinical.factor import FactorSchema, Label
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.roi import Confirmation, Roi
from apnet_desktop.ct.volume import CtVolume, SeriesDescription

FOLDS = 2
FINDINGS = ("necrosis", "collection", "stranding")
FACTORS = (
    "age",
    "sex",
    "aetiology",
    "contributing_causes",
    "diabetes",
    "triglycerides",
    "atlanta_grade",
    "necrosis_percent",
)
SPACING = (3.0, 3.0, 3.0)


def schema() -> FactorSchema:
    return default_schema().subset(FACTORS)


def label(text: str) -> Label:
    return Label(en=text, zh=text)


def manifest(status: BundleStatus = BundleStatus.DEMONSTRATION) -> Manifest:
    return Manifest(
        name="apnet-test",
        version="1.0.0",
        status=status,
        created=date(2026, 1, 2),
        outcome=Outcome(
            label=label("recurrence"), definition=label("a second attack"), horizon_months=24, starts=label("discharge")
        ),
        eligibility=Eligibility(overridable=("model.roi_volume",), clinical_only_allowed=True),
        factors=schema(),
        ct=CtRecipe(
            slices=4,
            pixels=64,
            views=(
                FieldOfView(name="pancreas", width=160.0),
                FieldOfView(name="surroundings", width=320.0, extent=12.0),
            ),
            windows=((40.0, 400.0), (80.0, 160.0), (-60.0, 240.0)),
        ),
        backbones=(
            Backbone(timm_name="test_resnet", depths=(2, 3, 4)),
            Backbone(timm_name="test_vit", depths=(1, 3, 5)),
        ),
        fusion=Fusion(embedding=4, findings=FINDINGS, folds=FOLDS),
        threshold=Threshold(risk=0.35, rule=label("Youden"), sensitivity=0.8, specificity=0.7),
        cohort=TrainingCohort(
            description=label("made-up patients"), simulated=True, patients=56, events=17, prevalence=0.3
        ),
        files=(),
    )


def build_bundle(
    folder: Path, seed: int = 5, plan: Manifest | None = None, pooled: NDArray[np.float64] | None = None
) -> Bundle:
    """Learns everything on 56 made-up patients and assembles the bundle in `folder`.

    Args:
        folder: The bundle's folder.
        seed: Of weights and outcomes.
        plan: The manifest; None is the small one.
        pooled: Pooled features of the patients, where running the network over them would take too long.
    """
    import lightgbm
    import torch

    from apnet_desktop.language import Message
    from apnet_desktop.model.assemble import assemble_bundle
    from apnet_desktop.model.clinical_columns import columns_of, fit_encoding, table_of
    from apnet_desktop.model.compute import cpu_compute
    from apnet_desktop.model.engine import extract_features
    from apnet_desktop.model.features import pool_slices
    from apnet_desktop.model.golden import golden_inputs, golden_record
    from apnet_desktop.model.head import Penalties, fit_head
    from apnet_desktop.model.network import build_network, network_arrays
    from apnet_desktop.model.reader import fit_reader
    from apnet_desktop.model.reference import fit_reference
    from apnet_desktop.model.torch_engine import TorchEngine
    from apnet_desktop.model.weights import Weights

    plan = plan or manifest()
    generator = np.random.default_rng(seed)
    torch.manual_seed(seed)
    network = build_network(plan.ct, plan.backbones, plan.fusion)
    arrays = network_arrays(network)
    seeds = range(100, 156)
    if pooled is None:
        engine = TorchEngine(arrays, plan, cpu_compute(Message.of("model.device_cpu_asked")))
        pooled = np.stack([pool_slices(extract_features(engine, golden_inputs(n, plan))) for n in seeds])
    # Made-up findings that the pooled features know something about.
    flat = pooled.reshape(len(pooled), -1)
    _, _, axes = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)
    findings = (flat - flat.mean(axis=0)) @ axes[: len(FINDINGS)].T
    findings /= findings.std(axis=0)
    reader = fit_reader(pooled, findings)
    tokens = reader.tokens(pooled)
    table = table_of(plan.factors, [golden_record(n, plan.factors) for n in seeds])
    encoding = fit_encoding(plan.factors, table)
    clinical = encoding.encode(table)
    chance = sigmoid(-0.8 + findings[:, 0] + clinical[:, 0])
    outcome = (generator.random(len(chance)) < chance).astype(np.float64)
    fold = np.arange(len(outcome)) % FOLDS
    names = [column.name for column in columns_of(plan.factors)]
    image, fused, boosters = [], [], []
    nothing = np.zeros((len(outcome), 0))
    for n in range(FOLDS):
        train = fold != n
        image.append(fit_head(tokens[train], reader.prior, nothing[train], outcome[train], penalties=Penalties(rank=0)))
        fused.append(
            fit_head(tokens[train], reader.prior, clinical[train], outcome[train], penalties=Penalties(3, 3, 3))
        )
        data = lightgbm.Dataset(table[train], outcome[train], feature_name=names)
        options = {"objective": "binary", "num_leaves": 4, "min_data_in_leaf": 5, "num_threads": 1, "verbosity": -1}
        boosters.append(lightgbm.train(options, data, num_boost_round=20).model_to_string())
    calibrators = tuple(LogisticCalibrator(intercept=0.05 * n, slope=0.9) for n in range(FOLDS))
    grid = np.linspace(-4, 4, 17)
    curve = IntervalCurve(
        logits=tuple(grid), lower=tuple(sigmoid(grid - 0.5).tolist()), upper=tuple(sigmoid(grid + 0.5).tolist())
    )
    calibration = Calibration(
        level=0.9,
        refits=200,
        routes=tuple(RouteCalibration(route=route, calibrators=calibrators, interval=curve) for route in Route),
    )
    risks = sigmoid(logit(np.clip(chance, 0.01, 0.99)))
    reference = fit_reference(pooled, tokens, clinical, table, risks)
    return assemble_bundle(
        folder,
        plan,
        Weights(arrays, reader, encoding, tuple(image), tuple(fused)),
        boosters,
        calibration,
        reference,
        {"note": "made up"},
        "# A bundle for tests\n",
    )


def body(seed: int = 7) -> tuple[CtVolume, Roi]:
    """A made-up CT and its confirmed ROI, like those that the bundle learnt from."""
    generator = np.random.default_rng(seed)
    shape = (40, 128, 128)
    k, j, i = np.ogrid[: shape[0], : shape[1], : shape[2]]
    inside = ((j - 64) * 4) ** 2 + ((i - 64) * 3) ** 2 < (64 * 3 - 12) ** 2
    gland = ((k - 20) * 4) ** 2 + ((j - 60) * 6) ** 2 + ((i - 64) * 2) ** 2 < 48**2
    lesion = ((k - 22) * 4) ** 2 + ((j - 60) * 6) ** 2 + ((i - 74) * 4) ** 2 < 30**2
    tissue = np.where(gland & lesion, 35, np.where(gland, 100, np.where(inside, 20 + 0 * k, -1000)))
    values = tissue + generator.integers(-25, 26, size=shape)
    geometry = Geometry(size=(128, 128, 40), origin=(-190.0, -190.0, 0.0), spacing=SPACING)
    identity = PatientIdentity(name="Test Person", patient_id="T1", birth_date=date(1980, 5, 1), sex="F")
    series = SeriesDescription(
        series_uid="2.25.1", study_date=date(2026, 1, 1), slice_thickness=3.0, phase="portal_venous"
    )
    volume = CtVolume(values.astype(np.int16), geometry, identity, series)
    roi = Roi(gland, geometry, confirmation=Confirmation(person="Reader", time=datetime(2026, 1, 1, tzinfo=UTC)))
    return volume, roi


def record(**changes: object) -> ClinicalRecord:
    """A complete record of the person in `body`."""
    values: dict[str, object] = {
        "age": 45.0,
        "sex": "F",
        "aetiology": "biliary",
        "contributing_causes": ("alcohol",),
        "diabetes": False,
        "triglycerides": 2.1,
        "atlanta_grade": "severe",
        "necrosis_percent": 20.0,
    }
    values.update(changes)
    return ClinicalRecord(values=values, schema_version=schema().version)


def request(**changes: object) -> PredictionRequest:
    base = PredictionRequest(prediction_id="p-1", time=datetime(2026, 2, 1, 12, tzinfo=UTC), application_version="0")
    return base.model_copy(update=changes)
