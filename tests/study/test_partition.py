import numpy as np
import pytest

from apnet_desktop.errors import StudyError
from apnet_desktop.study.partition import Partition, fold_indices, stratified_partition


def test_every_patient_is_held_out_once_and_events_are_even() -> None:
    patients = tuple(f"P{n}" for n in range(103))
    outcome = np.random.default_rng(1).random(103) < 0.29
    partition = stratified_partition(patients, outcome, 5, seed=4)
    folds = fold_indices(partition, patients)
    held_out = np.concatenate([test for _, test in folds])
    assert sorted(held_out) == list(range(103))
    for train, test in folds:
        assert not set(train) & set(test)
    events = [int(outcome[test].sum()) for _, test in folds]
    sizes = [test.size for _, test in folds]
    assert max(events) - min(events) <= 1
    assert max(sizes) - min(sizes) <= 1


def test_a_seed_repeats_and_survives_its_json() -> None:
    patients, outcome = tuple("abcdefgh"), np.arange(8) < 4
    first = stratified_partition(patients, outcome, 2, seed=9)
    assert first == stratified_partition(patients, outcome, 2, seed=9)
    assert first != stratified_partition(patients, outcome, 2, seed=10)
    assert Partition.model_validate_json(first.model_dump_json()) == first


def test_the_order_of_the_table_does_not_move_a_patient_of_a_saved_partition() -> None:
    patients, outcome = tuple("abcdefgh"), np.arange(8) < 4
    partition = stratified_partition(patients, outcome, 2, seed=9)
    turned = patients[::-1]
    (_, test), _ = fold_indices(partition, turned)
    assert all(partition.fold_of[turned[position]] == 0 for position in test)


def test_refusals() -> None:
    with pytest.raises(StudyError, match="twice"):
        stratified_partition(("a", "a", "b", "c"), np.array([True, False, True, False]), 2, seed=1)
    with pytest.raises(StudyError, match="1 patients"):
        stratified_partition(("a", "b", "c", "d"), np.array([True, False, False, False]), 2, seed=1)
