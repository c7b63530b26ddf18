"""One bundle for all tests of the room: it takes seconds to learn."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from apnet_desktop.bundle.files import Bundle, open_bundle
from tests.model import factory


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A complete small bundle; do not change its folder."""
    return factory.build_bundle(tmp_path_factory.mktemp("bundles") / "apnet-test")


@pytest.fixture
def bundle_copy(bundle: Bundle, tmp_path: Path) -> Callable[[], Bundle]:
    """Makes a copy of the bundle that a test may spoil."""

    def copy() -> Bundle:
        shutil.copytree(bundle.folder, tmp_path / "copy")
        return open_bundle(tmp_path / "copy")

    return copy
