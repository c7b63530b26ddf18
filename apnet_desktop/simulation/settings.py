"""The constants of the generator that a study may vary: shares, contrasts, noise, scanners, base rate."""

from __future__ import annotations

from apnet_desktop.frozen import FrozenModel

__all__ = ["DEFAULT", "EXTERNAL", "OTHER_CONSTANTS", "GeneratorSettings"]


class GeneratorSettings(FrozenModel):
    """Constants of the generator. The defaults are the published ones of this project: see docs/simulation.md.

    Attributes:
        name: What this set is called in tables.
        scanners: Ids of scanners in use (see scanners.py), all equally likely.
        portal_venous_share: Share of portal venous series; the rest is pancreatic phase.
        necrosis_contrast: HU between viable and dead parenchyma, uniform (lower, upper).
        duct_contrast: HU between viable parenchyma and duct.
        stranding_contrast: HU between stranded and normal fat.
        fluid: HU of collections and effusion.
        noise: HU, standard deviation of the noise at the middle of the trunk.
        roughness: mm by which organ surfaces waver.
        lesion_grain: mm, size of the irregularities of necrosis and stranding.
        intercept_shift: Added to the logit of the risk of every patient: moves the base rate.
        missing_shift: Added to the logit of the chance that a value is missing.
    """

    name: str = "default"
    scanners: tuple[str, ...] = ("alpha-16", "alpha-64", "beta-128", "gamma-64")
    portal_venous_share: float = 0.85
    necrosis_contrast: tuple[float, float] = (30.0, 75.0)
    duct_contrast: tuple[float, float] = (45.0, 80.0)
    stranding_contrast: tuple[float, float] = (40.0, 80.0)
    fluid: tuple[float, float] = (6.0, 26.0)
    noise: tuple[float, float] = (10.0, 25.0)
    roughness: float = 2.5
    lesion_grain: float = 14.0
    intercept_shift: float = 0.0
    missing_shift: float = 0.0


DEFAULT = GeneratorSettings()

# Another centre: a scanner that no development patient was on, and a base rate of 15 %.
EXTERNAL = GeneratorSettings(name="external", scanners=("delta-256",), intercept_shift=-1.47)

# For the ablation "pre-trained on a generator with other constants".
OTHER_CONSTANTS = GeneratorSettings(
    name="other_constants",
    scanners=("epsilon-32",),
    portal_venous_share=0.5,
    necrosis_contrast=(55.0, 95.0),
    duct_contrast=(70.0, 95.0),
    stranding_contrast=(70.0, 110.0),
    fluid=(-5.0, 12.0),
    noise=(4.0, 9.0),
    roughness=0.5,
    lesion_grain=28.0,
)
