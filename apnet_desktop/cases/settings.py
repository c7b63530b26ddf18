"""The settings of one user: a validated JSON file, written whole or not at all."""

from __future__ import annotations

import json
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, ValidationError

from apnet_desktop.cases.files import known_errors, private_folder, user_data_folder, write_file
from apnet_desktop.errors import CaseError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Language, Message

__all__ = ["DeviceChoice", "Settings", "SettingsFile", "SiteBaseRate", "Theme", "UnitSystem"]

_CURRENT_VERSION = 1


class Theme(StrEnum):
    """Colours of the window."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class UnitSystem(StrEnum):
    """In which units the form asks first: each factor's own (SI), or its first alternative (conventional)."""

    SI = "si"
    CONVENTIONAL = "conventional"


class DeviceChoice(StrEnum):
    """Where predictions run."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class SiteBaseRate(FrozenModel):
    """The site's own share of patients whose pancreatitis recurs within the horizon.

    Attributes:
        risk: Between 0 and 1, both excluded.
        source: Where it was counted ("audit of 2024, ward 3").
        counted: When.
        patients: Followed patients behind it. Fewer than 100 give too wide an interval to shift a risk by.
    """

    risk: Annotated[float, Field(gt=0, lt=1)]
    source: Annotated[str, Field(min_length=1, max_length=200)]
    counted: date
    patients: Annotated[int, Field(ge=100, le=10_000_000)]


_LONGEST_TABLE = 50_000


def _not_too_long(table: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(json.dumps(table)) > _LONGEST_TABLE:
        raise ValueError("the table is too long")
    return table


class Settings(FrozenModel):
    """What a user can choose.

    Attributes:
        version: Of this file's format.
        language: Of the window and, unless chosen otherwise, of the report.
        units: In which units the form asks first.
        field_units: Fields of the form that a person switched by themselves: UCUM unit by factor id.
        theme: Colours of the window.
        device: Where predictions run.
        reviewer: Name printed on reports and written to the audit trail.
        base_rate: The site's own base rate; None uses the bundle's.
        grace_days: Days for which a deleted case can be restored.
        bundle: Folder of the model bundle; empty for the one that ships.
        copy_series: True to copy a CT into the case store, False to leave it where it is.
        viewer_bindings: The viewer's table of keys, mouse buttons and window presets where a person has changed it;
            the viewer knows its form. Empty for the shipped table.
    """

    version: Literal[1] = 1
    language: Language = Language.ENGLISH
    units: UnitSystem = UnitSystem.SI
    field_units: Annotated[dict[str, str], Field(max_length=500)] = {}
    theme: Theme = Theme.SYSTEM
    device: DeviceChoice = DeviceChoice.AUTO
    reviewer: Annotated[str, Field(max_length=200)] = ""
    base_rate: SiteBaseRate | None = None
    grace_days: Annotated[int, Field(ge=1, le=3650)] = 30
    bundle: Annotated[str, Field(max_length=4096)] = ""
    copy_series: bool = False
    viewer_bindings: Annotated[dict[str, JsonValue], AfterValidator(_not_too_long)] = {}


class SettingsFile:
    """Where the settings lie on the disk.

    Args:
        path: The file; `settings.json` in the user's data folder if None.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_data_folder() / "settings.json"

    def load(self) -> Settings:
        """The settings; the defaults if there is no file yet.

        Raises:
            CaseError: The file cannot be read, is damaged, or has a value outside its limits; it is left as it is. The
                sentence names the field.
        """
        with known_errors(self.path):
            try:
                content = self.path.read_bytes()
            except FileNotFoundError:
                return Settings()
        try:
            found = json.loads(content)
            version = found.get("version") if isinstance(found, dict) else None
            if isinstance(version, int) and version > _CURRENT_VERSION:
                raise CaseError(Message.of("cases.newer_settings", path=str(self.path)))
            return Settings.model_validate_json(content)
        except ValidationError as error:
            field = ".".join(str(part) for part in error.errors()[0]["loc"]) or "?"
            raise CaseError(Message.of("cases.settings_field", path=str(self.path), field=field)) from error
        except ValueError as error:
            raise CaseError(Message.of("cases.settings_damaged", path=str(self.path))) from error

    def save(self, settings: Settings) -> None:
        """Writes the settings. A file that cannot be read, or is from a newer version, is kept beside as `.previous`.

        Raises:
            CaseError: The file cannot be written; the old one is still there.
        """
        private_folder(self.path.parent)
        try:
            self.load()
        except CaseError:
            with known_errors(self.path):
                write_file(self.path.with_name(self.path.name + ".previous"), self.path.read_bytes())
        write_file(self.path, settings.model_dump_json(indent=2).encode())
