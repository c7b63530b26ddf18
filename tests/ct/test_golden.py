"""Every real series still has the grid, the voxels and the judgement that it had: C-25 of the reliability list."""

from __future__ import annotations

import json

import pytest

from tests.ct.golden import FILE, FOLDERS, expectations
from tests.shared_data import shared_data


@pytest.mark.parametrize("name", FOLDERS)
def test_a_real_series_is_what_it_was(name: str) -> None:
    assert expectations(shared_data(name)) == json.loads(FILE.read_text())[name]
