from pathlib import Path

import numpy as np
import pytest

from apnet_desktop.bundle.prediction import Route
from apnet_desktop.simulation.cohort import simulate_cohort
from apnet_desktop.simulation.findings import CAUSES
from apnet_desktop.simulation.settings import DEFAULT
from apnet_desktop.study.reading import explained_variance, simulated_truth, true_findings


def test_explained_variance_is_that_of_a_textbook() -> None:
    truth = np.array([[1.0], [2.0], [3.0], [4.0]])
    assert explained_variance(truth, truth)[0] == 1
    assert explained_variance(np.full((4, 1), 2.5), truth)[0] == 0
    assert explained_variance(5 - truth, truth)[0] == pytest.approx(1 - 4 * 5 / 5)


def test_a_blurred_reading_lies_between_the_optimum_and_chance() -> None:
    generator = np.random.default_rng(1)
    truth = {name: generator.normal(size=200) for name in CAUSES}
    read = {name: value + generator.normal(0, 0.7, 200) for name, value in truth.items() if name != "duct_ratio"}
    found = simulated_truth(read, truth, DEFAULT, patients=800)
    assert found.reading["duct_ratio"] == 0.0, "what is not read counts as not seen"
    assert 0.3 < found.reading["necrosis_share"] < 0.65
    assert found.optimum[Route.FUSED] == pytest.approx(0.899)
    assert found.limit[Route.IMAGE] < found.optimum[Route.IMAGE]
    assert found.limit[Route.IMAGE] < found.limit[Route.FUSED] < found.optimum[Route.FUSED]


def test_the_true_findings_are_those_of_the_cohorts_patients(tmp_path: Path) -> None:
    simulate_cohort(3, tmp_path / "cohort", 9501, inputs_only=True, processes=1)
    ids = ("SIM-9501-00002", "SIM-9501-00000")
    found = true_findings(tmp_path / "cohort", ids)
    again = true_findings(tmp_path / "cohort", ids[::-1])
    assert set(found) == set(CAUSES)
    assert found["gland_volume"][0] == again["gland_volume"][1] != found["gland_volume"][1]
    assert true_findings(tmp_path / "cohort", ("somebody else",)) == {}
    assert true_findings(tmp_path, ids) == {}
