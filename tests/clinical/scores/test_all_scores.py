"""All scores together: every factor that they read is in the schema, every sentence in the catalogue."""

from __future__ import annotations

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.scores import all_scores
from apnet_desktop.language import Language, text

SCHEMA = default_schema()


def test_the_eight_scores_in_their_order() -> None:
    ids = [score.id for score in all_scores(ClinicalRecord())]
    assert ids == ["atlanta", "marshall", "sirs", "bisap", "ranson", "apache_ii", "ctsi", "modified_ctsi"]


def test_every_input_is_a_factor_that_says_so() -> None:
    for score in all_scores(ClinicalRecord()):
        for line in score.items:
            for factor in line.factors:
                assert SCHEMA.has(factor), factor
                assert score.id in SCHEMA.factor(factor).used_by, f"{factor} is read by {score.id}"


def test_every_name_is_in_both_languages() -> None:
    for score in all_scores(ClinicalRecord()):
        for language in Language:
            assert text(f"clinical.score.{score.id}", language)
            for line in score.items:
                assert text(f"clinical.item.{line.id}", language)


def test_nothing_known_settles_nothing() -> None:
    for score in all_scores(ClinicalRecord()):
        assert score.points is None
        assert score.lower == 0
        assert score.upper == score.maximum
        assert score.missing


def test_an_impossible_value_counts_as_missing() -> None:
    scores = {score.id: score for score in all_scores(ClinicalRecord(values={"glasgow_coma_scale": 0.0, "age": 300.0}))}
    assert "glasgow_coma_scale" in scores["apache_ii"].missing
    assert scores["apache_ii"].upper == 71


def test_the_entered_grade_is_compared() -> None:
    values = {"organ_failure": "persistent", "atlanta_grade": "mild"}
    assert all_scores(ClinicalRecord(values=dict(values)))[0].notices
