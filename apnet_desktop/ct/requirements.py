"""What a model asks of a CT, as plain values, so that the CT room does not know bundles."""

from __future__ import annotations

from apnet_desktop.frozen import FrozenModel

__all__ = ["CtRequirements"]


class CtRequirements(FrozenModel):
    """Limits for the checks of a series; a bundle's eligibility and input recipe fill them.

    Attributes:
        phase: Contrast phase that the model was trained on.
        requires_contrast: True if a CT without contrast is refused, False if it is warned of.
        maximum_slice_thickness: mm; thicker is refused for prediction.
        warn_slice_thickness: mm; thicker is warned of.
        minimum_hours: Hours between onset and CT below which necrosis is underestimated (Revised Atlanta 2012: a CT
            before 72 hours); earlier is warned of.
    """

    phase: str = "portal_venous"
    requires_contrast: bool = False
    maximum_slice_thickness: float = 5.0
    warn_slice_thickness: float = 3.0
    minimum_hours: float = 72.0
