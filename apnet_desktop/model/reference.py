"""`reference.npz`: what is known of the development cohort as a whole. Summaries only: no row of a patient. No torch.

    image_points     (m, scales, findings)   tokens: mean, and mean ± √m' · spread along each main direction
    clinical_points  (c, clinical width)     the same for clinical vectors
    risk_quantiles   (21,)                   out-of-fold fused risk at 0, 5, ..., 100 % of the cohort
    low, high        (columns,)              5th and 95th percentile of each clinical column, NaN where nothing is known
    centre, spread   (scales · width,)       of pooled features
    directions       (r, scales · width)     main directions of standardised pooled features
    variances        (r,)                    along them
    limits           (2,)                    out-of-fold limits of the two distances

The points are the sigma points of an unscented transform: their plain mean has the cohort's mean, and their spread the
cohort's variance along the main directions, so that the mean of a function over them is its mean over the cohort to
second order; yet none of them is a patient.

Distance from the development cohort is judged on pooled features by two numbers: the Mahalanobis distance within the
main directions, and the length of what they leave unexplained.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.errors import BundleError
from apnet_desktop.language import Message

__all__ = ["REFERENCE_NAME", "Reference", "fit_reference", "pack_reference", "read_reference"]

REFERENCE_NAME = "reference.npz"
_QUANTILES = 21
_POINT_DIRECTIONS = 6
_MOST_DIRECTIONS = 32
_PATIENTS_A_DIRECTION = 8
_FOLDS = 5
# Each of the two limits lets this share of held-out development patients pass, so that about 3 % are flagged.
_PASSED = 0.985
_LARGEST = 50.0


@dataclass(frozen=True)
class Reference:
    """The content of `reference.npz`; see the module's text."""

    image_points: NDArray[np.float64]
    clinical_points: NDArray[np.float64]
    risk_quantiles: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    directions: NDArray[np.float64]
    variances: NDArray[np.float64]
    limits: NDArray[np.float64]

    def position(self, risk: float) -> float:
        """Share of the development cohort with a lower fused risk."""
        # Equal quantiles would make the inverse ambiguous: the middle of their share is taken.
        levels = np.linspace(0.0, 1.0, len(self.risk_quantiles))
        below = np.interp(risk, self.risk_quantiles, levels, left=0.0, right=1.0)
        return float(below)

    def distances(self, pooled: NDArray[np.float64]) -> NDArray[np.float64]:
        """Both distances, each over its limit, (n, 2), of pooled features (n, scales, width); above 1 is outside."""
        return _distances(pooled, self.centre, self.spread, self.directions, self.variances) / self.limits


def fit_reference(
    pooled: NDArray[np.float64],
    tokens: NDArray[np.float64],
    clinical: NDArray[np.float64],
    table: NDArray[np.float64],
    risks: NDArray[np.float64],
    distance_pooled: NDArray[np.float64] | None = None,
) -> Reference:
    """Summarises a development cohort.

    Args:
        pooled: (patients, scales, pooled width).
        tokens: (patients, scales, findings).
        clinical: (patients, clinical width): encoded records.
        table: (patients, columns): the table behind them, NaN where unknown.
        risks: (patients,) out-of-fold calibrated fused risks.
        distance_pooled: Pooled features that the distance is learnt from, where more patients like these are at hand
            (those of pre-training); None takes `pooled`.
    """
    seen = pooled if distance_pooled is None else distance_pooled
    count = len(seen)
    directions = max(1, min(_MOST_DIRECTIONS, count // _PATIENTS_A_DIRECTION))
    fold = np.arange(count) % _FOLDS
    held = np.empty((count, 2))
    for n in range(_FOLDS):
        held[fold == n] = _distances(seen[fold == n], *_directions(seen[fold != n], directions))
    centre, spread, axes, variances = _directions(seen, directions)
    known = ~np.isnan(table).all(axis=0)
    low, high = np.full(table.shape[1], np.nan), np.full(table.shape[1], np.nan)
    low[known], high[known] = np.nanquantile(table[:, known], (0.05, 0.95), axis=0)
    return Reference(
        image_points=_sigma_points(tokens.reshape(len(tokens), -1)).reshape(-1, *tokens.shape[1:]),
        clinical_points=_sigma_points(clinical),
        risk_quantiles=np.quantile(risks, np.linspace(0, 1, _QUANTILES)),
        low=low,
        high=high,
        centre=centre,
        spread=spread,
        directions=axes,
        variances=variances,
        limits=np.quantile(held, _PASSED, axis=0),
    )


def pack_reference(reference: Reference) -> bytes:
    """The bytes of `reference.npz`, in float32; the same summary gives the same bytes."""
    stream = io.BytesIO()
    arrays = {field.name: np.asarray(getattr(reference, field.name), dtype=np.float32) for field in fields(Reference)}
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def read_reference(bundle: Bundle) -> Reference:
    """The reference of a bundle.

    Raises:
        BundleError: The file is damaged, incomplete or not finite.
    """
    damaged = BundleError(Message.of("bundle.damaged_content", file=REFERENCE_NAME))
    try:
        with np.load(io.BytesIO(bundle.read(REFERENCE_NAME)), allow_pickle=False) as archive:
            arrays = {field.name: archive[field.name].astype(np.float64) for field in fields(Reference)}
    except (ValueError, KeyError, OSError, EOFError) as error:
        raise damaged from error
    if not all(np.isfinite(array).all() for name, array in arrays.items() if name not in ("low", "high")):
        raise damaged
    return Reference(**arrays)


def _sigma_points(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean, and mean ± √(directions + ½) · deviation along each main direction; their plain mean and variance fit."""
    mean: NDArray[np.float64] = values.mean(axis=0)
    if values.shape[1] == 0:
        return mean[None]
    _, scale, axes = np.linalg.svd(values - mean, full_matrices=False)
    count = min(_POINT_DIRECTIONS, len(scale))
    deviation = scale[:count] / np.sqrt(len(values))
    reach = np.sqrt((2 * count + 1) / 2) * deviation[:, None] * axes[:count]
    return np.concatenate([mean[None], mean + reach, mean - reach])


def _directions(
    pooled: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    flat = pooled.reshape(len(pooled), -1)
    centre, spread = flat.mean(axis=0), flat.std(axis=0)
    spread = np.where(spread > 1e-6, spread, 1.0)
    _, scale, axes = np.linalg.svd((flat - centre) / spread, full_matrices=False)
    kept = min(count, len(scale))
    return centre, spread, axes[:kept], np.maximum(scale[:kept] ** 2 / len(flat), 1e-9)


def _distances(
    pooled: NDArray[np.float64],
    centre: NDArray[np.float64],
    spread: NDArray[np.float64],
    directions: NDArray[np.float64],
    variances: NDArray[np.float64],
) -> NDArray[np.float64]:
    normed = np.clip((pooled.reshape(len(pooled), -1) - centre) / spread, -_LARGEST, _LARGEST)
    along = normed @ directions.T
    within = np.sqrt((along**2 / variances).sum(axis=1))
    beyond = np.sqrt(np.maximum((normed**2).sum(axis=1) - (along**2).sum(axis=1), 0.0))
    return np.stack([within, beyond], axis=1)
