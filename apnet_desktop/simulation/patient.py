"""A simulated patient: who he is, his record and what his picture is asked to show. Nothing is rendered here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import numpy as np

from apnet_desktop.clinical.record import ClinicalRecord, FactorValue
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.simulation.anatomy_plan import Plan, make_plan
from apnet_desktop.simulation.disease import Request
from apnet_desktop.simulation.frame import Frame
from apnet_desktop.simulation.population import (
    AETIOLOGIES,
    ALCOHOL_USES,
    MISSING,
    NORMALS,
    ORGAN_FAILURES,
    SMOKING,
    UNIFORMS,
    Population,
    draw_population,
)
from apnet_desktop.simulation.randomness import Stream, generator
from apnet_desktop.simulation.scanners import SCANNERS, Kernel, Scanner
from apnet_desktop.simulation.settings import DEFAULT, GeneratorSettings

__all__ = ["SeriesPlan", "SimulatedPatient", "simulate_patient"]

_SIZE: Final = 512
_COVERAGE: Final = (-100.0, 104.0)  # mm: from the iliac crests' neighbourhood to the dome of the liver


class SeriesPlan(FrozenModel):
    """How a patient is scanned.

    Attributes:
        scanner: Machine.
        kernel: Reconstruction kernel.
        portal_venous: Phase; otherwise pancreatic.
        noise: HU, standard deviation at the middle of the trunk.
        geometry: Grid: axial, rows to the left, columns to the back, slices to the head.
        study_date: Date of the scan.
    """

    scanner: Scanner
    kernel: Kernel
    portal_venous: bool
    noise: float
    geometry: Geometry
    study_date: date

    @property
    def phase(self) -> str:
        """Phase in the words of SeriesDescription."""
        return "portal_venous" if self.portal_venous else "arterial"

    @property
    def thickness(self) -> float:
        """Slice thickness and spacing in mm."""
        return self.geometry.spacing[2]

    @property
    def softness(self) -> float:
        """Half the width of an edge in mm: the kernel's, and a share of the slice's thickness."""
        return float(np.round(np.hypot(self.kernel.blur, 0.2 * self.thickness), 4))


@dataclass(frozen=True)
class SimulatedPatient:
    """One patient of the simulated population.

    Attributes:
        seed: Of the cohort.
        index: In the cohort.
        settings: Of the generator.
        drawn: His row of the population: latent, clinical and asked-for image values; arrays of length 1.
        series: How he is scanned.
        identity: Name, ID, birth date and sex.
    """

    seed: int
    index: int
    settings: GeneratorSettings
    drawn: Population
    series: SeriesPlan
    identity: PatientIdentity

    def factor(self, id: str) -> float:
        """True value of a clinical factor; codes as in population.py."""
        return float(self.drawn.factors[id][0])

    @property
    def request(self) -> Request:
        """What the anatomy is asked for."""
        drawn = self.drawn
        return Request(
            necrosis_share=float(drawn.necrosis_share[0]),
            collection_volume=float(drawn.collection_volume[0]),
            duct_ratio=float(drawn.duct_ratio[0]),
            stranding_share=float(drawn.stranding_share[0]),
            gland_volume=float(drawn.gland_volume[0]),
            vein_occluded=bool(drawn.vein_occluded[0]),
            effusion=bool(drawn.effusion[0]),
            late=bool(drawn.late[0]),
        )

    @cached_property
    def plan(self) -> Plan:
        """His anatomy, made on first use."""
        frame = Frame(
            generator(self.seed, self.index, Stream.ANATOMY),
            self.factor("body_mass_index"),
            self.series.portal_venous,
            self.series.scanner.bias,
            self.settings.roughness,
        )
        return make_plan(frame, self.request, self.settings)

    @property
    def local_complication(self) -> str:
        """The Revised Atlanta word for what the CT shows: without or with necrosis, up to or beyond four weeks."""
        late = bool(self.drawn.late[0])
        words = ("none", "pseudocyst" if late else "apfc", "won" if late else "anc")
        return words[int(self.drawn.complication[0])]

    @property
    def true_values(self) -> dict[str, FactorValue]:
        """All clinical factors as they are, nothing missing."""
        coded = {
            "sex": ("F", "M"),
            "aetiology": AETIOLOGIES,
            "smoking": SMOKING,
            "alcohol_use": ALCOHOL_USES,
            "organ_failure": ORGAN_FAILURES,
            "cholecystectomy": ("none", "index_admission"),
        }
        values: dict[str, FactorValue] = {}
        for id, column in self.drawn.factors.items():
            value = float(column[0])
            if id in coded:
                values[id] = coded[id][int(value)]
            else:
                values[id] = bool(value) if id in ("diabetes", "hypertension") else value
        values["atlanta_grade"] = "severe" if values["organ_failure"] == "persistent" else "moderately_severe"
        values["local_complication"] = self.local_complication
        values["hours_since_onset"] = float(self.drawn.hours_since_onset[0])
        return values

    @property
    def record(self) -> ClinicalRecord:
        """The clinical record: None where the value is missing."""
        values = self.true_values
        for factor in MISSING:
            if bool(self.drawn.missing[factor][0]):
                values[factor] = None
        return ClinicalRecord(values=values, identity=self.identity)


def simulate_patient(
    seed: int,
    index: int,
    settings: GeneratorSettings = DEFAULT,
    *,
    drawn: Population | None = None,
    series: SeriesPlan | None = None,
    identity: PatientIdentity | None = None,
) -> SimulatedPatient:
    """Patient number `index` of the population of `seed`, in about a millisecond.

    Args:
        seed: Any non-negative integer.
        index: From 0.
        settings: Constants of the generator.
        drawn: Overrides what is drawn (the demo case).
        series: Overrides how he is scanned.
        identity: Overrides who he is.
    """
    stream = generator(seed, index, Stream.PATIENT)
    normals = stream.standard_normal((1, NORMALS))
    uniforms = stream.random((1, UNIFORMS))
    population = draw_population(normals, uniforms, settings) if drawn is None else drawn
    scan = _series(stream, settings) if series is None else series
    person = identity or _identity(stream, seed, index, population, scan.study_date)
    return SimulatedPatient(seed, index, settings, population, scan, person)


def _series(stream: np.random.Generator, settings: GeneratorSettings) -> SeriesPlan:
    u = stream.random(9)
    scanner = SCANNERS[settings.scanners[int(u[0] * len(settings.scanners))]]
    kernel = scanner.kernels[int(u[1] * len(scanner.kernels))]
    thickness = scanner.thicknesses[int(u[2] * len(scanner.thicknesses))]
    field = float(np.round(scanner.field[0] + (scanner.field[1] - scanner.field[0]) * u[3]))
    low, high = settings.noise
    noise = float(np.clip(np.round((low + (high - low) * u[4]) * kernel.noise_factor, 2), low, high))
    spacing = round(field / _SIZE, 6)
    slices = int((_COVERAGE[1] - _COVERAGE[0]) / thickness)
    geometry = Geometry(
        size=(_SIZE, _SIZE, slices),
        origin=(
            round(-spacing * (_SIZE - 1) / 2 + 8 * (u[5] - 0.5), 3),
            round(-spacing * (_SIZE - 1) / 2 + 14 + 8 * (u[6] - 0.5), 3),
            round(_COVERAGE[0] + thickness * (u[7] - 0.5), 3),
        ),
        spacing=(spacing, spacing, thickness),
    )
    portal_venous = bool(u[8] < settings.portal_venous_share)
    study_date = date(2018, 1, 8) + timedelta(days=int(stream.integers(0, 1400)))
    return SeriesPlan(
        scanner=scanner,
        kernel=kernel,
        portal_venous=portal_venous,
        noise=noise,
        geometry=geometry,
        study_date=study_date,
    )


def _identity(
    stream: np.random.Generator, seed: int, index: int, population: Population, study_date: date
) -> PatientIdentity:
    age = int(population.factors["age"][0])
    days = int(stream.integers(3, 360))
    return PatientIdentity(
        name=f"Simulated {seed}-{index:05d}",
        patient_id=f"SIM-{seed}-{index:05d}",
        birth_date=study_date.replace(day=min(study_date.day, 28), year=study_date.year - age) - timedelta(days=days),
        sex="M" if population.factors["sex"][0] else "F",
    )
