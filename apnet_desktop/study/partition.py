"""Who is in which fold: stratified by outcome, by patient, repeatable from a seed, and saved beside the results."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.errors import StudyError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["Partition", "fold_indices", "stratified_partition"]


class Partition(FrozenModel):
    """The partition manifest of a development cohort.

    Attributes:
        seed: Seed of the shuffle.
        folds: Number of folds.
        fold_of: Fold in which each patient is held out, by patient id.
    """

    seed: int
    folds: int
    fold_of: dict[str, int]


def stratified_partition(patients: tuple[str, ...], outcome: NDArray[np.bool_], folds: int, seed: int) -> Partition:
    """Deals patients to folds so that events are spread evenly.

    Args:
        patients: Patient ids, each once: a patient is never in two folds.
        outcome: True for an event; shape (patients,).
        folds: Number of folds, at least 2.
        seed: Seed of the shuffle.

    Raises:
        StudyError: An id occurs twice, or there are fewer events or non-events than folds.
    """
    if len(set(patients)) != len(patients):
        twice = next(patient for patient in patients if patients.count(patient) > 1)
        raise StudyError(Message.of("study.patient_twice", patient=twice))
    fewest = int(min(np.count_nonzero(outcome), np.count_nonzero(~outcome)))
    if fewest < folds:
        raise StudyError(Message.of("study.too_few_for_folds", fewest=fewest, folds=folds))
    generator = np.random.default_rng(seed)
    fold_of: dict[str, int] = {}
    dealt = 0
    for stratum in (np.flatnonzero(outcome), np.flatnonzero(~outcome)):
        for position in generator.permutation(stratum):
            fold_of[patients[position]] = dealt % folds
            dealt += 1
    return Partition(seed=seed, folds=folds, fold_of={patient: fold_of[patient] for patient in patients})


def fold_indices(
    partition: Partition, patients: tuple[str, ...]
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]:
    """For each fold the positions of its training and of its held-out patients in `patients`."""
    fold = np.array([partition.fold_of[patient] for patient in patients])
    return tuple((np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(partition.folds))
