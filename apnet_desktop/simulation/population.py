"""Draws patients without pictures: the causal model of the simulated population.

One function turns standard normal and uniform numbers into patients, one or a million at a time, so that the cohort
and the integral for the optimum are the same population.

Structure (what the optimum's integral rests on, see optimum.py):

- *inflammation* S is standard normal. Given S and the aetiology "alcohol", everything that the picture shows is drawn
  without regard to the clinical record; given S, the laboratory values, the organ failure and the length of stay are
  drawn without regard to the picture, but for one rule of the Revised Atlanta words: without a local complication
  there must have been organ failure, or the patient would be mild and out of scope.
- Age, sex, body mass index, smoking, diabetes, triglycerides and HDL are independent of S.
- A value goes missing depending on the value itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.settings import GeneratorSettings

__all__ = [
    "AETIOLOGIES",
    "ALCOHOL_USES",
    "COMPLICATIONS",
    "NORMALS",
    "ORGAN_FAILURES",
    "SMOKING",
    "UNIFORMS",
    "Population",
    "draw_population",
    "logistic",
    "missing_logit",
    "organ_failure_chances",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]

AETIOLOGIES: Final = ("biliary", "hypertriglyceridaemia", "alcohol", "idiopathic", "other")
SMOKING: Final = ("never", "former", "current")
ALCOHOL_USES: Final = ("none", "moderate", "heavy")
ORGAN_FAILURES: Final = ("none", "transient", "persistent")
COMPLICATIONS: Final = ("none", "interstitial", "necrotising")

NORMALS: Final = 20
"""Standard normal numbers that one patient takes."""
UNIFORMS: Final = 30
"""Uniform numbers that one patient takes."""

# Laboratory values that follow inflammation: (mean, slope on S, residual SD, on the log scale, decimals).
SIGNS: Final[dict[str, tuple[float, float, float, bool, int]]] = {
    "c_reactive_protein": (float(np.log(120.0)), 0.55, 0.55, True, 0),
    "white_cell_count": (float(np.log(12.5)), 0.14, 0.32, True, 1),
    "calcium": (2.05, -0.10, 0.14, False, 2),
    "albumin": (33.0, -2.4, 3.8, False, 0),
    "creatinine": (float(np.log(82.0)), 0.18, 0.32, True, 0),
    "glucose": (float(np.log(8.2)), 0.10, 0.30, True, 1),
    "length_of_stay": (float(np.log(19.0)), 0.38, 0.38, True, 0),
}
# What the picture shows, given inflammation S. Shares on the logistic scale, volumes on the log scale.
NECROTISING: Final = (0.15, 0.5)  # P(necrotising) = Φ(a + b S)
FLUID_SHARE: Final = 0.75  # of the others: a collection
NECROSIS: Final = (-0.9, 0.3, 0.95)  # mean, slope on S, deviation
COLLECTION: Final = ((35.0, 80.0), 0.25, 0.75)  # medians in mL without and with necrosis, slope, deviation
DUCT: Final = (0.115, 0.30, 0.36)  # median, shift by alcohol, deviation
STRANDING: Final = (-0.4, 0.45, 0.95)
GLAND: Final = (82.0, 0.10, -0.12, 0.24)  # median in mL, slope on S, shift by alcohol, deviation
OCCLUSION: Final = (-0.9, 0.5, 0.03)  # with necrosis logistic(a + b S), without it a share
EFFUSION: Final = (-0.3, 0.9)  # logistic(a + b S)
LATE_STAY: Final = 33  # days of stay beyond which the CT may be a late one
LATE_SHARE: Final = 0.5

DIABETES_GLUCOSE: Final = 1.4
"""Factor on the glucose of a diabetic."""

LIMITS: Final[dict[str, tuple[float, float]]] = {
    "c_reactive_protein": (1, 650),
    "white_cell_count": (1.0, 60.0),
    "calcium": (1.1, 3.0),
    "albumin": (12, 52),
    "creatinine": (25, 900),
    "glucose": (3.0, 40.0),
    "length_of_stay": (5, 180),
}

# Chance that a value is missing: logistic(a + b × standardised value); the unmeasured are mostly the unremarkable.
MISSING: Final[dict[str, tuple[float, float]]] = {
    "triglycerides": (-1.6, -0.9),
    "hdl_cholesterol": (-1.3, 0.5),
    "smoking": (-2.6, 0.6),
    "alcohol_use": (-2.4, 0.5),
    "body_mass_index": (-2.4, 0.3),
    "hypertension": (-3.5, -0.5),
    "c_reactive_protein": (-2.2, -0.6),
    "calcium": (-2.0, 0.5),
    "albumin": (-2.6, 0.4),
    "glucose": (-3.0, -0.4),
    "white_cell_count": (-3.6, -0.3),
    "creatinine": (-3.8, -0.3),
}


def logistic(value: Floats) -> Floats:
    """1 / (1 + exp(-value))."""
    return np.asarray(1.0 / (1.0 + np.exp(-value)))


@dataclass(frozen=True)
class Population:
    """Patients as columns; each attribute has shape (n,).

    Codes are indices into the tuples of this module. `missing_*` holds, by factor, whether the record lacks it.
    Image attributes are what the anatomy is *asked* for; the risk uses what the rasterised labels show (findings.py).

    Attributes:
        inflammation: S.
        complication: Index in COMPLICATIONS.
        necrosis_share: Dead share of the gland, 0 unless necrotising.
        collection_volume: mL, 0 without a collection.
        duct_ratio: Duct's calibre beside the gland's, see Findings.
        stranding_share: Stranded share of the fat within 15 mm of the gland.
        gland_volume: mL.
        vein_occluded: Splenic vein occluded.
        effusion: Left pleural effusion.
        late: CT more than 28 days from onset: collections have walls.
        hours_since_onset: From onset to CT.
        factors: True values of the clinical factors; yes/no as 0/1, choices as indices.
        missing: By factor: True where the record lacks it.
    """

    inflammation: Floats
    complication: Integers
    necrosis_share: Floats
    collection_volume: Floats
    duct_ratio: Floats
    stranding_share: Floats
    gland_volume: Floats
    vein_occluded: Bools
    effusion: Bools
    late: Bools
    hours_since_onset: Floats
    factors: dict[str, Floats]
    missing: dict[str, Bools]

    def __len__(self) -> int:
        return len(self.inflammation)

    def take(self, rows: NDArray[np.intp] | Bools) -> Population:
        """The patients at `rows`."""
        chosen: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            chosen[field.name] = (
                {key: column[rows] for key, column in value.items()} if isinstance(value, dict) else value[rows]
            )
        return Population(**chosen)  # type: ignore[arg-type]


def _choose(uniform: Floats, shares: NDArray[np.float64]) -> Integers:
    """Index of a choice: `shares` (n, k) sum to 1 along k."""
    return np.asarray((uniform[:, None] > np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1), dtype=np.int64)


def _clip_round(value: Floats, lower: float, upper: float, decimals: int) -> Floats:
    return np.asarray(np.round(np.clip(value, lower, upper), decimals))


def aetiology_shares(age: Floats, male: Bools) -> NDArray[np.float64]:
    """Chance of each aetiology, (n, 5): biliary in the old and in women, triglycerides in the young, alcohol in men."""
    young = np.clip((60.0 - age) / 30.0, -1.0, 1.0)
    weights = np.stack(
        [
            0.54 * np.exp(-0.5 * young) * np.where(male, 0.8, 1.4),
            0.26 * np.exp(0.8 * young),
            0.14 * np.exp(0.3 * young) * np.where(male, 1.4, 0.15),
            0.13 * np.ones_like(age),
            0.05 * np.ones_like(age),
        ],
        axis=1,
    )
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def organ_failure_chances(inflammation: Floats, complication: Integers) -> NDArray[np.float64]:
    """Chance of no, transient and persistent organ failure, (n, 3)."""
    persistent = logistic(-1.4 + 1.1 * inflammation)
    none = (1 - persistent) * logistic(0.7 - 0.6 * inflammation)
    # Neither organ failure nor local complication would be mild disease: out of scope.
    none = np.where(complication == 0, 0.0, none)
    return np.stack([none, 1 - none - persistent, persistent], axis=1)


def smoking_shares(male: Bools, alcohol: Bools) -> NDArray[np.float64]:
    """Chance of never, former, current, (n, 3)."""
    current = np.where(alcohol, 0.65, np.where(male, 0.42, 0.08))
    former = np.where(male, 0.15, 0.04)
    return np.stack([1 - current - former, former, current], axis=1)


def triglycerides_mean(aetiology: Integers, diabetes: Bools) -> Floats:
    """Mean of the logarithm of triglycerides in mmol/L."""
    base = np.log(np.array([1.5, 14.0, 2.4, 1.8, 1.7]))[aetiology]
    return np.asarray(base + 0.2 * diabetes)


def bounded_triglycerides(value: Floats, aetiology: Integers | Floats) -> Floats:
    """Triglycerides in mmol/L within what can be; hypertriglyceridaemia as a cause means at least 5.65."""
    return np.asarray(np.clip(value, np.where(aetiology == 1, 5.65, 0.3), 90.0))


TRIGLYCERIDES_DEVIATION: Final = 0.5


def hdl_mean(log_triglycerides: Floats) -> Floats:
    """Mean of HDL cholesterol in mmol/L."""
    return np.asarray(1.05 - 0.11 * (log_triglycerides - np.log(2.0)))


HDL_DEVIATION: Final = 0.22


def standardised(factor: str, value: Floats) -> Floats:
    """The value on the scale of MISSING's slopes."""
    if factor == "triglycerides":
        return np.asarray((np.log(value) - np.log(3.0)) / 1.0)
    if factor == "hdl_cholesterol":
        return np.asarray((value - 0.95) / 0.25)
    if factor == "body_mass_index":
        return np.asarray((value - 25.5) / 3.8)
    if factor in SIGNS:
        mean, slope, deviation, logarithm, _ = SIGNS[factor]
        measured = np.log(value) if logarithm else value
        return np.asarray((measured - mean) / np.hypot(slope, deviation))
    return value


def missing_logit(factor: str, value: Floats, settings: GeneratorSettings) -> Floats:
    """Logit of the chance that `factor` is missing from the record when its true value is `value`."""
    intercept, slope = MISSING[factor]
    return np.asarray(intercept + settings.missing_shift + slope * standardised(factor, value))


def draw_population(normals: Floats, uniforms: Floats, settings: GeneratorSettings) -> Population:
    """Patients from standard normal numbers (n, NORMALS) and uniform ones (n, UNIFORMS)."""
    z = iter(np.asarray(normals, np.float64).T)
    u = iter(np.asarray(uniforms, np.float64).T)
    inflammation = np.round(next(z), 6)

    age = _clip_round(50.0 + 15.0 * next(z), 18, 89, 0)
    male = next(u) < 0.62
    aetiology = _choose(next(u), aetiology_shares(age, male))
    alcohol = aetiology == AETIOLOGIES.index("alcohol")
    body_mass_index = _clip_round(25.5 + 3.8 * next(z), 16, 45, 1)
    smoking = _choose(next(u), smoking_shares(male, alcohol))
    use = np.where(
        alcohol[:, None], [0.02, 0.08, 0.90], np.where(male[:, None], [0.55, 0.35, 0.10], [0.88, 0.11, 0.01])
    )
    alcohol_use = _choose(next(u), use)
    diabetes = next(u) < np.where(aetiology == 1, 0.42, 0.10 + 0.0025 * (age - 18))
    hypertension = next(u) < logistic(-1.2 + 0.04 * (age - 50) + 0.09 * (body_mass_index - 25.5))
    fat = np.exp(triglycerides_mean(aetiology, diabetes) + TRIGLYCERIDES_DEVIATION * next(z))
    triglycerides = np.round(bounded_triglycerides(fat, aetiology), 2)
    hdl = _clip_round(hdl_mean(np.log(triglycerides)) + HDL_DEVIATION * next(z), 0.1, 3.0, 2)
    cholecystectomy = (next(u) < 0.35) & (aetiology == 0)

    necrotising = next(z) < NECROTISING[0] + NECROTISING[1] * inflammation
    fluid = next(u) < FLUID_SHARE
    complication = np.where(necrotising, 2, np.where(fluid, 1, 0)).astype(np.int64)
    organ_failure = _choose(next(u), organ_failure_chances(inflammation, complication))
    signs = {
        name: _clip_round(
            (np.exp if logarithm else np.asarray)(mean + slope * inflammation + deviation * next(z)),
            *LIMITS[name],
            decimals,
        )
        for name, (mean, slope, deviation, logarithm, decimals) in SIGNS.items()
    }
    signs["glucose"] = _clip_round(signs["glucose"] * np.where(diabetes, DIABETES_GLUCOSE, 1.0), 3.0, 45.0, 1)
    late = (signs["length_of_stay"] > LATE_STAY) & (next(u) < LATE_SHARE)
    share = next(u)
    early_hours = 48 + share * (np.minimum(signs["length_of_stay"] * 24 - 24, 288) - 48)
    late_hours = 29 * 24 + share * (signs["length_of_stay"] * 24 - 24 - 29 * 24)

    factors: dict[str, Floats] = {
        "age": age,
        "sex": male.astype(np.float64),
        "body_mass_index": body_mass_index,
        "aetiology": aetiology.astype(np.float64),
        "smoking": smoking.astype(np.float64),
        "alcohol_use": alcohol_use.astype(np.float64),
        "diabetes": diabetes.astype(np.float64),
        "hypertension": hypertension.astype(np.float64),
        "triglycerides": triglycerides,
        "hdl_cholesterol": hdl,
        "organ_failure": organ_failure.astype(np.float64),
        "cholecystectomy": cholecystectomy.astype(np.float64),
        **signs,
    }
    missing = {factor: next(u) < logistic(missing_logit(factor, factors[factor], settings)) for factor in MISSING}
    return Population(
        inflammation=inflammation,
        complication=complication,
        **image_causes(inflammation, complication, alcohol, z, u),
        late=late,
        hours_since_onset=np.round(np.where(late, late_hours, early_hours)),
        factors=factors,
        missing=missing,
    )


def image_causes(
    inflammation: Floats, complication: Integers, alcohol: Bools, z: Iterator[Floats], u: Iterator[Floats]
) -> dict[str, Any]:
    """What the picture is asked to show, given inflammation, complication and the aetiology alcohol, all (n,).

    Takes five standard normal columns from `z` and two uniform ones from `u`.
    """
    mean, slope, deviation = NECROSIS
    necrosis = np.clip(logistic(mean + slope * inflammation + deviation * next(z)), 0.04, 0.9)
    medians, slope, deviation = COLLECTION
    middle = np.log(np.where(complication == 2, medians[1], medians[0]))
    volume = np.exp(middle + slope * inflammation + deviation * next(z))
    median, shift, deviation = DUCT
    duct = np.exp(np.log(median) + shift * alcohol + deviation * next(z))
    mean, slope, deviation = STRANDING
    stranding = logistic(mean + slope * inflammation + deviation * next(z))
    median, slope, shift, deviation = GLAND
    gland = np.exp(np.log(median) + slope * inflammation + shift * alcohol + deviation * next(z))
    in_necrosis = logistic(OCCLUSION[0] + OCCLUSION[1] * inflammation)
    return {
        "necrosis_share": np.round(np.where(complication == 2, necrosis, 0.0), 4),
        "collection_volume": np.round(np.where(complication > 0, np.clip(volume, 6.0, 450.0), 0.0), 2),
        "duct_ratio": np.round(np.clip(duct, 0.05, 0.32), 4),
        "stranding_share": np.round(np.clip(stranding, 0.04, 0.95), 4),
        "gland_volume": np.round(np.clip(gland, 38.0, 170.0), 2),
        "vein_occluded": next(u) < np.where(complication == 2, in_necrosis, OCCLUSION[2]),
        "effusion": next(u) < logistic(EFFUSION[0] + EFFUSION[1] * inflammation),
    }
