"""Heat map: what moved this patient's fused logit, by leaving out one cell of the network's maps at a time.

The network pools its projected maps over ROI, rim and image. For every cell of every map one can say exactly how the
pooled mean and soft maximum would change if that cell were left out; and how the logit answers to a small change of
the pooled vectors follows from reader and head by differences. Their product is the cell's share in the logit: positive
where the cell raised the risk. No gradient of the network is needed, so every engine gives the same map.

It is a map of the model's behaviour, not of disease; whether it points at lesions is for the study to show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.model.engine import Engine
from apnet_desktop.model.features import Features, pool_slices
from apnet_desktop.model.inputs import REGIONS, ModelInputs
from apnet_desktop.model.risk import RiskModel

__all__ = ["HeatMap", "heat_map", "overlay"]

_Array = NDArray[np.float64]
_SHARPNESS = 2.0
_STEP = 1e-3
# Cells of different scales are squares of different size; their edges are smoothed over this share of the image.
_SMOOTHING = 1 / 64


@dataclass(frozen=True)
class HeatMap:
    """Shares in the fused logit.

    Attributes:
        values: float32 (views, slices, pixels, pixels): log odds for each image pixel; positive raised the risk.
        slices: int32 (views, slices): the volume's slice nearest to each image.
    """

    values: NDArray[np.float32]
    slices: NDArray[np.int32]


def heat_map(
    engine: Engine,
    model: RiskModel,
    inputs: ModelInputs,
    features: Features,
    record: ClinicalRecord,
    progress: Callable[[float], None] | None = None,
) -> HeatMap:
    """The heat map of one patient.

    Args:
        engine: Where the network runs.
        model: The bundle's.
        inputs: What the network saw.
        features: What it made of it.
        record: The clinical record of the prediction.
        progress: Told the fraction done.

    Raises:
        DeviceMemoryError: Out of memory.
    """
    views, slices, pixels, _ = inputs.hounsfield.shape
    answers = _slice_answers(features, _pooled_answer(model, features, record))
    values = np.zeros((views, slices, pixels, pixels))
    for view in range(views):
        for start in range(0, slices, engine.batch):
            part = slice(start, min(start + engine.batch, slices))
            maps = engine.projected(view, inputs.images[view, part])
            weights = inputs.maps[view, part].astype(np.float64)
            for scale, projected in enumerate(maps):
                cells = _cell_shares(projected.astype(np.float64), weights, answers[view, part, scale])
                values[view, part] += _spread(cells, pixels)
            if progress is not None:
                progress((view * slices + part.stop) / (views * slices))
    return HeatMap(_smoothed(values).astype(np.float32), inputs.slices)


def overlay(heat: HeatMap, inputs: ModelInputs, shape: tuple[int, int, int], view: int = 0) -> NDArray[np.float32]:
    """One view's map on the volume's grid, (z, y, x); 0 where the view does not reach.

    Each slice takes the map of the nearest position within the view's extent, each voxel that of the pixel it lies in.
    """
    place = inputs.views[view]
    pixels = heat.values.shape[-1]
    result = np.zeros(shape, dtype=np.float32)
    rows = np.rint((np.arange(shape[1]) - place.centre[0]) / place.step[0] + (pixels - 1) / 2).astype(np.intp)
    columns = np.rint((np.arange(shape[2]) - place.centre[1]) / place.step[1] + (pixels - 1) / 2).astype(np.intp)
    seen_rows, seen_columns = (rows >= 0) & (rows < pixels), (columns >= 0) & (columns < pixels)
    positions = heat.slices[view]
    for k in range(int(positions.min()), int(positions.max()) + 1):
        nearest = int(np.abs(positions - k).argmin())
        plane = heat.values[view, nearest][np.ix_(rows[seen_rows], columns[seen_columns])]
        result[k][np.ix_(seen_rows, seen_columns)] = plane
    return result


def _pooled_answer(model: RiskModel, features: Features, record: ClinicalRecord) -> _Array:
    """Slope of the calibrated fused logit in the pooled vectors, (scales of all views, pooled width)."""
    reader = model.weights.reader
    tokens = model.tokens(pool_slices(features)[None])
    count = tokens[0].size
    moved = np.repeat(tokens, 2 * count, axis=0).reshape(2 * count, -1)
    places = np.arange(count)
    moved[places, places] += _STEP
    moved[count + places, places] -= _STEP
    clinical = np.repeat(model.encode([record]), 2 * count, axis=0)
    logits = model.fused_logits(moved.reshape(2 * count, *tokens.shape[1:]), clinical)
    by_token = ((logits[:count] - logits[count:]) / (2 * _STEP)).reshape(tokens.shape[1:])
    return np.asarray(np.einsum("tk,tkf->tf", by_token, reader.weight) / reader.spread, dtype=np.float64)


def _slice_answers(features: Features, pooled: _Array) -> _Array:
    """Slope of the logit in each slice's vector, (views, slices, scales, width), through mean and soft maximum."""
    vectors = features.vectors.astype(np.float64)
    views, _, scales, width = vectors.shape
    areas = features.areas.astype(np.float64)
    share = areas / np.maximum(areas.sum(axis=1, keepdims=True), 1e-9)
    weights = np.repeat(share, width // len(REGIONS), axis=2)[:, :, None, :]
    sharp = weights * np.exp(_SHARPNESS * vectors)
    total = np.maximum(sharp.sum(axis=1, keepdims=True), 1e-9)
    soft = (sharp * vectors).sum(axis=1, keepdims=True) / total
    slope = pooled.reshape(views, 1, scales, -1)
    by_mean, by_soft = slope[..., :width], slope[..., width : 2 * width]
    return np.asarray(by_mean * weights + by_soft * sharp / total * (1 + _SHARPNESS * (vectors - soft)))


def _cell_shares(maps: _Array, weights: _Array, answers: _Array) -> _Array:
    """How much the logit falls if one cell is left out, (n, y, x).

    Args:
        maps: (n, channels, y, x) of one scale.
        weights: (n, 2, pixels, pixels).
        answers: (n, width): slope of the logit in the slice's vector.
    """
    count, channels, rows, columns = maps.shape
    step = (weights.shape[2] // rows, weights.shape[3] // columns)
    grid = weights.reshape(count, 2, rows, step[0], columns, step[1]).mean(axis=(3, 5))
    regions = np.concatenate([grid, np.ones_like(grid[:, :1])], axis=1)
    slopes = answers.reshape(count, len(REGIONS), 2, channels)
    shares: _Array = np.zeros((count, rows, columns))
    sharp = np.exp(_SHARPNESS * maps)
    for region in range(len(REGIONS)):
        for pool, cells in enumerate((np.ones_like(maps), sharp)):
            weighed = regions[:, region, None] * cells
            total = weighed.sum(axis=(2, 3), keepdims=True)
            mean = (weighed * maps).sum(axis=(2, 3), keepdims=True) / np.maximum(total, 1e-9)
            left = total - weighed
            # A cell that is the whole region takes the region with it.
            alone = left <= 1e-6 * np.maximum(total, 1e-9)
            change = np.where(alone, mean, weighed * (maps - mean) / np.where(alone, 1.0, left))
            change = np.where(weighed > 0, change, 0.0)
            shares += np.einsum("nc,ncyx->nyx", slopes[:, region, pool], change)
    return shares


def _spread(cells: _Array, pixels: int) -> _Array:
    """Cells over their pixels, so that sums stay."""
    step = pixels // cells.shape[1]
    return np.asarray(np.repeat(np.repeat(cells, step, axis=1), step, axis=2) / step**2)


def _smoothed(values: _Array) -> _Array:
    from scipy.ndimage import gaussian_filter

    width = values.shape[-1] * _SMOOTHING
    return np.asarray(gaussian_filter(values, sigma=(0, 0, width, width), mode="nearest"), dtype=np.float64)
