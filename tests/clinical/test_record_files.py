"""Records in files: what is written is read again; each bad file is refused in one sentence that names it."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from apnet_desktop.clinical.factor import Interval
from apnet_desktop.clinical.record import ClinicalRecord, Measurement
from apnet_desktop.clinical.record_files import import_record, read_record, write_record
from apnet_desktop.clinical.record_table import record_from_paste
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.errors import ClinicalError
from apnet_desktop.language import Language

DEFAULT = default_schema()
SCHEMA = DEFAULT.subset(("age", "sex", "creatinine", "smoking", "diabetes", "contributing_causes", "admission_date"))
RECORD = ClinicalRecord(
    values={
        "age": 61.0,
        "sex": "F",
        "creatinine": 106.08,
        "smoking": None,
        "diabetes": True,
        "contributing_causes": ("drug", "other"),
        "admission_date": date(2026, 3, 1),
    },
    identity=PatientIdentity(name="张三", patient_id="0017", birth_date=date(1965, 1, 2), sex="F"),
)
TODAY = date(2026, 6, 30)


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("name", ["record.json", "record.csv"])
def test_what_is_written_is_read_again(tmp_path: Path, name: str) -> None:
    write_record(RECORD, tmp_path / name, SCHEMA)
    assert read_record(tmp_path / name, SCHEMA, today=TODAY) == RECORD
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_json_keeps_what_was_typed_confirmed_measured_and_the_laboratory_s_interval(tmp_path: Path) -> None:
    record = RECORD.with_value("creatinine", 106.08, "1.2 mg/dL", confirmed=True).model_copy(
        update={
            "trends": {"creatinine": (Measurement(value=106.08, day=date(2026, 3, 1)),)},
            "references": {"creatinine": Interval(lower=45.0, upper=84.5)},
        }
    )
    write_record(record, tmp_path / "record.json")
    assert read_record(tmp_path / "record.json", SCHEMA, today=TODAY) == record


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless_and_comes_back(tmp_path: Path) -> None:
    record = RECORD.model_copy(update={"identity": PatientIdentity(name='=HYPERLINK("x")', patient_id="-1", sex="F")})
    write_record(record, tmp_path / "record.csv", SCHEMA)
    with (tmp_path / "record.csv").open(encoding="utf-8-sig", newline="") as stream:
        cells = list(csv.reader(stream))[1]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert read_record(tmp_path / "record.csv", SCHEMA, today=TODAY) == record


@pytest.mark.parametrize(
    ("content", "factor", "value"),
    [
        ({"creatinine": 106.08}, "creatinine", 106.08),
        ({"creatinine": "1.2 mg/dL"}, "creatinine", 106.08),
        ({"creatinine": {"value": 1.2, "unit": "mg/dL"}}, "creatinine", 106.08),
        ({"values": {"creatinine": None}}, "creatinine", None),
        ({"values": {"creatinine": "unknown"}}, "creatinine", None),
        ({"values": {"smoking": "目前吸烟"}}, "smoking", "current"),
        ({"values": {"diabetes": "yes"}}, "diabetes", True),
        ({"values": {"contributing_causes": ["drug"]}}, "contributing_causes", ("drug",)),
        ({"values": {"admission_date": "2026-03-01"}}, "admission_date", date(2026, 3, 1)),
        ({"values": {"temperature": 38.5}}, "temperature", 38.5),
    ],
)
def test_json_in_the_ways_that_people_write_it(tmp_path: Path, content: object, factor: str, value: object) -> None:
    path = written(tmp_path, "record.json", json.dumps(content))
    record = read_record(path, SCHEMA, today=TODAY)
    assert record.answered(factor)
    assert record.value(factor) == value


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "record.json"),
        ("{", "line 1"),
        ('{"values": {"age": NaN}}', "record.json"),
        ('{"values": {"age": Infinity}}', "record.json"),
        ("[1]", "record.json"),
        ("{}", "record.json"),
        ('{"values": {"age": -3}}', "Age"),
        ('{"values": {"age": true}}', "Age"),
        ('{"values": {"age": [61]}}', "Age"),
        ('{"values": {"age": "6o"}}', "Age"),
        ('{"values": {"age": "1e400"}}', "Age"),
        ('{"values": {"body_mass_index": 200}}', "Body mass index"),
        ('{"values": {"diabetes": 1.5}}', "Diabetes"),
        ('{"values": {"creatinine": "1.2 furlong"}}', "furlong"),
        ('{"values": {"creatinine": 1.2}}', "mg/dL"),
        ('{"values": {"admission_date": "2099-01-01"}}', "2099-01-01"),
        ('{"values": {"creatinin": 90}}', "did you mean “creatinine”"),
        ('{"values": {"shoe_size": 90}}', "shoe_size"),
        ('{"schema_version": 0, "values": {"age": 61}}', "version 0"),
        ('{"schema_version": 9, "values": {"age": 61}}', "version 9"),
        ('{"schema_version": "x", "values": {"age": 61}}', "x"),
        ('{"values": {"age": 61}, "identity": {"birth_date": "1970-13-01"}}', "birth_date"),
        ('{"values": {"age": 61}, "references": {"age": {"lower": "a"}}}', "references"),
        ("[" * 100_000, "record.json"),
        ('{"values": {"age": ' + "1" * 5000 + "}}", "record.json"),
    ],
)
def test_each_bad_json_is_one_sentence(tmp_path: Path, text: str, names: str) -> None:
    path = written(tmp_path, "record.json", text)
    with pytest.raises(ClinicalError) as caught:
        read_record(path, SCHEMA, today=TODAY)
    assert names in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.message.text(Language.CHINESE)


ENGLISH = "Age,Sex,Creatinine (mg/dL),Smoking,Diabetes,Contributing causes,Admission"
CHINESE = "年龄,性别,肌酐（μmol/L）,吸烟,糖尿病,其他参与病因,入院日期"
COLUMN = """factor,value,unit
age,61,
sex,F,
creatinine,1.2,mg/dL
smoking,unknown,
diabetes,yes,
contributing_causes,drug+other,
admission_date,2026-03-01,
"""
HEADER = "age,sex,creatinine,smoking,diabetes,contributing_causes,admission_date"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (f"{HEADER}\n61,F,106.08,unknown,yes,drug+other,2026-03-01\n", "utf-8"),
        (f"\ufeff{HEADER}\r\n61,F,106.08,unknown,yes,drug+other,2026-03-01\r\n", "utf-8"),
        (HEADER.replace(",", ";") + "\n61;F;106.08;unknown;yes;drug+other;2026-03-01\n", "utf-8"),
        (HEADER.replace(",", "\t") + "\n61\tF\t106.08\tunknown\tyes\tdrug+other\t2026-03-01\n", "utf-8"),
        (f'{ENGLISH}\n61,Female,1.2,unknown,Yes,"Drug, Other",2026/3/1\n', "utf-8"),
        (f"{CHINESE}\n61,女,106.08,未知,是,药物性、其他,2026年3月1日\n", "utf-8"),
        (f"{CHINESE}\n61,女,106.08,未知,是,药物性、其他,2026年3月1日\n", "gb18030"),
        (COLUMN, "utf-8"),
    ],
)
def test_csv_as_programs_and_people_write_it(tmp_path: Path, text: str, encoding: str) -> None:
    path = written(tmp_path, "record.csv", text, encoding)
    assert read_record(path, SCHEMA, today=TODAY).values == RECORD.values


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b\n1,2\n", "first row"),
        (f"{HEADER}\n", "no row"),
        ("age,sex\n61,F\n", "creatinine, smoking"),
        (f"{HEADER},age\n61,F,90,never,no,,2026-03-01,62\n", "age appears twice"),
        (f"{HEADER}\n61,F,90,never,no,,2026-03-01,9\n", "8 cells"),
        (f"{HEADER}\n61,F,90,never,no,,2026-03-01\n62,F,90,never,no,,2026-03-01\n", "2 rows"),
        (f'{HEADER}\n61,F,"90,never', "quotation"),
        (f"{HEADER}\n61,F,90,never,no,,2099-03-01\n", "2099"),
        (HEADER.replace("creatinine", "creatinine (furlong)") + "\n61,F,90,never,no,,2026-03-01\n", "furlong"),
    ],
)
def test_each_bad_csv_is_one_sentence(tmp_path: Path, text: str, names: str) -> None:
    path = written(tmp_path, "record.csv", text)
    with pytest.raises(ClinicalError) as caught:
        read_record(path, SCHEMA, today=TODAY)
    assert names in str(caught.value)
    assert caught.value.message.text(Language.CHINESE)


def test_one_row_of_several_by_patient_id(tmp_path: Path) -> None:
    text = f"patient_id,{HEADER}\n007,50,M,90,never,no,,2026-03-01\n008,61,F,90,never,no,,2026-03-01\n"
    path = written(tmp_path, "record.csv", text)
    record = read_record(path, SCHEMA, patient_id="008", today=TODAY)
    assert record.value("age") == 61
    assert record.identity is not None
    assert record.identity.patient_id == "008"
    with pytest.raises(ClinicalError, match="009"):
        read_record(path, SCHEMA, patient_id="009", today=TODAY)


def test_an_empty_cell_is_not_answered_and_never_a_default(tmp_path: Path) -> None:
    path = written(tmp_path, "record.csv", f"{HEADER}\n61,,,,,,\n")
    record = read_record(path, SCHEMA, today=TODAY)
    assert set(record.values) == {"age"}


def test_a_form_takes_what_can_be_read_and_tells_the_rest(tmp_path: Path) -> None:
    path = written(tmp_path, "record.csv", "age,creatinin,creatinine,colour\n-3,90,1.2,red\n")
    imported = import_record(path, SCHEMA, today=TODAY)
    assert imported.record.values == {}
    assert imported.refused == {"age": "-3", "creatinine": "1.2"}
    told = " ".join(notice.text() for notice in imported.notices)
    for word in ("Age", "mg/dL", "creatinin", "colour", "lacks the columns"):
        assert word in told


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"\xff\xfe\x00", b"PK\x03\x04" + bytes(100)])
def test_a_file_that_is_no_text_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(ClinicalError, match=r"odd\.csv"):
        read_record(path, SCHEMA)


def test_a_missing_a_huge_and_an_unwritable_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(ClinicalError, match=r"nowhere\.json"):
        read_record(tmp_path / "nowhere.json", SCHEMA)
    huge = tmp_path / "huge.json"
    with huge.open("wb") as stream:
        stream.truncate(21 * 1024 * 1024)
    with pytest.raises(ClinicalError, match="20 MiB"):
        read_record(huge, SCHEMA)
    with pytest.raises(ClinicalError, match=r"record\.json"):
        write_record(RECORD, tmp_path / "absent" / "record.json")
    with pytest.raises(ClinicalError, match=r"record\.xlsx"):
        write_record(RECORD, tmp_path / "record.xlsx")


@pytest.mark.parametrize(
    "pasted",
    [
        HEADER.replace(",", "\t") + "\n61\tF\t106.08\tunknown\tyes\tdrug+other\t2026-03-01\n",
        "61\tF\t1.2 mg/dL\tunknown\tyes\tdrug+other\t2026-03-01",
        "61\nF\n106.08\nunknown\nyes\ndrug+other\n2026-03-01\n",
    ],
)
def test_a_row_pasted_from_a_spreadsheet(pasted: str) -> None:
    assert record_from_paste(pasted, SCHEMA, TODAY).record.values == RECORD.values


@pytest.mark.parametrize("pasted", ["", "61\tF", "\t\t"])
def test_a_paste_that_fits_nothing_is_refused(pasted: str) -> None:
    with pytest.raises(ClinicalError):
        record_from_paste(pasted, SCHEMA, TODAY)


def test_an_apostrophe_of_a_name_is_kept(tmp_path: Path) -> None:
    record = RECORD.model_copy(update={"identity": PatientIdentity(name="'t Hooft", patient_id="7", sex="F")})
    write_record(record, tmp_path / "record.csv", SCHEMA)
    assert read_record(tmp_path / "record.csv", SCHEMA, today=TODAY) == record


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "\0="])
def test_no_cell_of_a_csv_starts_a_formula(tmp_path: Path, start: str) -> None:
    identity = PatientIdentity(name=f"{start}cmd", patient_id=f"{start}1")
    write_record(ClinicalRecord(values={"base_deficit": -1.5}, identity=identity), tmp_path / "record.csv", SCHEMA)
    with (tmp_path / "record.csv").open(encoding="utf-8-sig", newline="") as stream:
        header, cells = csv.reader(stream)
    assert dict(zip(header, cells, strict=True))["base_deficit (mmol/L)"] == "-1.5", "a number stays a number"
    assert not any(cell.startswith(("=", "+", "@", "＝", "\0")) or cell[:2] == "-c" for cell in cells)


def test_a_table_for_the_scores_may_have_any_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "record.csv", "age,temperature\n61,38.9\n")
    assert read_record(path, DEFAULT, today=TODAY).values == {"age": 61.0, "temperature": 38.9}


def test_a_table_of_millions_of_columns_is_refused_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "record.csv", "," * 3_000_000)
    with pytest.raises(ClinicalError, match="2 million"):
        read_record(path, SCHEMA)
