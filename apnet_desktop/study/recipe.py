"""The input recipe and the backbones that the demonstration bundle and every simulated experiment use."""

from __future__ import annotations

from apnet_desktop.bundle.manifest import Backbone, CtRecipe, FieldOfView
from apnet_desktop.simulation import settings as generator_settings
from apnet_desktop.simulation.cohort import FACTOR_COLUMNS
from apnet_desktop.simulation.settings import GeneratorSettings

__all__ = ["BACKBONES", "EMBEDDING", "GENERATORS", "PREDICTORS", "RECIPE"]

# Fixed widths, not fitted boxes: a duct of 3 mm then has the same width in pixels in every patient.
RECIPE = CtRecipe(
    phase="portal_venous",
    slices=8,
    slab=3.0,
    pixels=224,
    views=(
        FieldOfView(name="pancreas", width=180.0),
        FieldOfView(name="surroundings", width=340.0, extent=50.0),
    ),
    # Soft tissue; the narrow window in which living and dead parenchyma differ; fat and its stranding.
    windows=((40.0, 400.0), (80.0, 160.0), (-60.0, 200.0)),
    peripancreatic_margin=15.0,
)

BACKBONES = (
    Backbone(timm_name="resnet50", depths=(2, 3, 4)),
    Backbone(timm_name="vit_tiny_patch16_224", depths=(3, 7, 11)),
)

EMBEDDING = 24

GENERATORS: dict[str, GeneratorSettings] = {
    "default": generator_settings.DEFAULT,
    "external": generator_settings.EXTERNAL,
    "other_constants": generator_settings.OTHER_CONSTANTS,
}

# What the clinical route is given (docs/simulation.md): the local complication is read off the CT and belongs to the
# image; the hours to the CT say nothing beyond the length of stay.
PREDICTORS = tuple(id for id in FACTOR_COLUMNS if id not in ("local_complication", "hours_since_onset"))
