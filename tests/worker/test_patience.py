"""A busy machine gets more time, an idle one not a second more."""

from __future__ import annotations

import os

import pytest

from apnet_desktop.worker.patience import patience


@pytest.mark.parametrize(
    ("load", "cores", "factor"),
    [(0.0, 2, 1.0), (2.0, 2, 1.0), (6.0, 2, 3.0), (6.0, 16, 1.0), (200.0, 2, 6.0)],
)
def test_time_is_stretched_by_what_is_waiting(
    monkeypatch: pytest.MonkeyPatch, load: float, cores: int, factor: float
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert patience() == factor


def test_where_the_load_is_unknown_the_limit_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "getloadavg")
    assert patience() == 1.0
