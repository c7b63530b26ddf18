"""Every control of docs/hazards.md has a test that exists, and every kind of hazard that was asked for is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_ASKED = (
    "wrong patient", "mirrored", "stale", "other base rate", "out of distribution", "unreviewed", "wrong unit",
)  # fmt: skip


def _rows() -> list[list[str]]:
    text = (_ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| H-")
    ]


@cache
def _tests_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_hazard_has_cause_control_and_a_test_that_exists() -> None:
    rows = _rows()
    assert [row[0].split()[0] for row in rows] == [f"H-{number:02}" for number in range(1, len(rows) + 1)]
    for row in rows:
        assert len(row) == 5, row
        assert all(row), row
        assert row[0].split()[1] in "ABC"
        named = _TEST.findall(row[4])
        assert named, row[0]
        assert _TEST.sub("", row[4]).strip() == "", row[0]
        for file, test in named:
            path = _ROOT / file
            assert path.is_file(), f"{row[0]}: {file}"
            assert test in _tests_of(path), f"{row[0]}: {file}::{test}"


def test_the_hazards_that_were_asked_for_are_there() -> None:
    hazards = " ".join(row[1] for row in _rows())
    for asked in _ASKED:
        assert asked in hazards
