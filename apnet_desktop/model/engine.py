"""One interface for everything that can run the network; which one runs is part of `Compute`. No torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.errors import PredictionError
from apnet_desktop.language import Message
from apnet_desktop.model.features import Features, features_of
from apnet_desktop.model.inputs import ModelInputs

__all__ = ["DeviceMemoryError", "Engine", "extract_features"]


class DeviceMemoryError(Exception):
    """The device has too little memory for one batch. On a GPU the caller goes on with the CPU."""


class Engine(Protocol):
    """Runs backbones, projections and pooling."""

    batch: int

    def vectors(self, view: int, images: NDArray[np.float32], maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pooled vectors of images of one view.

        Args:
            view: Whose projections.
            images: (n, channels, pixels, pixels), 0...1; n at most `batch`.
            maps: (n, 2, pixels, pixels), 0...1: ROI and rim.

        Returns:
            (n, scales of a view, width).

        Raises:
            DeviceMemoryError: Out of memory.
        """
        ...

    def projected(self, view: int, images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Projected maps of images of one view, for heat maps: for each scale (n, embedding, y, x)."""
        ...


def extract_features(engine: Engine, inputs: ModelInputs, progress: Callable[[float], None] | None = None) -> Features:
    """Runs the network over every image of a patient, always in the same batches.

    Args:
        engine: Where.
        inputs: The patient.
        progress: Called with the fraction done after each batch.

    Raises:
        DeviceMemoryError: Out of memory.
        PredictionError: The network gave numbers that are not finite.
    """
    views, slices = inputs.hounsfield.shape[:2]
    images, maps = inputs.images, inputs.maps
    rows = []
    for view in range(views):
        parts = []
        for start in range(0, slices, engine.batch):
            part = slice(start, start + engine.batch)
            parts.append(engine.vectors(view, images[view, part], maps[view, part]))
            if progress is not None:
                progress((view * slices + min(start + engine.batch, slices)) / (views * slices))
        rows.append(np.concatenate(parts))
    vectors = np.stack(rows)
    if not np.isfinite(vectors).all():
        raise PredictionError(Message.of("model.not_finite"))
    return features_of(inputs, vectors)
