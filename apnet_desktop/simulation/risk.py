"""The true risk of recurrence: the one formula that the simulated outcome rests on.

logit(risk) = intercept + sum of clinical effects + sum of image effects. Directions and rough sizes of the clinical
effects follow published cohorts (docs/simulation.md lists them); those of duct, stranding and gland size are
assumptions of the simulator, for nothing is published. All clinical effects share one factor, all image effects
another: those two numbers and the intercept were set once, so that the optimum is near 0.74 (clinical), 0.85 (image)
and 0.90 (both) at a base rate of 29 %.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.findings import Findings
from apnet_desktop.simulation.population import AETIOLOGIES, Population, logistic
from apnet_desktop.simulation.settings import GeneratorSettings

__all__ = [
    "CLINICAL_CAUSES",
    "HORIZON_MONTHS",
    "IMAGE_EFFECTS",
    "clinical_score",
    "image_score",
    "image_scores",
    "risk",
]

Floats = NDArray[np.float64]

HORIZON_MONTHS: Final = 24
"""The risk is that of a first recurrence within this time from discharge, death competing."""

INTERCEPT: Final = -3.27
CLINICAL_FACTOR: Final = 0.88
IMAGE_FACTOR: Final = 1.13

AETIOLOGY_EFFECTS: Final = dict(zip(AETIOLOGIES, (0.0, 0.95, 1.05, 0.25, 0.2), strict=True))
SMOKING_EFFECTS: Final = (0.0, 0.2, 0.6)
ORGAN_FAILURE_EFFECTS: Final = (0.0, 0.15, 0.4)
MALE_EFFECT: Final = 0.35
YOUNG_EFFECT: Final = 0.4  # below 60 years
DIABETES_EFFECT: Final = 0.4
CHOLECYSTECTOMY_EFFECT: Final = -0.9
TRIGLYCERIDES_EFFECT: Final = 0.3  # for each unit of ln(mmol/L)
HDL_EFFECT: Final = -1.2  # for each mmol/L

CLINICAL_CAUSES: Final = (
    "age", "sex", "aetiology", "smoking", "diabetes", "triglycerides", "hdl_cholesterol", "organ_failure",
    "cholecystectomy",
)  # fmt: skip

# (effect of one unit, centre) of each image cause.
IMAGE_EFFECTS: Final[dict[str, tuple[float, float]]] = {
    "necrosis_share": (4.5, 0.2),
    "collection_diameter": (0.036, 40.0),
    "duct_ratio": (14.0, 0.12),
    "stranding_share": (2.4, 0.42),
    "gland_volume": (-0.016, 84.0),
}


def clinical_score(factors: dict[str, Floats]) -> Floats:
    """Clinical part of the logit from true values; codes as in population.py."""
    total = (
        np.array(list(AETIOLOGY_EFFECTS.values()))[factors["aetiology"].astype(int)]
        + np.array(SMOKING_EFFECTS)[factors["smoking"].astype(int)]
        + np.array(ORGAN_FAILURE_EFFECTS)[factors["organ_failure"].astype(int)]
        + MALE_EFFECT * factors["sex"]
        + YOUNG_EFFECT * (factors["age"] < 60)
        + DIABETES_EFFECT * factors["diabetes"]
        + CHOLECYSTECTOMY_EFFECT * factors["cholecystectomy"]
        + TRIGLYCERIDES_EFFECT * np.log(factors["triglycerides"])
        + HDL_EFFECT * (factors["hdl_cholesterol"] - 1.0)
    )
    return np.asarray(CLINICAL_FACTOR * total)


def image_scores(causes: dict[str, Floats]) -> Floats:
    """Image part of the logit; `causes` by name of CAUSES."""
    total = sum(effect * (causes[name] - centre) for name, (effect, centre) in IMAGE_EFFECTS.items())
    return np.asarray(IMAGE_FACTOR * total, np.float64)


def image_score(findings: Findings) -> float:
    """Image part of the logit of one patient, from the measured label map."""
    return float(image_scores({name: np.array(getattr(findings, name), np.float64) for name in IMAGE_EFFECTS}))


def risk(drawn: Population, findings: Findings, settings: GeneratorSettings) -> float:
    """Risk of recurrence within the horizon, to nine decimals so that it is equal on every machine."""
    logit = INTERCEPT + settings.intercept_shift + float(clinical_score(drawn.factors)[0]) + image_score(findings)
    return float(np.round(logistic(np.array(logit)), 9))
