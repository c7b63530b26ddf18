"""Finds the real images beside the project, for tests that use them; they skip with a reason where they are absent."""

from __future__ import annotations

from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_data(name: str) -> Path:
    """The file or folder `name` of the real images; skips the calling test where it is absent."""
    path = _FOLDER / name
    if not path.exists():
        pytest.skip(f"real images are not at hand: shared/data/{name}")
    return path
