from pathlib import Path

import numpy as np
import pytest

from apnet_desktop.clinical.factor import Choice, Factor, FactorKind, FactorSchema, Interval, Label
from apnet_desktop.errors import StudyError
from apnet_desktop.study.cohort import CohortRefusedError, read_cohort
from apnet_desktop.study.statistics.censoring import End


def _label(text: str) -> Label:
    return Label(en=text, zh=text)


SCHEMA = FactorSchema(
    factors=(
        Factor(id="age", label=_label("Age"), kind=FactorKind.NUMBER, limits=Interval(lower=18, upper=110)),
        Factor(id="diabetes", label=_label("Diabetes"), kind=FactorKind.YES_NO),
        Factor(
            id="sex",
            label=_label("Sex"),
            kind=FactorKind.CHOICE,
            choices=(Choice(id="female", label=_label("female")), Choice(id="male", label=_label("male"))),
        ),
    )
)
HEADER = "patient,ct,roi,follow_up_months,end,age,diabetes,sex,site"


def _folder(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / f"{name}.nii.gz").write_bytes(b"")
    # The byte order mark is what Excel puts in front.
    (tmp_path / "cohort.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8-sig")
    return tmp_path


def test_reads_patients_with_unknown_values(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        "P1,a,a.nii.gz,5.5,recurrence,61,yes,female,x",
        "P2,b,b.nii.gz,30,censored,,no,male,x",
        "",
        "P3,c,c.nii.gz,9,death,44,,,x",
    )
    cohort = read_cohort(folder, SCHEMA)
    assert cohort.ids == ("P1", "P2", "P3")
    assert cohort.ignored_columns == ("site",)
    first, second, third = cohort.patients
    assert first.record.values == {"age": 61, "diabetes": True, "sex": "female"}
    assert second.record.value("age") is None
    assert second.record.answered("age")
    assert third.end is End.DEATH
    assert third.row == 5
    state = cohort.outcome(24)
    assert state.event.tolist() == [True, False, False]
    assert state.known.all()


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("P1,b,b.nii.gz,3,censored,50,no,male,x", "patient", "row 2"),
        (",b,b.nii.gz,3,censored,50,no,male,x", "patient", "empty"),
        ("P2,b,b.nii.gz,-1,censored,50,no,male,x", "follow_up_months", "-1"),
        ("P2,b,b.nii.gz,nan,censored,50,no,male,x", "follow_up_months", "nan"),
        ("P2,b,b.nii.gz,3,relapse,50,no,male,x", "end", "relapse"),
        ("P2,b,b.nii.gz,3,censored,-5,no,male,x", "age", "Age"),
        ("P2,b,b.nii.gz,3,censored,50,perhaps,male,x", "diabetes", "Diabetes"),
        ("P2,missing,b.nii.gz,3,censored,50,no,male,x", "ct", "missing"),
        ("P2,b,../../etc/passwd,3,censored,50,no,male,x", "roi", "out of"),
        ("P2,b,/etc/passwd,3,censored,50,no,male,x", "roi", "out of"),
        ("P2,b,,3,censored,50,no,male,x", "roi", "empty"),
    ],
)
def test_refuses_by_row_and_column(tmp_path: Path, row: str, column: str, words: str) -> None:
    folder = _folder(tmp_path, "P1,a,a.nii.gz,5.5,recurrence,61,yes,female,x", row)
    with pytest.raises(CohortRefusedError) as caught:
        read_cohort(folder, SCHEMA)
    (refusal,) = caught.value.refusals
    assert (refusal.row, refusal.column) == (3, column)
    assert words in refusal.message.text()
    assert f"row 3, column {column}" in str(caught.value)


def test_every_refusal_is_listed(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "P1,a,a.nii.gz,x,y,200,yes,female,x", "P2,b,b.nii.gz,1,censored,50,no,z,x")
    with pytest.raises(CohortRefusedError) as caught:
        read_cohort(folder, SCHEMA)
    found = [(refusal.row, refusal.column) for refusal in caught.value.refusals]
    assert found == [(2, "follow_up_months"), (2, "end"), (2, "age"), (3, "sex")]


def test_a_row_with_other_cells_than_the_header_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "P1,a,a.nii.gz,5.5,recurrence,61,yes")
    with pytest.raises(CohortRefusedError, match="row 2"):
        read_cohort(folder, SCHEMA)


@pytest.mark.parametrize(
    ("header", "words"),
    [("patient,ct,roi,end,age", "follow_up_months"), (HEADER + ",age", "age twice")],
)
def test_a_wrong_header_is_refused(tmp_path: Path, header: str, words: str) -> None:
    with pytest.raises(StudyError, match=words):
        read_cohort(_folder(tmp_path, "x", header=header), SCHEMA)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="holds no cohort"):
        read_cohort(tmp_path, SCHEMA)
    (tmp_path / "cohort.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(StudyError, match="UTF-8"):
        read_cohort(tmp_path, SCHEMA)


def test_a_horizon_that_nobody_reached_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "P1,a,a.nii.gz,5,recurrence,61,yes,female,x", "P2,b,b.nii.gz,6,censored,50,no,male,x")
    with pytest.raises(StudyError, match="24"):
        read_cohort(folder, SCHEMA).outcome(24)


def test_inputs_without_images_may_be_read(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "P1,,,5,recurrence,61,yes,female,x", "P2,,,60,censored,50,no,male,x")
    cohort = read_cohort(folder, SCHEMA, require_images=False)
    assert cohort.patients[0].ct is None
    assert np.array_equal(cohort.outcome(24).weights, [1, 1])
