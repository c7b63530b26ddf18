"""Simulated cohorts for the study: records, findings, follow-up and cached features, each patient made once.

Everything is kept beside the rendered inputs, so a run that was cut off goes on where it stood. Features are kept under
the hash of the weights that made them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.model.engine import Engine, extract_features
from apnet_desktop.model.features import Features
from apnet_desktop.simulation.findings import Findings
from apnet_desktop.simulation.outcome import FollowUp, follow, true_outcome
from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.simulation.rendering import measure_patient
from apnet_desktop.study.inputs_file import load_inputs, patient_file
from apnet_desktop.study.recipe import GENERATORS, PREDICTORS, RECIPE
from apnet_desktop.study.statistics.censoring import End, HorizonOutcome, horizon_outcome

__all__ = [
    "READER_FINDINGS",
    "Row",
    "SimulatedCohort",
    "cached_features",
    "make_row",
    "read_rows",
    "reader_targets",
    "weights_digest",
]

_DAYS_A_MONTH = 365.25 / 12
_ENDS = {"recurrence": End.RECURRENCE, "death": End.DEATH, "censored": End.CENSORED}

# What a token reads, on scales where a linear reading makes sense.
READER_FINDINGS = (
    "necrosis_share",
    "collection_diameter",
    "duct_ratio",
    "stranding_share",
    "gland_volume",
    "vein_occluded",
    "effusion",
    "walled",
)


class Row(FrozenModel):
    """One patient without pictures.

    Attributes:
        number: Index in the population of the seed.
        patient_id: Id.
        record: Clinical record, factors of the cohort table only.
        findings: On the label map: targets of the reader, never an input.
        follow_up: As the study sees it.
        true_risk: What no study sees: for the coverage of intervals.
        recurs: Whether he recurs within the horizon if nobody loses sight of him.
        scanner: Model name.
        phase: Contrast phase.
    """

    number: int
    patient_id: str
    record: ClinicalRecord
    findings: Findings
    follow_up: FollowUp
    true_risk: float
    recurs: bool
    scanner: str
    phase: str


@dataclass(frozen=True)
class SimulatedCohort:
    """Patients of one seed whose inputs were rendered.

    Attributes:
        seed: Of the population.
        rows: In the order of their numbers.
    """

    seed: int
    rows: tuple[Row, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Patient ids."""
        return tuple(row.patient_id for row in self.rows)

    @property
    def records(self) -> list[ClinicalRecord]:
        """Clinical records."""
        return [row.record for row in self.rows]

    @property
    def months(self) -> NDArray[np.float64]:
        """Months from discharge to the end of follow-up."""
        return np.array([row.follow_up.days / _DAYS_A_MONTH for row in self.rows])

    @property
    def ends(self) -> NDArray[np.int_]:
        """How each follow-up ended."""
        return np.array([int(_ENDS[row.follow_up.end]) for row in self.rows])

    def state(self, horizon_months: float) -> HorizonOutcome:
        """Outcome at the horizon with censoring weights."""
        return horizon_outcome(self.months, self.ends, horizon_months)

    def truth(self) -> HorizonOutcome:
        """The outcome as if nobody had been lost: for claims about the simulator, never in training."""
        event = np.array([row.recurs for row in self.rows])
        return HorizonOutcome(event, np.ones(event.size), np.ones(event.size, dtype=bool))


def read_rows(folder: Path, seed: int, generator: str, count: int | None = None) -> SimulatedCohort:
    """Rows of the patients whose inputs lie in `folder`, made on first use and kept in `rows/`.

    Args:
        folder: Rendered inputs.
        seed: Of the population.
        generator: Name of the generator's constants.
        count: Only patients with a number below this; None is all.
    """
    numbers = sorted(int(path.stem) for path in folder.glob("*.safetensors"))
    kept = [number for number in numbers if count is None or number < count]
    return SimulatedCohort(seed, tuple(make_row(folder, seed, generator, number) for number in kept))


def make_row(folder: Path, seed: int, generator: str, number: int) -> Row:
    """One patient's row; his findings are measured once, with the pictures, and kept."""
    patient = simulate_patient(seed, number, GENERATORS[generator])
    path = folder / "findings" / f"{number:06d}.json"
    if path.exists():
        findings = Findings.model_validate_json(path.read_bytes())
    else:
        findings = measure_patient(patient)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(findings.model_dump_json(), encoding="utf-8")
        partial.replace(path)
    truth = true_outcome(patient, findings)
    return Row(
        number=number,
        patient_id=patient.identity.patient_id,
        record=ClinicalRecord(values={id: patient.record.values[id] for id in PREDICTORS}),
        findings=findings,
        follow_up=follow(patient, findings),
        true_risk=truth.risk,
        recurs=truth.recurs,
        scanner=patient.series.scanner.model,
        phase=patient.series.phase,
    )


def reader_targets(rows: tuple[Row, ...]) -> NDArray[np.float64]:
    """(patients, findings): the reader's targets, in their own units."""
    return np.array([[float(getattr(row.findings, name)) for name in READER_FINDINGS] for row in rows])


def weights_digest(tensors: Mapping[str, NDArray[np.generic]]) -> str:
    """Short hash of a network's weights."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensors[name]).data)
    return digest.hexdigest()[:16]


def cached_features(
    folder: Path,
    cohort: SimulatedCohort,
    engine: Callable[[], Engine],
    digest: str,
    progress: Callable[[float], None] | None = None,
) -> list[Features]:
    """Features of every patient, extracted once for these weights.

    Args:
        folder: Rendered inputs; features are kept in `features-<digest>/`.
        cohort: Who.
        engine: Makes what runs the network; called only if a patient's features are missing.
        digest: `weights_digest` of it, with whatever else (precision) changes the features.
        progress: Called with the fraction done.
    """
    kept = folder / f"features-{digest}"
    kept.mkdir(exist_ok=True)
    features = []
    made: Engine | None = None
    for n, row in enumerate(cohort.rows):
        path = patient_file(kept, row.number)
        if not path.exists():
            made = made or engine()
            found = extract_features(made, load_inputs(patient_file(folder, row.number), RECIPE))
            partial = path.with_suffix(".partial")
            save_file({"vectors": found.vectors, "areas": found.areas, "size": found.size}, partial)
            partial.replace(path)
        arrays = load_file(path)
        features.append(Features(arrays["vectors"], arrays["areas"], arrays["size"]))
        if progress is not None:
            progress((n + 1) / len(cohort.rows))
    return features
