"""Modules that run side by side: all of them end, and one that fails is not overlooked."""

from pathlib import Path

import pytest

from apnet_desktop.study.side_by_side import run_modules


def test_every_module_runs_and_one_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text("[1]")
    words = [["json.tool", str(tmp_path / "in.json"), str(tmp_path / f"{n}.json")] for n in range(2)]
    run_modules(words)
    assert all((tmp_path / f"{n}.json").read_text() for n in range(2))
    broken = ["json.tool", str(tmp_path / "missing.json"), str(tmp_path / "x.json")]
    with pytest.raises(RuntimeError, match="failed"):
        run_modules([broken, words[1]])
