"""Plausible contents of a report, made from seeds: no patient, no bundle and no torch needed."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import numpy as np

from apnet_desktop.bundle.manifest import (
    Approval,
    Backbone,
    BundleFile,
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
from apnet_desktop.bundle.prediction import (
    REPEATABILITY,
    BaseRate,
    Compute,
    Contribution,
    Device,
    FusionShares,
    InfluentialSlice,
    InputDigests,
    Precision,
    Prediction,
    Provenance,
    Route,
    RouteRisk,
    UnknownRange,
)
from apnet_desktop.checks import Check, CheckState
from apnet_desktop.clinical.factor import Factor, FactorKind, FactorSchema, Label
from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume, SeriesDescription
from apnet_desktop.language import Language, Message
from apnet_desktop.report.content import (
    DevelopmentDistribution,
    ReportContent,
    Review,
    RoiFacts,
    ScoreLine,
    ValidationFigure,
    ValidationSummary,
    build_content,
    roi_facts,
)
from apnet_desktop.report.picture import Picture
from apnet_desktop.report.thumbnails import influential_pictures, roi_thumbnails

REPEATED = Check(id=REPEATABILITY, state=CheckState.PASSED, message=Message.of("report.no_unknowns"))
TIME = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
MODEL_FACTORS = (
    "age", "sex", "body_mass_index", "aetiology", "smoking", "alcohol_use", "diabetes", "prior_episodes",
    "triglycerides", "glucose", "calcium", "c_reactive_protein", "creatinine", "albumin", "atlanta_grade",
    "organ_failure",
    "local_complication", "cholecystectomy", "length_of_stay",
)  # fmt: skip


def digest(word: str) -> str:
    """A SHA-256 that looks like one."""
    return hashlib.sha256(word.encode()).hexdigest()


def phantom(seed: int = 0) -> tuple[CtVolume, Roi]:
    """A body with a spine, a liver to the patient's right and a banana-shaped pancreas: left is not right."""
    generator = np.random.default_rng(seed)
    geometry = Geometry(size=(128, 128, 40), origin=(-160.0, -160.0, -60.0), spacing=(2.5, 2.5, 3.0))
    k, j, i = np.meshgrid(np.arange(40), np.arange(128), np.arange(128), indexing="ij")
    x, y, z = (i - 64) * 2.5, (j - 64) * 2.5, (k - 20) * 3.0
    values = np.full(geometry.shape, -1000.0)
    body = (x / 150) ** 2 + (y / 105) ** 2 < 1
    values[body] = -90
    values[(x / 138) ** 2 + (y / 93) ** 2 < 1] = 35
    values[((x + 75) / 55) ** 2 + ((y + 15) / 60) ** 2 + (z / 60) ** 2 < 1] = 110
    values[(x / 20) ** 2 + ((y - 65) / 22) ** 2 < 1] = 400
    mask = (np.abs(y + 5 - 0.004 * (x - 10) ** 2 + 10) < 11) & (np.abs(x - 10) < 60) & (np.abs(z + 0.15 * x) < 20)
    values[mask] = 95
    values += generator.normal(0, 12, geometry.shape)
    volume = CtVolume(
        hounsfield=np.clip(values, -1024, 3071).astype(np.int16),
        geometry=geometry,
        identity=identity(),
        series=series(),
        source_uids=tuple(f"1.2.826.0.1.3680043.8.498.{seed}.{index}" for index in range(40)),
    )
    roi = Roi(mask=mask, geometry=geometry, author="J. Rivera").confirmed("J. Rivera", TIME)
    return volume, roi


def identity(name: str = "Fontaine Marguerite") -> PatientIdentity:
    return PatientIdentity(name=name, patient_id="SIM-000042", birth_date=date(1968, 4, 9), sex="F")


def series(*, simulated: bool = True) -> SeriesDescription:
    return SeriesDescription(
        series_uid="1.2.826.0.1.3680043.8.498.1001",
        study_uid="1.2.826.0.1.3680043.8.498.1000",
        frame_of_reference_uid="1.2.826.0.1.3680043.8.498.1002",
        study_date=date(2026, 10, 12),
        accession_number="A-77120",
        number=4,
        description="Abdomen portal venous 3.0",
        manufacturer="Simulated scanner",
        kernel="B30f",
        slice_thickness=3.0,
        phase="portal_venous",
        simulated=simulated,
    )


def manifest(
    *,
    status: BundleStatus = BundleStatus.DEMONSTRATION,
    simulated: bool = True,
    factors: FactorSchema | None = None,
    approval: Approval | None = None,
    clinical_only_allowed: bool = False,
) -> Manifest:
    return Manifest(
        name="apnet-demo",
        version="1.0.0",
        status=status,
        created=date(2026, 11, 1),
        outcome=Outcome(
            label=Label(en="recurrence of acute pancreatitis", zh="急性胰腺炎复发"),
            definition=Label(
                en="A new episode by the revised Atlanta criteria, at least 30 days after discharge.",
                zh="出院至少 30 天后按修订版亚特兰大标准诊断的新发急性胰腺炎。",
            ),
            horizon_months=24,
            starts=Label(en="discharge from the index admission", zh="本次住院出院"),
        ),
        eligibility=Eligibility(clinical_only_allowed=clinical_only_allowed, overridable=("ct.thickness",)),
        factors=factors if factors is not None else default_schema().subset(MODEL_FACTORS),
        ct=CtRecipe(slices=16, views=(FieldOfView(name="pancreas", margin=10.0),), windows=((40.0, 350.0),)),
        backbones=(Backbone(timm_name="resnet50", depths=(2, 3, 4)),),
        fusion=Fusion(embedding=64, folds=5, findings=("necrosis",)),
        threshold=Threshold(
            risk=0.30,
            rule=Label(
                en="the highest risk at which out-of-fold sensitivity was at least 80%",
                zh="折外敏感度不低于 80% 的最高风险",
            ),
            sensitivity=0.81,
            specificity=0.72,
        ),
        cohort=TrainingCohort(
            description=Label(
                en="Simulated patients with moderately severe or severe acute pancreatitis.",
                zh="模拟的中重症或重症急性胰腺炎患者。",
            ),
            simulated=simulated,
            patients=1200,
            events=347,
            prevalence=0.289,
        ),
        approval=approval,
        files=(BundleFile(name="apnet.safetensors", size=58_000_000, sha256=digest("weights")),),
    )


def record() -> ClinicalRecord:
    values: dict[str, FactorValue] = {
        "age": 58.0, "sex": "female", "body_mass_index": 27.4, "aetiology": "hypertriglyceridaemia",
        "smoking": "former", "alcohol_use": None, "diabetes": True, "prior_episodes": 0.0,
        "triglycerides": 11.3, "glucose": 9.8,
        "calcium": 2.05, "c_reactive_protein": 186.0, "creatinine": 106.1, "albumin": None, "atlanta_grade": "severe",
        "organ_failure": "persistent", "local_complication": "acute_necrotic_collection", "length_of_stay": 23.0,
        "lipase": 1240.0, "admission_date": date(2026, 10, 10), "discharge_date": date(2026, 11, 2),
    }  # fmt: skip
    schema = default_schema()
    for id, value in list(values.items()):
        choices = [choice.id for choice in schema.factor(id).choices]
        if isinstance(value, str) and value not in choices:
            values[id] = choices[-1]
    return ClinicalRecord(
        values=values, typed={"creatinine": "1.2 mg/dL", "triglycerides": "1000 mg/dL"}, confirmed=("triglycerides",)
    )


def prediction(
    *,
    fused: float = 0.37,
    clinical: float | None = 0.29,
    image: float | None = 0.44,
    checks: tuple[Check, ...] | None = None,
    base_rate: BaseRate | None = None,
) -> Prediction:
    def route(which: Route, risk: float) -> RouteRisk:
        logit = float(np.log(risk / (1 - risk))) if 0 < risk < 1 else 0.0
        return RouteRisk(
            route=which,
            risk=risk,
            lower=max(0.0, risk - 0.09),
            upper=min(1.0, risk + 0.11),
            unshifted=risk,
            logit=logit,
        )

    routes = [route(Route.FUSED, fused)]
    if clinical is not None:
        routes.append(route(Route.CLINICAL, clinical))
    if image is not None:
        routes.append(route(Route.IMAGE, image))
    effects = np.random.default_rng(4).normal(0, 0.28, len(MODEL_FACTORS))
    order = np.argsort(-np.abs(effects))
    return Prediction(
        routes=tuple(routes),
        contributions=tuple(
            Contribution(
                factor_id=MODEL_FACTORS[n], log_odds=float(effects[n]), fused_log_odds=float(0.6 * effects[n] + 0.02)
            )
            for n in order
        ),
        baseline=-0.9,
        shares=FusionShares(baseline=-0.88, clinical=0.21, image=0.14),
        influential=(InfluentialSlice(slice=22, log_odds=0.31), InfluentialSlice(slice=17, log_odds=-0.12)),
        position=0.71,
        unknowns=(UnknownRange(factor_id="albumin", lower=0.34, upper=0.41),),
        base_rate=base_rate or BaseRate(development=0.289),
        checks=(*checks, REPEATED)
        if checks is not None
        else (
            Check(id="test.passed", state=CheckState.PASSED, message=Message.of("report.no_unknowns")),
            Check(id="test.events", state=CheckState.WARNED, message=Message.of("report.few_events", events=84)),
            REPEATED,
        ),
        provenance=Provenance(
            prediction_id="p-20261103-0001",
            time=TIME,
            application_version="0.1.0",
            bundle_name="apnet-demo",
            bundle_version="1.0.0",
            bundle_sha256=digest("bundle"),
            compute=Compute(
                device=Device.CPU,
                device_name="x86-64, 2 cores",
                reason="no usable GPU",
                precision=Precision.FLOAT32,
                batch=16,
                threads=2,
            ),
            inputs=InputDigests(
                volume=digest("v"),
                roi=digest("r"),
                record=digest("c"),
                bundle=digest("b"),
                compute=digest("d"),
                base_rate=digest("e"),
            ),
        ),
    )


def validation() -> ValidationSummary:
    def figure(
        en: str, zh: str, value: float, lower: float, upper: float, *, percent: bool = False
    ) -> ValidationFigure:
        return ValidationFigure(label=Label(en=en, zh=zh), value=value, lower=lower, upper=upper, percent=percent)

    return ValidationSummary(
        description=Label(en="Simulated patients of another seed.", zh="另一随机种子的模拟患者。"),
        patients=300,
        events=84,
        figures=(
            figure("Area under the ROC curve", "ROC 曲线下面积", 0.812, 0.757, 0.866),
            figure("Calibration slope", "校准斜率", 0.97, 0.74, 1.21),
            figure("Observed over expected", "观察/预期比", 1.03, 0.83, 1.26),
            figure("Brier score", "Brier 评分", 0.158, 0.137, 0.180),
            figure("Sensitivity at the threshold", "阈值处敏感度", 0.81, 0.71, 0.88, percent=True),
            figure("Specificity at the threshold", "阈值处特异度", 0.72, 0.66, 0.78, percent=True),
        ),
    )


def distribution() -> DevelopmentDistribution:
    edges = np.linspace(0, 1, 21)
    shares = np.exp(-(((edges[:-1] + 0.025) - 0.26) ** 2) / 0.03)
    shares /= shares.sum()
    return DevelopmentDistribution(edges=tuple(map(float, edges)), shares=tuple(map(float, shares)))


def scores() -> tuple[ScoreLine, ...]:
    return (
        ScoreLine(label=Label(en="BISAP", zh="BISAP"), value="3", maximum="5"),
        ScoreLine(
            label=Label(en="Modified Marshall, renal", zh="改良 Marshall（肾脏）"),
            value="0",
            maximum="4",
            unknown=(Label(en="urea", zh="尿素"),),
        ),
        ScoreLine(label=Label(en="Modified CT severity index", zh="改良 CT 严重指数"), value="6–8", maximum="10"),
    )


def pictures_and_facts() -> tuple[tuple[Picture, ...], RoiFacts]:
    volume, roi = phantom()
    pictures = roi_thumbnails(volume, roi) + influential_pictures(volume, roi, ((22, 0.31), (17, -0.12)))
    return pictures, roi_facts(volume, roi)


_PICTURES: list[tuple[tuple[Picture, ...], RoiFacts]] = []


def content(
    *,
    languages: tuple[Language, ...] = (Language.ENGLISH,),
    of: PatientIdentity | None = None,
    simulated_ct: bool = True,
    bundle: Manifest | None = None,
    says: Prediction | None = None,
    entered: ClinicalRecord | None = None,
    review: Review | None = None,
    with_distribution: bool = True,
    report_id: str = "r-20261103-0001",
) -> ReportContent:
    """A full report of the phantom."""
    if not _PICTURES:
        _PICTURES.append(pictures_and_facts())
    pictures, facts = _PICTURES[0]
    return build_content(
        prediction=says or prediction(),
        manifest=bundle or manifest(),
        identity=of or identity(),
        series=series(simulated=simulated_ct),
        record=entered or record(),
        roi=facts,
        pictures=pictures,
        review=review,
        languages=languages,
        report_id=report_id,
        case_id="c-5f1e",
        time=TIME,
        application_version="0.1.0",
        scores=scores(),
        validation=validation(),
        distribution=distribution() if with_distribution else None,
        interval_level=0.9,
    )


def many_factors(number: int = 40) -> tuple[FactorSchema, ClinicalRecord]:
    """A bundle with `number` factors with long names, all answered."""
    factors = tuple(
        Factor(
            id=f"factor_{n}",
            label=Label(
                en=f"Laboratory value number {n} with a rather long descriptive name",
                zh=f"名称相当长的实验室检查指标第 {n} 号",
            ),
            kind=FactorKind.NUMBER,
            unit="umol/L",
            group="laboratory",
            decimals=1,
        )
        for n in range(number)
    )
    return FactorSchema(factors=factors), ClinicalRecord(
        values={factor.id: 10.5 + n for n, factor in enumerate(factors)}
    )
