"""The research fellow's week and a case that travels, by the commands `apnet case ...`."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.cases.assessment import Assessment, SeriesReference
from apnet_desktop.cases.follow_up import FollowUp, FollowUpEnd
from apnet_desktop.cases.open_case import OpenCase
from apnet_desktop.cases.open_reading import OpenReading
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.cli import application
from apnet_desktop.clinical.record_files import read_record
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.commands.headless import Headless
from apnet_desktop.ct.file_names import text_path
from apnet_desktop.ct.grid_files import read_grid
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.simulation.demo_case import DemoCase
from apnet_desktop.study.cohort import read_cohort
from apnet_desktop.study.statistics.censoring import End
from apnet_desktop.study.training import usable_patients
from tests.cases.dicom_files import write_ct

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for the commands."""
    for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path / "home"


def _apnet(*words: str, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(application, [*words, "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _volume(folder: Path) -> CtVolume:
    return read_series(scan(folder).series[0], lambda shape: np.empty(shape, dtype=np.int16))


def _draw(store: CaseStore, case_id: str, reader: str, roi: Roi) -> None:
    """What a reader does in the window: opens the case, draws, confirms."""
    reading = OpenReading(store, case_id, reader)
    place = text_path(reading.assessment.ct_path)
    if reading.assessment.series is None:
        reading.set_series(SeriesReference.of(_volume(place), place))
    reading.set_roi(roi)
    reading.confirm_roi(reader)
    reading.close()


def test_the_research_fellows_week(home: Path, tmp_path: Path, demo_case: DemoCase, shipped_bundle: Path) -> None:
    """Monday a list, then readings and follow-up, Friday a cohort that training takes."""
    small = write_ct(tmp_path / "small")
    table = tmp_path / "list.csv"
    table.write_text(
        "patient,name,ct,age (a),sex,discharge,end,end_date,definition\n"
        f"P-1,Simulated Anna,{demo_case.ct_folder},51,F,2023-01-10,recurrence,2023-07-10,second attack\n"
        f"P-2,Simulated Bo,{small},44,M,,,,\n"
        f"P-3,Simulated Cy,{tmp_path / 'gone'},44,M,2023-02-01,death,2023-03-01,\n"
    )
    imported = _apnet("case", "import", str(table), code=1)
    assert [row["column"] for row in imported["refused"]] == ["ct"]
    first, second = imported["case_ids"]
    grid = read_grid(demo_case.roi_file)
    drawn = {first: Roi(grid.values > 0, grid.geometry), second: _box(small)}
    with CaseStore(person="Reader A") as store:
        assert set(store.readings.choose_second_readings(1.0)) == {first, second}
        for reader in ("Reader A", "Reader B"):
            while (waiting := store.readings.next_for(reader)) is not None:
                _draw(store, waiting, reader, drawn[waiting])
        assert {one.dice for one in store.readings.agreement()} == {1.0}
        follow_up = FollowUp(discharge=date(2023, 2, 1), end=FollowUpEnd.CENSORED, end_date=date(2025, 8, 1))
        store.follow_ups.save(second, follow_up)
    exported = _apnet("case", "export", "--cohort", "--out", str(tmp_path / "cohort"))
    assert exported["patients"] == 2
    assert exported["missing"] == []
    assert _apnet("case", "verify")["passed"] is True
    cohort = read_cohort(tmp_path / "cohort", default_schema())
    assert [(one.id, one.end) for one in cohort.patients] == [("P-1", End.RECURRENCE), ("P-2", End.CENSORED)]
    assert [one.record.number("age") for one in cohort.patients] == [51.0, 44.0]
    # What `apnet train` does first with each patient's images: read, check against the recipe, make inputs.
    manifest = open_bundle(shipped_bundle).manifest
    usable, left_out = usable_patients(cohort, manifest, tmp_path / "work", lambda _stage, _done: None)
    assert [one.patient.id for one in usable] == ["P-1"]
    # The small phantom is too small a pancreas: left out by its row, and said so.
    assert [words.partition(":")[0] for reasons in left_out.values() for words in reasons] == ["Row 3"]
    agreement = (tmp_path / "cohort" / "agreement.csv").read_text(encoding="utf-8-sig")
    assert agreement.count("1.0000") == 2
    for words in (agreement, (tmp_path / "cohort" / "cohort.csv").read_text(encoding="utf-8-sig")):
        assert "Simulated Anna" not in words


def _box(folder: Path) -> Roi:
    geometry = _volume(folder).geometry
    mask = np.zeros(geometry.shape, dtype=np.bool_)
    mask[3:8, 8:20, 6:25] = True
    return Roi(mask, geometry)


def test_a_case_goes_out_and_comes_in_by_command(home: Path, tmp_path: Path) -> None:
    source = write_ct(tmp_path / "ct")
    with CaseStore() as store:
        case = OpenCase.new(store)
        case.set_series(SeriesReference.of(_volume(source), source))
        case.set_roi(_box(source).confirmed("Dr Reader", NOW))
        case_id = case.case_id
        case.close()
    exported = _apnet("case", "export", case_id, "--out", str(tmp_path / "case.zip"))
    assert str(exported["pseudonym"]).startswith("APNET-")
    taken_in = _apnet("case", "import", str(tmp_path / "case.zip"))
    (again,) = taken_in["case_ids"]
    shown = _apnet("case", "show", again)
    assert b"zyxwv" not in json.dumps(shown).lower().encode()
    assert {entry["action"] for entry in shown["audit"]} >= {"create", "import"}


def test_a_case_that_comes_back_has_the_same_risk(
    home: Path, tmp_path: Path, demo_case: DemoCase, shipped_bundle: Path
) -> None:
    """By the real worker, from the files of the store and from those of the de-identified ZIP."""
    manifest = open_bundle(shipped_bundle).manifest
    grid = read_grid(demo_case.roi_file)
    roi = Roi(grid.values > 0, grid.geometry).confirmed("Dr Reader", NOW)
    request = PredictionRequest(prediction_id="p", time=NOW, application_version="test")

    def risk(headless: Headless, kept: Assessment, place: Path) -> Prediction:
        assert kept.roi is not None
        confirmed = kept.roi.confirmed("Dr Reader", NOW)
        ct, shared = headless.open_ct(place, manifest=manifest), headless.share_roi(confirmed)
        # Without the checks that follow a risk: the number is what has to be the same.
        return headless.inference.predict(shipped_bundle, "cpu", ct.shared, shared, kept.record, request).run()

    with Headless() as headless:
        with CaseStore() as store:
            case = OpenCase.new(store)
            case.set_series(SeriesReference.of(_volume(demo_case.ct_folder), demo_case.ct_folder))
            case.set_roi(roi)
            case.set_record(read_record(demo_case.clinical_file, manifest.factors))
            before = risk(headless, case.assessment, demo_case.ct_folder)
            case.set_prediction(before)
            case.close()
        _apnet("case", "export", case.case_id, "--out", str(tmp_path / "case.zip"))
        (again,) = _apnet("case", "import", str(tmp_path / "case.zip"))["case_ids"]
        with CaseStore(read_only=True) as store:
            returned = store.load(again)
        after = risk(headless, returned, text_path(returned.ct_path))
    assert before.fused is not None
    assert returned.prediction is not None
    assert after.routes == before.routes == returned.prediction.routes
    assert after.provenance.inputs.volume == before.provenance.inputs.volume
    assert after.provenance.inputs.roi == before.provenance.inputs.roi


@pytest.mark.parametrize("words", [["some-case", "--cohort"], []])
def test_export_wants_one_case_or_the_cohort(home: Path, tmp_path: Path, words: list[str]) -> None:
    done = CliRunner().invoke(application, ["case", "export", *words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 2


def test_an_export_of_no_case_is_a_sentence(home: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(application, ["case", "export", "nobody", "--out", str(tmp_path / "out.zip")])
    assert done.exit_code == 1
    assert "nobody" in done.stderr
    assert not (tmp_path / "out.zip").exists()
