import csv
from pathlib import Path

from apnet_desktop.study.evaluation_log import LOG, log_evaluation
from apnet_desktop.study.protocol import read_protocol


def test_each_evaluation_is_a_line_with_its_commit(tmp_path: Path) -> None:
    log = tmp_path / "evaluations.csv"
    log_evaluation("9001", "a" * 64, "a trial", "AUROC 0.8", log)
    log_evaluation("9002", "b" * 64, "a trial, again", "AUROC 0.7", log)
    with log.open(encoding="utf-8", newline="") as stream:
        first, second = csv.DictReader(stream)
    assert (first["seeds"], first["bundle"], second["what"]) == ("9001", "a" * 12, "a trial, again")
    assert first["commit"]


def test_an_installed_program_has_no_log(tmp_path: Path) -> None:
    log_evaluation("9001", "a" * 64, "a trial", "", tmp_path / "no such folder" / "evaluations.csv")
    assert not list(tmp_path.iterdir())


def test_no_seed_of_the_protocol_has_been_evaluated_and_then_developed_on() -> None:
    """The seed of the first bundle's evaluation was looked at; the next bundle's is another."""
    with LOG.open(encoding="utf-8", newline="") as stream:
        first = next(csv.DictReader(stream))
    assert first["seeds"] != str(read_protocol().demonstration.evaluation_seed)
