"""Made-up cases for the tests of the case store: small grids, canary identities, predictions with plausible numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from apnet_desktop.bundle.prediction import (
    BaseRate,
    Compute,
    Device,
    InputDigests,
    Precision,
    Prediction,
    Provenance,
    Route,
    RouteRisk,
)
from apnet_desktop.cases.assessment import SeriesReference
from apnet_desktop.clinical.factor import Factor, FactorKind, FactorSchema, Label
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume, SeriesDescription

GEOMETRY = Geometry(size=(48, 40, 12), origin=(-20.0, -18.0, 5.0), spacing=(0.8, 0.8, 2.5))
CANARY = PatientIdentity(name="Zyxwv Qanary", patient_id="QX-7741-CANARY", birth_date=date(1961, 2, 28), sex="F")
SCHEMA = FactorSchema(
    factors=(
        Factor(id="age", label=Label(en="Age", zh="年龄"), kind=FactorKind.NUMBER, unit="a"),
        Factor(id="smoking", label=Label(en="Smoking", zh="吸烟"), kind=FactorKind.YES_NO),
    )
)


class HandClock:
    """A clock that tests set by hand."""

    def __init__(self, moment: datetime = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)) -> None:
        self.moment = moment
        self.ticks = 0
        self.session = "test-session"

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> int:
        self.ticks += 1_000_000
        return self.ticks

    def move(self, step: timedelta) -> None:
        self.moment += step


def series(
    identity: PatientIdentity = CANARY, day: date | None = date(2026, 1, 15), uid: str = "1.2.826.0.1.3680043.9.1"
) -> SeriesReference:
    """A CT of constant tissue on the small grid."""
    volume = CtVolume(
        np.full(GEOMETRY.shape, 40, dtype=np.int16),
        GEOMETRY,
        identity,
        SeriesDescription(series_uid=uid, study_date=day, description="Portal venous 2.5 mm"),
    )
    return SeriesReference.of(volume, Path("/nowhere/ct"))


def roi(seed: int = 0, author: str = "Reader One") -> Roi:
    """A box whose place depends on the seed."""
    generator = np.random.default_rng(seed)
    low = generator.integers(0, 6, size=3)
    mask = np.zeros(GEOMETRY.shape, dtype=np.bool_)
    mask[low[0] : low[0] + 5, low[1] : low[1] + 12, low[2] : low[2] + 20] = True
    return Roi(mask, GEOMETRY, author=author)


def prediction(inputs: InputDigests, risk: float = 0.31, id: str = "prediction-1") -> Prediction:
    """A prediction made from `inputs`."""
    compute = Compute(
        device=Device.CPU, device_name="test", reason="test", precision=Precision.FLOAT32, batch=8, threads=1
    )
    return Prediction(
        routes=(
            RouteRisk(route=Route.FUSED, risk=risk, lower=risk * 0.7, upper=risk * 1.3, unshifted=risk, logit=-0.8),
            RouteRisk(route=Route.CLINICAL, risk=0.27, lower=0.2, upper=0.4, unshifted=0.27, logit=-1.0),
        ),
        base_rate=BaseRate(development=0.29),
        provenance=Provenance(
            prediction_id=id,
            time=datetime(2026, 3, 1, 9, 0, tzinfo=UTC),
            application_version="0.1.0",
            bundle_name="test",
            bundle_version="1",
            bundle_sha256="b" * 64,
            compute=compute,
            inputs=inputs,
        ),
    )
