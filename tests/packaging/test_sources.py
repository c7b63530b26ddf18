"""An application that was made from the present sources is not built again; one that was not, is."""

from __future__ import annotations

from pathlib import Path

import pytest
from packager.sources import is_current, mark, sources_digest
from packager.variant import Variant


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    for name in ("apnet_desktop/gui/window.py", "resources/icons/apnet.svg", "packaging/packager/build.py", "LICENSE"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
    return root


def test_any_change_of_what_goes_in_is_another_number(repository: Path) -> None:
    before = sources_digest(repository, Variant.CPU)
    assert sources_digest(repository, Variant.CPU) == before
    seen = {before, sources_digest(repository, Variant.CUDA)}
    (repository / "apnet_desktop/gui/window.py").write_text("changed", encoding="utf-8")
    seen.add(sources_digest(repository, Variant.CPU))
    (repository / "resources/icons/apnet.svg").rename(repository / "resources/icons/other.svg")
    seen.add(sources_digest(repository, Variant.CPU))
    (repository / "packaging/packager/new.py").touch()
    seen.add(sources_digest(repository, Variant.CPU))
    assert len(seen) == 5


def test_what_python_leaves_beside_the_code_does_not_count(repository: Path) -> None:
    before = sources_digest(repository, Variant.CPU)
    (repository / "apnet_desktop/gui/__pycache__").mkdir()
    (repository / "apnet_desktop/gui/__pycache__/window.pyc").write_bytes(b"0")
    (repository / "tests").mkdir()
    (repository / "tests/test_window.py").touch()
    assert sources_digest(repository, Variant.CPU) == before


def test_a_package_is_current_while_it_is_there_and_of_these_sources(tmp_path: Path) -> None:
    package = tmp_path / "apnet-desktop.tar.xz"
    package.write_bytes(b"0")
    assert not is_current(tmp_path, "1")
    mark(tmp_path, "1", [package])
    assert is_current(tmp_path, "1")
    assert not is_current(tmp_path, "2")
    package.unlink()
    assert not is_current(tmp_path, "1")
