"""Every promise of durability and privacy is tried by a test; the count is printed."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
from pathlib import Path

import tests.cases as folder
from tests.cases.promises import PROMISES, TRIED

# Promises whose room is another: file and test.
ELSEWHERE = {
    "C-53": ("report/test_pdf.py", "test_hostile_text_comes_out_as_text"),
    "CVE pickle": ("bundle/test_files.py", "test_a_pickle_under_another_name_is_refused"),
}


def test_each_promise_is_tried() -> None:
    for module in pkgutil.iter_modules(folder.__path__):
        if module.name.startswith("test_"):
            importlib.import_module(f"tests.cases.{module.name}")
    root = Path(folder.__path__[0]).parent
    for id, (file, test) in ELSEWHERE.items():
        tree = ast.parse((root / file).read_text(encoding="utf-8"))
        assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, (file, test)
        TRIED[id].append(f"{file}::{test}")
    rows = [f"{id:<20} {len(set(TRIED[id])):>3} tests  {sentence}" for id, sentence in PROMISES.items()]
    tests = len({test for id in PROMISES for test in TRIED[id]})
    sys.stdout.write("\n".join(["", *rows, f"{len(PROMISES)} promises, {tests} tests\n"]))
    assert [id for id in PROMISES if not TRIED[id]] == []
