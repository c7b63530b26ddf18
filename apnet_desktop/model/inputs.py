"""From a CT volume and a ROI to the network's input: images and ROI weight maps of each view. No torch.

Each view is a square of the axial plane, centred on the ROI's bounding box, at evenly spread positions along z. An
image is the mean over a slab of fixed thickness, so that a 1 mm and a 5 mm series show comparable noise, then
resampled in the plane by a triangle filter as wide as the coarser of the two grids (so that nothing aliases).

All filter weights are multiples of 2^-8 (along z) and 2^-12 (in the plane) and voxels are integers, so every product
and sum is exact in float64: the result is the same, bit for bit, on any processor and in any order of summation.

Array axes here are [k, j, i] as in `CtVolume`; the image's rows are j (to the back), its columns i (to the left).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.manifest import CtRecipe, FieldOfView
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import PredictionError, RoiError
from apnet_desktop.language import Message

__all__ = ["REGIONS", "ModelInputs", "ViewGeometry", "prepare_arrays", "prepare_inputs", "window_images"]

# Regions that are pooled apart; the first two come as weight maps, the third is the whole image.
REGIONS = ("inside", "rim", "whole")

_AIR = -1024.0
_PLANE_UNIT = 4096.0
_SLAB_UNIT = 256.0
# A pixel belongs to the core from which the rim is measured when the ROI covers at least this share of it.
_CORE_SHARE = 64


@dataclass(frozen=True)
class ViewGeometry:
    """Where a view lies in the volume.

    Attributes:
        name: Name of the field of view.
        centre: Voxel indices (j, i) of the image's centre, fractions allowed.
        pixel: Side of one image pixel in mm.
        step: Image pixel in voxels along (j, i).
    """

    name: str
    centre: tuple[float, float]
    pixel: float
    step: tuple[float, float]

    def voxel_of_pixel(self, pixels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Voxel indices j of the image's rows and i of its columns, for an image of `pixels` a side."""
        offsets = np.arange(pixels, dtype=np.float64) - (pixels - 1) / 2
        return self.centre[0] + offsets * self.step[0], self.centre[1] + offsets * self.step[1]


@dataclass(frozen=True)
class ModelInputs:
    """What the network sees of one patient.

    Attributes:
        hounsfield: int16 HU, (views, slices, pixels, pixels), before the windows.
        weights: uint8 0...255, (views, slices, 2, pixels, pixels): share of each pixel in the ROI, and in its rim.
        slices: int32 (views, slices): the volume's slice k nearest to each position.
        views: Where each view lies.
        windows: (centre, width) in HU of each channel.
        roi_volume: mL.
        roi_extent: mm along z.
    """

    hounsfield: NDArray[np.int16]
    weights: NDArray[np.uint8]
    slices: NDArray[np.int32]
    views: tuple[ViewGeometry, ...]
    windows: tuple[tuple[float, float], ...]
    roi_volume: float
    roi_extent: float

    @property
    def images(self) -> NDArray[np.float32]:
        """0...1, (views, slices, channels, pixels, pixels): one channel a window."""
        return window_images(self.hounsfield, self.windows)

    @property
    def maps(self) -> NDArray[np.float32]:
        """0...1, (views, slices, 2, pixels, pixels): the weights as the network takes them."""
        return self.weights.astype(np.float32) / np.float32(255)

    def digest(self) -> str:
        """SHA-256 of images, weights and the ROI's size, in hexadecimal."""
        digest = hashlib.sha256(np.ascontiguousarray(self.hounsfield).data)
        digest.update(np.ascontiguousarray(self.weights).data)
        digest.update(f"{self.roi_volume!r} {self.roi_extent!r} {self.windows!r}".encode())
        return digest.hexdigest()


def prepare_inputs(volume: CtVolume, roi: Roi, recipe: CtRecipe) -> ModelInputs:
    """The network's input for one patient.

    Args:
        volume: The CT.
        roi: The pancreas on the same grid.
        recipe: The bundle's recipe.

    Raises:
        RoiError: The ROI is empty or on another grid.
        PredictionError: The CT has one voxel value only.
    """
    if not roi.geometry.same_grid(volume.geometry):
        raise RoiError(Message.of("model.roi_other_grid", roi=_size(roi.mask), ct=_size(volume.hounsfield)))
    spacing = volume.geometry.spacing
    return prepare_arrays(volume.hounsfield, roi.mask, (spacing[2], spacing[1], spacing[0]), recipe)


def prepare_arrays(
    hounsfield: NDArray[np.int16], mask: NDArray[np.bool_], spacing: tuple[float, float, float], recipe: CtRecipe
) -> ModelInputs:
    """As `prepare_inputs`, for bare arrays (the simulator's fast path).

    Args:
        hounsfield: HU, (z, y, x), in the frame of `CtVolume` (x to the left, y to the back, z to the head).
        mask: The ROI on the same grid.
        spacing: mm along (z, y, x).
        recipe: The recipe.

    Raises:
        RoiError: The mask is empty.
        PredictionError: All voxels are equal.
    """
    box = _bounding_box(mask)
    if box is None:
        raise RoiError(Message.of("model.roi_empty"))
    inner = hounsfield[tuple(slice(low, high + 1) for low, high in box)]
    if inner.size > 1 and int(inner.min()) == int(inner.max()):
        raise PredictionError(Message.of("model.constant_image"))
    rendered = [_render_view(hounsfield, mask, spacing, recipe, view, box) for view in recipe.views]
    return ModelInputs(
        hounsfield=np.stack([view[0] for view in rendered]),
        weights=np.stack([view[1] for view in rendered]),
        slices=np.stack([view[2] for view in rendered]),
        views=tuple(view[3] for view in rendered),
        windows=recipe.windows,
        roi_volume=float(np.count_nonzero(mask)) * float(np.prod(spacing)) / 1000.0,
        roi_extent=(box[0][1] - box[0][0] + 1) * spacing[0],
    )


def window_images(hounsfield: NDArray[np.int16], windows: tuple[tuple[float, float], ...]) -> NDArray[np.float32]:
    """Each window's linear ramp from 0 (lower edge) to 1 (upper edge): (..., y, x) → (..., channels, y, x)."""
    values = hounsfield.astype(np.float32)
    channels = [
        np.clip((values - np.float32(centre - width / 2)) / np.float32(width), 0, 1) for centre, width in windows
    ]
    return np.stack(channels, axis=-3)


def _size(array: NDArray[np.bool_] | NDArray[np.int16]) -> str:
    return " × ".join(str(length) for length in reversed(array.shape))


def _bounding_box(mask: NDArray[np.bool_]) -> tuple[tuple[int, int], ...] | None:
    """First and last index of the mask along each axis; None if it is empty."""
    planes = np.asarray(mask.any(axis=0))
    touched = (np.asarray(mask.any(axis=(1, 2))), planes.any(axis=1), planes.any(axis=0))
    if not touched[0].any():
        return None
    return tuple((int(np.flatnonzero(axis)[0]), int(np.flatnonzero(axis)[-1])) for axis in touched)


def _render_view(
    hounsfield: NDArray[np.int16],
    mask: NDArray[np.bool_],
    spacing: tuple[float, float, float],
    recipe: CtRecipe,
    view: FieldOfView,
    box: tuple[tuple[int, int], ...],
) -> tuple[NDArray[np.int16], NDArray[np.uint8], NDArray[np.int32], ViewGeometry]:
    """Images, weights, slice indices and place of one view."""
    geometry = _view_geometry(view, recipe.pixels, spacing, box)
    rows, columns = geometry.voxel_of_pixel(recipe.pixels)
    row_taps = _triangle_taps(rows, geometry.step[0])
    column_taps = _triangle_taps(columns, geometry.step[1])
    positions = _positions(box[0], spacing[0], hounsfield.shape[0], recipe.slices, view.extent)
    images = np.empty((recipe.slices, recipe.pixels, recipe.pixels), dtype=np.int16)
    weights = np.zeros((recipe.slices, 2, recipe.pixels, recipe.pixels), dtype=np.uint8)
    for n, position in enumerate(positions):
        indices, shares = _slab_weights(position, recipe.slab, spacing[0], hounsfield.shape[0])
        plane = _resample(hounsfield, indices, shares, row_taps, column_taps, _AIR)
        images[n] = np.floor(plane + 0.5)
        if mask[indices].any():
            covered = _resample(mask, indices, shares, row_taps, column_taps, 0.0)
            weights[n, 0] = np.floor(covered * 255.0 + 0.5)
            weights[n, 1] = _rim(weights[n, 0], recipe.peripancreatic_margin / geometry.pixel)
    nearest = np.clip(np.rint(positions / spacing[0]), 0, hounsfield.shape[0] - 1).astype(np.int32)
    return images, weights, nearest, geometry


def _view_geometry(
    view: FieldOfView, pixels: int, spacing: tuple[float, float, float], box: tuple[tuple[int, int], ...]
) -> ViewGeometry:
    (_, (top, bottom), (right, left)) = box
    height, breadth = (bottom - top + 1) * spacing[1], (left - right + 1) * spacing[2]
    width = view.width if view.width is not None else max(height, breadth) + 2 * view.margin
    pixel = width / pixels
    return ViewGeometry(
        name=view.name,
        centre=((top + bottom) / 2, (right + left) / 2),
        pixel=pixel,
        step=(pixel / spacing[1], pixel / spacing[2]),
    )


def _positions(ends: tuple[int, int], spacing: float, depth: int, count: int, extent: float) -> NDArray[np.float64]:
    """Mm along z from the centre of slice 0: middles of `count` equal parts of the ROI's extent, kept in the volume."""
    low = max((ends[0] - 0.5) * spacing - extent, -0.5 * spacing)
    high = min((ends[1] + 0.5) * spacing + extent, (depth - 0.5) * spacing)
    return low + (np.arange(count) + 0.5) / count * (high - low)


def _slab_weights(
    position: float, thickness: float, spacing: float, depth: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Slices that a slab overlaps and their shares of it, multiples of 2^-8 that sum to 1."""
    low = max((position - thickness / 2) / spacing + 0.5, 0.0)
    high = min((position + thickness / 2) / spacing + 0.5, float(depth))
    first, last = int(np.floor(low)), min(int(np.ceil(high)), depth)
    indices = np.arange(first, max(last, first + 1))
    overlap = np.minimum(high, indices + 1.0) - np.maximum(low, indices)
    return indices, _quantised(overlap[None], _SLAB_UNIT)[0]


def _triangle_taps(centres: NDArray[np.float64], step: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Indices and weights (pixels, taps) of a triangle filter around each centre, as wide as the coarser grid."""
    support = max(1.0, step)
    taps = int(np.ceil(2 * support)) + 1
    indices = np.floor(centres - support).astype(np.intp)[:, None] + np.arange(taps)
    weights = np.maximum(0.0, 1.0 - np.abs(indices - centres[:, None]) / support)
    return indices, _quantised(weights, _PLANE_UNIT)


def _quantised(weights: NDArray[np.float64], unit: float) -> NDArray[np.float64]:
    """Rows scaled to sum 1 and rounded to multiples of 1/unit; the largest takes the remainder."""
    scaled = np.rint(weights / weights.sum(axis=1, keepdims=True) * unit)
    rows = np.arange(len(scaled))
    scaled[rows, scaled.argmax(axis=1)] += unit - scaled.sum(axis=1)
    return np.asarray(scaled / unit)


def _resample(
    values: NDArray[np.int16] | NDArray[np.bool_],
    slices: NDArray[np.intp],
    shares: NDArray[np.float64],
    rows: tuple[NDArray[np.intp], NDArray[np.float64]],
    columns: tuple[NDArray[np.intp], NDArray[np.float64]],
    outside: float,
) -> NDArray[np.float64]:
    """The slab mean on the view's grid; what lies beyond the volume counts as `outside`."""
    (top, bottom), (left, right) = _needed(rows[0], values.shape[1]), _needed(columns[0], values.shape[2])
    slab = np.full((bottom - top + 1, right - left + 1), outside)
    inner = slab[:-1, :-1]
    inner[...] = 0.0
    for k, share in zip(slices, shares, strict=True):
        inner += share * values[k, top:bottom, left:right]
    # Row and column -1 of the slab hold the value outside: every index beyond the volume points there.
    row_index = _redirect(rows[0], top, bottom)
    column_index = _redirect(columns[0], left, right)
    tall = np.zeros((row_index.shape[0], slab.shape[1]))
    for tap in range(row_index.shape[1]):
        tall += rows[1][:, tap, None] * slab[row_index[:, tap]]
    turned = np.ascontiguousarray(tall.T)
    plane = np.zeros((column_index.shape[0], row_index.shape[0]))
    for tap in range(column_index.shape[1]):
        plane += columns[1][:, tap, None] * turned[column_index[:, tap]]
    return np.asarray(plane.T)


def _needed(indices: NDArray[np.intp], length: int) -> tuple[int, int]:
    low = min(max(int(indices.min()), 0), length)
    return low, max(min(int(indices.max()) + 1, length), low)


def _redirect(indices: NDArray[np.intp], low: int, high: int) -> NDArray[np.intp]:
    return np.where((indices >= low) & (indices < high), indices - low, high - low)


def _rim(inside: NDArray[np.uint8], margin: float) -> NDArray[np.uint8]:
    """255 - inside within `margin` pixels of the ROI's core, 0 elsewhere."""
    from scipy.ndimage import distance_transform_edt

    core = inside >= _CORE_SHARE
    if not core.any():
        core = inside > 0
    if not core.any():
        return np.zeros_like(inside)
    reach = int(np.ceil(margin)) + 1
    rows, columns = np.flatnonzero(core.any(axis=1)), np.flatnonzero(core.any(axis=0))
    near = (
        slice(max(int(rows[0]) - reach, 0), int(rows[-1]) + reach + 1),
        slice(max(int(columns[0]) - reach, 0), int(columns[-1]) + reach + 1),
    )
    rim = np.zeros_like(inside)
    rim[near] = np.where(distance_transform_edt(~core[near]) <= margin, 255 - inside[near], 0)
    return rim
