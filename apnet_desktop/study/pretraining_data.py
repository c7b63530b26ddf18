"""Slices of simulated patients for pre-training: images, ROI weights and label maps, kept as files between runs.

Targets are what can be seen on a slice: masks of lesions and their shares. Never an outcome, never a probability, and
never a patient of a cohort: pre-training patients have a seed of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from apnet_desktop.model.inputs import ModelInputs, window_images

__all__ = ["MASKS", "SLICE_FINDINGS", "SliceBatch", "SlicePool", "findings_defined", "label_images", "slice_findings"]

Floats = NDArray[np.float32]

# Masks that the projections learn to draw, by name, with the label of each in the simulator's map.
MASKS: dict[str, int] = {
    "viable_pancreas": 20,
    "necrosis": 21,
    "duct": 22,
    "collection": 23,
    "stranding": 24,
    "thrombus": 25,
    "effusion": 12,
}
SLICE_FINDINGS = (
    "gland_area",
    "necrosis_share",
    "duct_share",
    "collection_area",
    "stranding_share",
    "thrombus_area",
    "effusion_area",
)
# Shares of pixels are small and skewed; their square roots, over these typical sizes, are of order one.
_AIR = -1000
# Share of a slice's pixels below which a region is too small for a share of it to mean anything: 250 of 224².
_SMALLEST_REGION = 0.005
_SCALES = np.array([0.25, 0.4, 0.15, 0.25, 0.5, 0.03, 0.12], dtype=np.float32)


def label_images(labels: NDArray[np.uint8], inputs: ModelInputs) -> NDArray[np.uint8]:
    """The label map at the pixels of the network's images, by nearest neighbour; 0 outside the volume.

    Args:
        labels: Label map of the volume, (z, y, x).
        inputs: The images.

    Returns:
        (views, slices, pixels, pixels).
    """
    views, slices, pixels = inputs.hounsfield.shape[:3]
    images = np.zeros((views, slices, pixels, pixels), dtype=np.uint8)
    for view, geometry in enumerate(inputs.views):
        rows, columns = (np.rint(axis).astype(np.intp) for axis in geometry.voxel_of_pixel(pixels))
        inside_rows = (rows >= 0) & (rows < labels.shape[1])
        inside_columns = (columns >= 0) & (columns < labels.shape[2])
        plane = np.ix_(rows[inside_rows], columns[inside_columns])
        target = np.ix_(inside_rows, inside_columns)
        for n, k in enumerate(inputs.slices[view]):
            images[view, n][target] = labels[k][plane]
    return images


def slice_findings(labels: NDArray[np.uint8], weights: NDArray[np.uint8]) -> Floats:
    """What each slice shows, (n, findings), of order one: square roots of shares of gland, rim or image.

    Args:
        labels: (n, y, x).
        weights: (n, 2, y, x): share of each pixel in the ROI and in its rim, 0...255.
    """
    pixels = labels.shape[1] * labels.shape[2]
    areas = {name: (labels == value).sum(axis=(1, 2)) / pixels for name, value in MASKS.items()}
    gland = areas["viable_pancreas"] + areas["necrosis"] + areas["duct"]
    rim = weights[:, 1] > 127
    stranded = ((labels == MASKS["stranding"]) & rim).sum(axis=(1, 2)) / np.maximum(rim.sum(axis=(1, 2)), 1)
    of_gland = np.maximum(gland, 1e-6)
    # Beside the living gland, as the risk has it: beside the whole gland a duct's share mostly says "not necrotic".
    of_alive = np.maximum(areas["viable_pancreas"] + areas["duct"], 1e-6)
    shares = np.stack(
        [
            gland,
            areas["necrosis"] / of_gland,
            areas["duct"] / of_alive,
            areas["collection"],
            stranded,
            areas["thrombus"],
            areas["effusion"],
        ],
        axis=1,
    )
    return np.asarray(np.sqrt(shares) / _SCALES, dtype=np.float32)


def findings_defined(labels: NDArray[np.uint8], weights: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which findings say something of a slice, (n, findings): a share of nothing is no share.

    Without this the duct's share is read well by telling slices with a gland from those without, and its calibre,
    which is what the risk rests on, is never learnt.

    Args:
        labels: (n, y, x).
        weights: (n, 2, y, x): share of each pixel in the ROI and in its rim, 0...255.
    """
    pixels = labels.shape[1] * labels.shape[2]
    gland = np.isin(labels, [MASKS[name] for name in ("viable_pancreas", "necrosis", "duct")]).sum(axis=(1, 2))
    alive = np.isin(labels, [MASKS[name] for name in ("viable_pancreas", "duct")]).sum(axis=(1, 2))
    rim = (weights[:, 1] > 127).sum(axis=(1, 2))
    enough = _SMALLEST_REGION * pixels
    always = np.ones(len(labels), dtype=bool)
    defined = {"necrosis_share": gland >= enough, "duct_share": alive >= enough, "stranding_share": rim >= enough}
    return np.stack([defined.get(name, always) for name in SLICE_FINDINGS], axis=1)


@dataclass(frozen=True)
class SliceBatch:
    """A batch of slices of one view.

    Attributes:
        images: 0...1, (n, channels, y, x).
        weights: 0...1, (n, 2, y, x).
        masks: 0 or 1, (n, masks, y, x).
        findings: (n, findings).
        defined: (n, findings): where a finding says something.
    """

    images: Floats
    weights: Floats
    masks: Floats
    findings: Floats
    defined: NDArray[np.bool_]

    def part(self, start: int, stop: int) -> SliceBatch:
        """Slices `start` up to `stop`."""
        kept = slice(start, stop)
        return SliceBatch(
            self.images[kept], self.weights[kept], self.masks[kept], self.findings[kept], self.defined[kept]
        )


def _shifted(
    arrays: dict[str, NDArray[np.generic]], view: int, k: int, generator: np.random.Generator
) -> tuple[NDArray[np.int16], NDArray[np.uint8], NDArray[np.uint8]]:
    """A whole image moved by up to a fourteenth of its side, so that a place is not learnt by heart; air comes in."""
    side = arrays["hounsfield"].shape[-1]
    down, right = (int(n) for n in generator.integers(-(side // 14), side // 14 + 1, 2))
    kept = (slice(max(down, 0), side + min(down, 0)), slice(max(right, 0), side + min(right, 0)))
    taken = (slice(max(-down, 0), side - max(down, 0)), slice(max(-right, 0), side - max(right, 0)))
    hounsfield = np.full((side, side), _AIR, dtype=np.int16)
    weights = np.zeros((2, side, side), dtype=np.uint8)
    labels = np.zeros((side, side), dtype=np.uint8)
    hounsfield[kept] = arrays["hounsfield"][view, k][taken]
    weights[:, *kept] = arrays["weights"][view, k][:, *taken]
    labels[kept] = arrays["labels"][view, k][taken]
    return hounsfield, weights, labels


class SlicePool:
    """Files of rendered patients, one a patient, from which batches are drawn.

    Args:
        folder: Where they lie; more may come in while training runs.
        windows: (centre, width) in HU of each channel.
        held_out: One patient in this many is kept for validation.
    """

    def __init__(self, folder: Path, windows: tuple[tuple[float, float], ...], held_out: int = 12) -> None:
        self._folder = folder
        self._windows = windows
        self._held_out = held_out
        self._patients: dict[str, dict[str, NDArray[np.generic]]] = {}

    @staticmethod
    def write(folder: Path, number: int, inputs: ModelInputs, labels: NDArray[np.uint8]) -> None:
        """Keeps one patient, all or nothing."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, NDArray[np.generic]] = {
            "hounsfield": np.ascontiguousarray(inputs.hounsfield),
            "weights": np.ascontiguousarray(inputs.weights),
            "labels": label_images(labels, inputs),
        }
        path = folder / f"{number:06d}.safetensors"
        partial = path.with_suffix(".partial")
        save_file(arrays, partial)
        partial.replace(path)

    def refresh(self) -> int:
        """Takes in patients rendered since the last call; gives the number of patients."""
        for path in sorted(self._folder.glob("*.safetensors")):
            if path.stem not in self._patients:
                self._patients[path.stem] = load_file(path)
        return len(self._patients)

    def _names(self, validation: bool) -> list[str]:
        return [name for name in sorted(self._patients) if (int(name) % self._held_out == 0) == validation]

    def draw(self, generator: np.random.Generator, view: int, size: int, crop: int | None) -> SliceBatch:
        """A random training batch: patients, slices, place of the crop, brightness and noise are drawn.

        Args:
            generator: Random numbers.
            view: Which view.
            size: Number of slices.
            crop: Side of the square cut out of each image; None for whole images.
        """
        names = self._names(validation=False)
        chosen = [names[n] for n in generator.integers(0, len(names), size)]
        slices = [int(generator.integers(0, self._patients[name]["hounsfield"].shape[1])) for name in chosen]
        parts = [self._cut(name, view, k, crop, generator) for name, k in zip(chosen, slices, strict=True)]
        hounsfield = np.stack([part[0] for part in parts]).astype(np.float32)
        # Scanners differ in calibration and bolus: a few HU up or down must not change a reading.
        hounsfield += generator.normal(0, 4, (size, 1, 1)).astype(np.float32)
        return self._batch(hounsfield, np.stack([p[1] for p in parts]), np.stack([p[2] for p in parts]))

    def validation(self, view: int, every: int = 3) -> SliceBatch:
        """Whole images of the held-out patients, every so many slices."""
        names = self._names(validation=True)
        arrays = [self._patients[name] for name in names]
        hounsfield = np.concatenate([a["hounsfield"][view, ::every] for a in arrays]).astype(np.float32)
        weights = np.concatenate([a["weights"][view, ::every] for a in arrays])
        labels = np.concatenate([a["labels"][view, ::every] for a in arrays])
        return self._batch(hounsfield, weights, labels)

    def _cut(
        self, name: str, view: int, k: int, crop: int | None, generator: np.random.Generator
    ) -> tuple[NDArray[np.int16], NDArray[np.uint8], NDArray[np.uint8]]:
        arrays = self._patients[name]
        side = arrays["hounsfield"].shape[-1]
        if crop is None or crop >= side:
            return _shifted(arrays, view, k, generator)
        top, left = (int(n) for n in generator.integers(0, side - crop + 1, 2))
        window = (slice(top, top + crop), slice(left, left + crop))
        return (
            np.asarray(arrays["hounsfield"][view, k][window], dtype=np.int16),
            np.asarray(arrays["weights"][view, k][(slice(None), *window)], dtype=np.uint8),
            np.asarray(arrays["labels"][view, k][window], dtype=np.uint8),
        )

    def _batch(self, hounsfield: Floats, weights: NDArray[np.generic], labels: NDArray[np.generic]) -> SliceBatch:
        codes, shares = np.asarray(labels, dtype=np.uint8), np.asarray(weights, dtype=np.uint8)
        masks = np.stack([codes == value for value in MASKS.values()], axis=1).astype(np.float32)
        images = window_images(hounsfield, self._windows)  # type: ignore[arg-type]
        return SliceBatch(
            images,
            shares.astype(np.float32) / np.float32(255),
            masks,
            slice_findings(codes, shares),
            findings_defined(codes, shares),
        )
