"""Model inputs of one patient as a file, so that a run that was cut off renders nobody twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from apnet_desktop.bundle.manifest import CtRecipe
from apnet_desktop.model.inputs import ModelInputs, ViewGeometry

__all__ = ["load_inputs", "patient_file", "save_inputs"]


def patient_file(folder: Path, number: int) -> Path:
    """File of patient `number`."""
    return folder / f"{number:06d}.safetensors"


def save_inputs(path: Path, inputs: ModelInputs) -> None:
    """Keeps one patient's inputs, all or nothing."""
    places = np.array([(*view.centre, view.pixel, *view.step) for view in inputs.views])
    arrays: dict[str, NDArray[np.generic]] = {
        "hounsfield": np.ascontiguousarray(inputs.hounsfield),
        "weights": np.ascontiguousarray(inputs.weights),
        "slices": np.ascontiguousarray(inputs.slices),
        "places": places,
        "size": np.array([inputs.roi_volume, inputs.roi_extent]),
    }
    partial = path.with_suffix(".partial")
    save_file(arrays, partial, metadata={"views": ",".join(view.name for view in inputs.views)})
    partial.replace(path)


def load_inputs(path: Path, recipe: CtRecipe) -> ModelInputs:
    """What `save_inputs` kept."""
    arrays = load_file(path)
    with safe_open(path, framework="numpy") as file:
        names = file.metadata()["views"].split(",")
    views = tuple(
        ViewGeometry(name, (float(place[0]), float(place[1])), float(place[2]), (float(place[3]), float(place[4])))
        for name, place in zip(names, arrays["places"], strict=True)
    )
    volume, extent = (float(value) for value in arrays["size"])
    return ModelInputs(arrays["hounsfield"], arrays["weights"], arrays["slices"], views, recipe.windows, volume, extent)
