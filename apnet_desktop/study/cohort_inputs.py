"""From a cohort's CT folders and masks to model inputs, one patient at a time, kept so that nobody is read twice.

A cohort that `apnet simulate --inputs` wrote has no images: its `cohort.json` says from which seeds to render them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.manifest import CtRecipe, Eligibility
from apnet_desktop.checks import Check
from apnet_desktop.errors import CtError, KnownError, RoiError, StudyError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.model.inputs import ModelInputs, prepare_inputs
from apnet_desktop.simulation.cohort import RECIPE_FILE, CohortRecipe
from apnet_desktop.simulation.identifiers import series_uid
from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.study.cohort import Cohort, Patient
from apnet_desktop.study.inputs_file import load_inputs, save_inputs
from apnet_desktop.study.simulated_inputs import simulated_inputs

__all__ = ["ImageFacts", "PatientInputs", "cohort_inputs", "fingerprint", "refuse_leaks", "simulated_recipe"]

_CORE = 96
# Noise of two different scans does not correlate; a copy, even compressed again, keeps most of its noise.
_ALIKE = 0.5


class ImageFacts(FrozenModel):
    """What an evaluation wants to know of a patient's series."""

    series_uid: str
    scanner: str
    phase: str
    slice_thickness: float | None
    simulated: bool


@dataclass(frozen=True)
class PatientInputs:
    """A patient whose images could be used, or the reason why not."""

    patient: Patient
    inputs: ModelInputs | None
    facts: ImageFacts | None
    refusal: Message | None = None


def simulated_recipe(folder: Path) -> CohortRecipe | None:
    """The recipe of a simulated cohort; None for any other."""
    path = folder / RECIPE_FILE
    return CohortRecipe.model_validate_json(path.read_bytes()) if path.is_file() else None


def cohort_inputs(
    cohort: Cohort,
    recipe: CtRecipe,
    eligibility: Eligibility,
    kept: Path,
    progress: Callable[[float], None],
) -> list[PatientInputs]:
    """Model inputs of every patient.

    Args:
        cohort: The cohort.
        recipe: Input recipe.
        eligibility: Limits of slice thickness and ROI volume.
        kept: Folder in which inputs are kept between runs.
        progress: Called with the fraction done.
    """
    kept.mkdir(parents=True, exist_ok=True)
    source = simulated_recipe(cohort.folder)
    found = []
    for n, patient in enumerate(cohort.patients):
        path, facts_path = kept / f"{patient.row:06d}.safetensors", kept / f"{patient.row:06d}.json"
        if path.exists() and facts_path.exists():
            facts = ImageFacts.model_validate_json(facts_path.read_bytes())
            found.append(PatientInputs(patient, load_inputs(path, recipe), facts))
        else:
            made = _make(patient, recipe, eligibility, source, n)
            if made.inputs is not None and made.facts is not None:
                save_inputs(path, made.inputs)
                facts_path.write_text(made.facts.model_dump_json(), encoding="utf-8")
            found.append(made)
        progress((n + 1) / len(cohort.patients))
    return found


def _make(
    patient: Patient, recipe: CtRecipe, eligibility: Eligibility, source: CohortRecipe | None, place: int
) -> PatientInputs:
    if patient.ct is None or patient.roi is None:
        if source is None:
            return PatientInputs(patient, None, None, Message.of("study.no_images"))
        simulated = simulate_patient(source.seed, source.first + place, source.settings)
        facts = ImageFacts(
            series_uid=series_uid(source.seed, source.first + place),
            scanner=simulated.series.scanner.model,
            phase=simulated.series.phase,
            slice_thickness=simulated.series.thickness,
            simulated=True,
        )
        return PatientInputs(patient, simulated_inputs(simulated, recipe), facts)
    try:
        return _read(patient, patient.ct, patient.roi, recipe, eligibility)
    except KnownError as error:
        return PatientInputs(patient, None, None, error.message)


def _read(patient: Patient, ct: Path, mask: Path, recipe: CtRecipe, eligibility: Eligibility) -> PatientInputs:
    from apnet_desktop.ct.read import read_series
    from apnet_desktop.ct.requirements import CtRequirements
    from apnet_desktop.ct.roi_files import read_roi
    from apnet_desktop.ct.scan import scan

    requirements = CtRequirements(
        phase=recipe.phase,
        maximum_slice_thickness=eligibility.maximum_slice_thickness,
        warn_slice_thickness=eligibility.warn_slice_thickness,
    )
    result = scan(ct, requirements=requirements)
    if result.preselected is None:
        raise CtError(result.why)
    volume = read_series(result.series[result.preselected], lambda shape: np.empty(shape, dtype=np.int16))
    imported = read_roi(mask, volume, author="cohort", limits_ml=eligibility.roi_volume)
    if imported.roi is None:
        raise RoiError(Message.of("study.several_labels", file=mask.name))
    blocking: list[Check] = [check for check in (*volume.checks, *imported.checks) if check.blocks]
    if blocking:
        return PatientInputs(patient, None, None, blocking[0].message)
    facts = ImageFacts(
        series_uid=volume.series.series_uid,
        scanner=volume.series.manufacturer,
        phase=volume.series.phase,
        slice_thickness=volume.series.slice_thickness,
        simulated=volume.series.simulated,
    )
    return PatientInputs(patient, prepare_inputs(volume, imported.roi, recipe), facts)


def fingerprint(inputs: ModelInputs) -> NDArray[np.float32]:
    """The noise in the middle of the first view's middle slices, standardised: what two scans never share."""
    slices = inputs.hounsfield.shape[1]
    side = inputs.hounsfield.shape[-1]
    first = max((side - _CORE) // 2, 0)
    core = slice(first, first + _CORE)
    images = inputs.hounsfield[0, slices // 3 : slices // 3 + 3, core, core].astype(np.float32)
    noise = images[:, 1:-1, 1:-1] - (
        images[:, :-2, 1:-1] + images[:, 2:, 1:-1] + images[:, 1:-1, :-2] + images[:, 1:-1, 2:]
    ) / np.float32(4)
    # Edges of organs would otherwise outweigh the noise.
    noise = np.clip(noise, -30, 30).ravel()
    spread = float(noise.std())
    return np.asarray((noise - noise.mean()) / (spread if spread > 0 else 1.0), dtype=np.float32)


def refuse_leaks(patients: list[PatientInputs]) -> None:
    """Refuses a cohort in which two patients share a series or nearly the same image.

    Raises:
        StudyError: Naming the two.
    """
    usable = [one for one in patients if one.inputs is not None and one.facts is not None]
    seen: dict[str, str] = {}
    for one in usable:
        uid = one.facts.series_uid if one.facts is not None else ""
        if uid and uid in seen:
            raise StudyError(Message.of("study.series_twice", first=seen[uid], second=one.patient.id))
        seen[uid] = one.patient.id
    if len(usable) < 2:
        return
    prints = np.stack([fingerprint(one.inputs) for one in usable if one.inputs is not None])
    alike = prints @ prints.T / prints.shape[1]
    np.fill_diagonal(alike, 0.0)
    worst = int(np.argmax(alike))
    if alike.flat[worst] > _ALIKE:
        first, second = divmod(worst, len(usable))
        raise StudyError(
            Message.of("study.images_alike", first=usable[first].patient.id, second=usable[second].patient.id)
        )
