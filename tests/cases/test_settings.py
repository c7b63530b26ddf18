"""Settings are validated, whole, and never lost to a newer or damaged file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from apnet_desktop.cases.settings import Settings, SettingsFile, SiteBaseRate, Theme
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Language

CHOSEN = Settings(
    language=Language.CHINESE,
    theme=Theme.DARK,
    reviewer="王医生",
    base_rate=SiteBaseRate(risk=0.21, source="audit", counted=date(2026, 1, 1), patients=240),
    grace_days=60,
    copy_series=True,
)


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    assert SettingsFile(tmp_path / "none" / "settings.json").load() == Settings()


def test_what_was_chosen_comes_back(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "new" / "settings.json")
    file.save(CHOSEN)
    assert file.load() == CHOSEN
    assert json.loads(file.path.read_text())["reviewer"] == "王医生"


@pytest.mark.parametrize(
    ("content", "id", "named"),
    [
        ('{"theme": "pink"}', "cases.settings_field", "theme"),
        ('{"grace_days": 0}', "cases.settings_field", "grace_days"),
        ('{"base_rate": {"risk": 1.5, "source": "x", "counted": "2026-01-01", "patients": 200}}',
         "cases.settings_field", "base_rate.risk"),
        ('{"base_rate": {"risk": 0.5, "source": "x", "counted": "2026-01-01", "patients": 99}}',
         "cases.settings_field", "base_rate.patients"),
        ('{"unknown_field": 1}', "cases.settings_field", "unknown_field"),
        ("[]", "cases.settings_field", "?"),
        ("{", "cases.settings_damaged", "settings.json"),
        ("", "cases.settings_damaged", "settings.json"),
        ("\x00\x01", "cases.settings_damaged", "settings.json"),
        ('{"version": 2, "colour_of_the_future": 1}', "cases.newer_settings", "settings.json"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_named_and_kept(tmp_path: Path, content: str, id: str, named: str) -> None:
    file = SettingsFile(tmp_path / "settings.json")
    file.path.write_text(content)
    with pytest.raises(CaseError) as caught:
        file.load()
    assert caught.value.message.id == id
    assert named in str(caught.value)
    assert file.path.read_text() == content
    file.save(CHOSEN)
    assert file.load() == CHOSEN
    assert (tmp_path / "settings.json.previous").read_text() == content


@pytest.mark.parametrize("patients", [0, 99])
def test_a_base_rate_of_too_few_patients_is_no_setting(patients: int) -> None:
    with pytest.raises(ValidationError):
        SiteBaseRate(risk=0.2, source="audit", counted=date(2026, 1, 1), patients=patients)
