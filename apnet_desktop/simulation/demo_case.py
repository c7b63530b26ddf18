"""The demo case: one fixed simulated patient, made by code on first use."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.locations import resources_folder
from apnet_desktop.simulation.dicom_writer import write_patient
from apnet_desktop.simulation.patient import SeriesPlan, SimulatedPatient, simulate_patient
from apnet_desktop.simulation.population import MISSING, Population
from apnet_desktop.simulation.scanners import SCANNERS
from apnet_desktop.simulation.settings import DEFAULT
from apnet_desktop.simulation.writing import SLICE_BYTES, require_space, writing_to

__all__ = ["DemoCase", "demo_patient", "make_demo_case"]

_SIZE: Final = 512
_MARK: Final = "recipe.json"
_SCRATCH: Final = ".demo-case-"
_ABANDONED: Final = 3600.0  # seconds
_LOWEST: Final = -96.0
_SLICES: Final = 80
_WHOLE_NUMBERS: Final = ("complication",)
_YES_NO: Final = ("vein_occluded", "effusion", "late")


class _Recipe(FrozenModel):
    version: int
    seed: int
    index: int
    name: str
    patient_id: str
    birth_date: date
    admission_date: date
    study_date: date
    scanner: str
    kernel: str
    portal_venous: bool
    thickness: float
    field: float
    noise: float
    image: dict[str, float]
    factors: dict[str, float]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class DemoCase:
    """The files of the demo case.

    Attributes:
        ct_folder: DICOM files of one series.
        roi_file: NIfTI mask of the pancreas.
        clinical_file: ClinicalRecord as JSON.
    """

    ct_folder: Path
    roi_file: Path
    clinical_file: Path


def _recipe() -> _Recipe:
    path = resources_folder() / "demo-case" / "recipe.json"
    return _Recipe.model_validate_json(path.read_text(encoding="utf-8"))


def demo_patient() -> SimulatedPatient:
    """The demo patient, from the recipe in `resources/demo-case/`."""
    recipe = _recipe()
    scanner = SCANNERS[recipe.scanner]
    spacing = recipe.field / _SIZE
    corner = -spacing * (_SIZE - 1) / 2
    series = SeriesPlan(
        scanner=scanner,
        kernel=next(kernel for kernel in scanner.kernels if kernel.name == recipe.kernel),
        portal_venous=recipe.portal_venous,
        noise=recipe.noise,
        geometry=Geometry(
            size=(_SIZE, _SIZE, _SLICES),
            origin=(corner, corner + 14.0, _LOWEST),
            spacing=(spacing, spacing, recipe.thickness),
        ),
        study_date=recipe.study_date,
    )
    identity = PatientIdentity(name=recipe.name, patient_id=recipe.patient_id, birth_date=recipe.birth_date, sex="M")
    return simulate_patient(recipe.seed, recipe.index, DEFAULT, drawn=_drawn(recipe), series=series, identity=identity)


def _drawn(recipe: _Recipe) -> Population:
    columns: dict[str, object] = {}
    for name, value in recipe.image.items():
        kind = bool if name in _YES_NO else int if name in _WHOLE_NUMBERS else float
        columns[name] = np.array([kind(value)])
    return Population(
        factors={name: np.array([float(value)]) for name, value in recipe.factors.items()},
        missing={name: np.array([name in recipe.missing]) for name in MISSING},
        **columns,  # type: ignore[arg-type]
    )


def make_demo_case(folder: Path, progress: Callable[[float], None] | None = None) -> DemoCase:
    """The demo case in `folder`, made if it is not there yet (about 6 s and 42 MB).

    It is either complete or absent: files are made in a folder beside it, which is renamed at the end. A folder of an
    older recipe is made again.

    Args:
        folder: Where it belongs; its parent is made if absent.
        progress: Told the share that is done.

    Raises:
        StudyError: The folder cannot be written.
    """
    stamp = _recipe().model_dump_json()
    case = DemoCase(folder / "ct", folder / "pancreas.nii.gz", folder / "clinical.json")
    if _is_made(folder, stamp):
        return case
    with writing_to(folder):
        _make(folder, stamp, progress)
    return case


def _make(folder: Path, stamp: str, progress: Callable[[float], None] | None) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder.parent)
    require_space(folder.parent, 2 * _SLICES * SLICE_BYTES)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder.parent) as scratch:
        made = Path(scratch) / "case"
        write_patient(demo_patient(), made, progress)
        (made / "outcome.json").unlink()
        _add_dates(made / "clinical.json")
        (made / _MARK).write_text(stamp, encoding="utf-8")
        if _is_made(folder, stamp):  # by another process, in the meantime
            return
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)


def _add_dates(path: Path) -> None:
    """Admission and discharge: a prediction prints its moment, and refuses a CT of another admission."""
    recipe = _recipe()
    record = ClinicalRecord.model_validate_json(path.read_text(encoding="utf-8"))
    stay = timedelta(days=recipe.factors["length_of_stay"])
    record = record.with_value("admission_date", recipe.admission_date)
    record = record.with_value("discharge_date", recipe.admission_date + stay)
    path.write_text(record.model_dump_json(indent=1), encoding="utf-8")


def _is_made(folder: Path, stamp: str) -> bool:
    mark = folder / _MARK
    return mark.is_file() and mark.read_text(encoding="utf-8") == stamp


def _sweep(parent: Path) -> None:
    """Removes what a killed process left behind: scratch folders that nobody has touched for an hour."""
    for left in parent.glob(f"{_SCRATCH}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED:
            shutil.rmtree(left, ignore_errors=True)
