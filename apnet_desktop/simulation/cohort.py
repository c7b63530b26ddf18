"""A simulated cohort as a folder: what `apnet simulate` writes and `apnet train` and `apnet evaluate` read."""

from __future__ import annotations

import csv
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from apnet_desktop.clinical.record import FactorValue
from apnet_desktop.errors import StudyError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.simulation.dicom_writer import write_patient
from apnet_desktop.simulation.findings import Findings
from apnet_desktop.simulation.outcome import FollowUp, follow, true_outcome
from apnet_desktop.simulation.patient import SimulatedPatient, simulate_patient
from apnet_desktop.simulation.rendering import measure_patient
from apnet_desktop.simulation.settings import DEFAULT, GeneratorSettings
from apnet_desktop.simulation.writing import SLICE_BYTES, require_space, writing_to

__all__ = [
    "COHORT_FILE",
    "FACTOR_COLUMNS",
    "RECIPE_FILE",
    "TRUTH_FILE",
    "CohortRecipe",
    "CohortRow",
    "simulate_cohort",
    "simulate_row",
]

COHORT_FILE: Final = "cohort.csv"
RECIPE_FILE: Final = "cohort.json"
_DAYS_A_MONTH: Final = 365.25 / 12

TRUTH_FILE: Final = "truth.csv"
"""Beside the cohort, never read in training: true risks and findings, for the tables of a simulation study."""

FACTOR_COLUMNS: Final = (
    "age", "sex", "body_mass_index", "aetiology", "atlanta_grade", "smoking", "alcohol_use", "diabetes",
    "hypertension", "triglycerides", "hdl_cholesterol", "calcium", "c_reactive_protein", "white_cell_count",
    "creatinine", "albumin", "glucose", "organ_failure", "cholecystectomy", "length_of_stay", "local_complication",
    "hours_since_onset",
)  # fmt: skip


class CohortRecipe(FrozenModel):
    """From which every patient of a simulated cohort can be made again: `cohort.json`.

    Attributes:
        seed: Of the population.
        first: Index of the first patient.
        count: Patients.
        settings: Constants of the generator.
    """

    seed: int
    first: int
    count: int
    settings: GeneratorSettings


@dataclass(frozen=True)
class CohortRow:
    """One patient of a cohort.

    Attributes:
        patient: Who.
        findings: On his label map.
        follow_up: As the study sees it.
    """

    patient: SimulatedPatient
    findings: Findings
    follow_up: FollowUp

    def columns(self, ct_folder: str, roi_file: str) -> dict[str, str]:
        """The row of `cohort.csv`; empty means unknown."""
        patient, series, follow_up = self.patient, self.patient.series, self.follow_up
        values = patient.record.values
        return {
            "patient": patient.identity.patient_id,
            "ct": ct_folder,
            "roi": roi_file,
            "follow_up_months": f"{follow_up.days / _DAYS_A_MONTH:.3f}",
            "end": follow_up.end,
            **{id: _cell(values[id]) for id in FACTOR_COLUMNS},
            "scanner": series.scanner.model,
            "phase": series.phase,
            "slice_thickness": _cell(series.thickness),
            "kernel": series.kernel.name,
            "ct_date": series.study_date.isoformat(),
            "admission_date": follow_up.admission_date.isoformat(),
            "discharge_date": follow_up.discharge_date.isoformat(),
            "last_contact_date": follow_up.last_contact_date.isoformat(),
            "recurrence_date": "" if follow_up.recurrence_date is None else follow_up.recurrence_date.isoformat(),
            "death_date": "" if follow_up.death_date is None else follow_up.death_date.isoformat(),
        }

    def truth(self) -> dict[str, str]:
        """The row of `truth.csv`."""
        truth = true_outcome(self.patient, self.findings)
        found = {name: _cell(value) for name, value in self.findings.model_dump().items()}
        return {
            "patient": self.patient.identity.patient_id,
            "index": str(self.patient.index),
            "true_risk": f"{truth.risk:.9f}",
            "recurs": "yes" if truth.recurs else "no",
            **found,
        }


def _cell(value: FactorValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def simulate_row(seed: int, index: int, settings: GeneratorSettings = DEFAULT) -> CohortRow:
    """One patient with findings and outcome, without a CT (a few tenths of a second)."""
    patient = simulate_patient(seed, index, settings)
    findings = measure_patient(patient)
    return CohortRow(patient, findings, follow(patient, findings))


def _make(
    index: int, folder: Path, seed: int, settings: GeneratorSettings, inputs_only: bool
) -> tuple[dict[str, str], dict[str, str]]:
    name = f"{index:05d}"
    target = folder / "patients" / name
    if inputs_only:
        row = simulate_row(seed, index, settings)
        return row.columns("", ""), row.truth()
    row = simulate_row(seed, index, settings)
    if not target.is_dir():  # a run that was cut off goes on with the patients that it lacks
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=target.parent) as scratch:
            write_patient(row.patient, Path(scratch) / name)
            (Path(scratch) / name).rename(target)
    return row.columns(f"patients/{name}/ct", f"patients/{name}/pancreas.nii.gz"), row.truth()


def simulate_cohort(
    count: int,
    folder: Path,
    seed: int,
    *,
    inputs_only: bool = False,
    settings: GeneratorSettings = DEFAULT,
    first: int = 0,
    processes: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Path:
    """Writes a cohort and returns the path of its `cohort.csv`.

    The folder holds `cohort.csv` (one row a patient; empty cells are unknown), `truth.csv`, `cohort.json` (seed,
    indices and settings, from which every patient can be made again) and, unless `inputs_only`,
    `patients/<index>/` with `ct/`, `pancreas.nii.gz`, `clinical.json` and `outcome.json` (42 MB a patient). Patients
    that are there already are kept: a run that was cut off goes on.

    Args:
        count: Patients.
        folder: Made if absent.
        seed: Of the population: the same seed gives the same patients, bit for bit.
        inputs_only: No DICOM and no mask; the study renders model inputs from `cohort.json` when it needs them.
        settings: Constants of the generator.
        first: Index of the first patient: cohorts of one seed that must not overlap use ranges.
        processes: Worker processes; None: one for each CPU core.
        progress: Told the share that is done.

    Raises:
        StudyError: No patients are asked for, the folder holds another cohort, or it cannot be written.
    """
    if count < 1:
        raise StudyError(Message.of("simulation.no_patients", count=count))
    recipe = CohortRecipe(seed=seed, first=first, count=count, settings=settings)
    with writing_to(folder):
        (folder if inputs_only else folder / "patients").mkdir(parents=True, exist_ok=True)
        _claim(folder, recipe)
        if not inputs_only:
            require_space(folder, sum(_size(seed, index, settings, folder) for index in range(first, first + count)))
        return _simulate(recipe, folder, inputs_only, processes, progress)


def _claim(folder: Path, recipe: CohortRecipe) -> None:
    """Writes the recipe into the folder; one that holds another cohort is left alone."""
    path = folder / RECIPE_FILE
    content = recipe.model_dump_json(indent=1) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") != content:
        raise StudyError(Message.of("simulation.other_cohort", folder=str(folder)))
    path.write_text(content, encoding="utf-8")


def _size(seed: int, index: int, settings: GeneratorSettings, folder: Path) -> int:
    """Bytes that a patient will take who is not there yet."""
    if (folder / "patients" / f"{index:05d}").is_dir():
        return 0
    return simulate_patient(seed, index, settings).series.geometry.size[2] * SLICE_BYTES


def _simulate(
    recipe: CohortRecipe,
    folder: Path,
    inputs_only: bool,
    processes: int | None,
    progress: Callable[[float], None] | None,
) -> Path:
    seed, settings, first, count = recipe.seed, recipe.settings, recipe.first, recipe.count
    make = partial(_make, folder=folder, seed=seed, settings=settings, inputs_only=inputs_only)
    rows: list[dict[str, str]] = []
    truths: list[dict[str, str]] = []
    workers = min(processes or os.cpu_count() or 1, count)
    for row, truth in _each(make, range(first, first + count), workers):
        rows.append(row)
        truths.append(truth)
        if progress is not None:
            progress(len(rows) / count)
    _write(folder / TRUTH_FILE, truths)
    _write(folder / COHORT_FILE, rows)
    return folder / COHORT_FILE


def _each(
    make: Callable[[int], tuple[dict[str, str], dict[str, str]]], indices: range, workers: int
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    if workers == 1:
        yield from map(make, indices)
        return
    # Spawned, not forked: the caller may hold threads and locks of torch.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(make, indices)


def _write(path: Path, rows: Iterable[dict[str, str]]) -> None:
    rows = list(rows)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
