"""Only packages that were looked up count as audited; pip-audit itself calls skipped ones clean."""

from __future__ import annotations

import json

import pytest
from packager.audit import CLEAN, HOLES, NOT_AUDITED, read_audit

_GOOD = {"name": "numpy", "version": "2.4.6", "vulns": []}
_HOLE = {"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-2014-8"}]}
_SKIPPED = {"name": "torch", "skip_reason": "Dependency not found on PyPI and could not be audited"}


@pytest.mark.parametrize(
    ("listed", "code", "words"),
    [
        ([_GOOD], CLEAN, "1 packages audited"),
        ([_GOOD, _HOLE], HOLES, "jinja2 2.4.1: PYSEC-2014-8"),
        ([_GOOD, _SKIPPED], NOT_AUDITED, "not audited"),
        ([_HOLE, _SKIPPED], HOLES, "PYSEC-2014-8"),
        ([], NOT_AUDITED, "out of reach"),
    ],
)
def test_what_pip_audit_says(listed: list[dict[str, object]], code: int, words: str) -> None:
    audit = read_audit(json.dumps({"dependencies": listed, "fixes": []}))
    assert audit.code == code
    assert words in audit.sentence()


def test_a_tool_that_says_nothing_has_not_audited() -> None:
    assert read_audit("").code == NOT_AUDITED
    assert "not audited" in read_audit("Traceback").sentence()
