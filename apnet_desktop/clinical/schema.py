"""The default factor schema: every factor that the evidence names, with units, limits, codes and sources.

Source text: `resources/clinical/default-schema.json`. A bundle carries the subset that it was trained on.
"""

from __future__ import annotations

from functools import cache

from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.locations import resources_folder

__all__ = ["default_schema"]


@cache
def default_schema() -> FactorSchema:
    """The schema that ships; read once."""
    path = resources_folder() / "clinical" / "default-schema.json"
    return FactorSchema.model_validate_json(path.read_bytes())
