"""Every promise of durability and privacy is tried by a test; the count is printed."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
from pathlib import Path

import tests.cases as folder
from tests.cases.promises import PROMISES, TRIED

# Promises whose room is another: files and tests.
_HOSTILE = ("ct/test_hostile_files.py", "test_a_hostile_file_beside_a_good_series_does_no_harm")
ELSEWHERE = {
    "C-50": [("gui/test_side_doors.py", "test_no_file_outside_store_and_exports_names_the_patient")],
    "C-53": [("report/test_pdf_archive.py", "test_hostile_text_comes_out_as_text")],
    "C-55": [("gui/test_side_doors.py", "test_nothing_reaches_for_a_network")],
    "C-56": [
        ("gui/test_side_doors.py", "test_everything_is_for_its_owner_only_and_no_temporary_file_is_left"),
        ("worker/test_client.py", "test_a_block_of_a_killed_process_is_removed"),
    ],
    "CVE pickle": [("bundle/test_files.py", "test_a_pickle_under_another_name_is_refused")],
    "CVE zip slip": [("ct/test_hostile_files.py", "test_zip_members_are_never_written_and_bombs_are_refused")],
    "CVE zip bomb": [
        ("ct/test_volume_files.py", "test_a_gzip_bomb_is_not_inflated_beyond_what_its_header_declares"),
        ("bundle/test_archive.py", "test_a_bomb_stops_at_the_limit"),
    ],
    "CVE preamble": [("ct/test_hostile_files.py", "test_an_executable_preamble_is_noticed")],
    "CVE length": [_HOSTILE],
    "CVE dimensions": [_HOSTILE],
    "CVE isolation": [
        ("worker/test_client.py", "test_a_death_is_noticed_within_two_seconds_and_the_next_job_works"),
        ("worker/test_processes.py", "test_a_reader_killed_while_it_reads_is_replaced"),
    ],
    "CVE nesting": [("ct/test_hostile_files.py", "test_nesting_is_bounded_at_64")],
    "CVE dicomdir": [("ct/test_scan.py", "test_a_dicomdir_cannot_lead_outside")],
    "CVE markup": [("report/test_pdf_archive.py", "test_hostile_text_comes_out_as_text")],
}


def test_each_promise_is_tried() -> None:
    for module in pkgutil.iter_modules(folder.__path__):
        if module.name.startswith("test_"):
            importlib.import_module(f"tests.cases.{module.name}")
    root = Path(folder.__path__[0]).parent
    for id, tests in ELSEWHERE.items():
        for file, test in tests:
            tree = ast.parse((root / file).read_text(encoding="utf-8"))
            assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, (file, test)
            TRIED[id].append(f"{file}::{test}")
    rows = [f"{id:<20} {len(set(TRIED[id])):>3} tests  {sentence}" for id, sentence in PROMISES.items()]
    count = len({test for id in PROMISES for test in TRIED[id]})
    sys.stdout.write("\n".join(["", *rows, f"{len(PROMISES)} promises, {count} tests\n"]))
    assert [id for id in PROMISES if not TRIED[id]] == []
