"""Model inputs of simulated patients without DICOM: only the slices that the recipe looks at are rendered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.manifest import CtRecipe, FieldOfView
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.roi import Roi
from apnet_desktop.model.inputs import ModelInputs, prepare_arrays
from apnet_desktop.simulation.patient import SimulatedPatient
from apnet_desktop.simulation.rendering import RenderedSlices, Window, render_roi, render_slices

__all__ = ["inputs_and_labels", "simulated_inputs", "slices_in_sight"]


def slices_in_sight(roi: Roi, recipe: CtRecipe) -> tuple[int, ...]:
    """Every slice that may have a part in an image of the recipe, ascending."""
    depth, spacing = roi.geometry.size[2], roi.geometry.spacing[2]
    touched = roi.slices()
    found: set[int] = set()
    for view in recipe.views:
        low = max((touched[0] - 0.5) * spacing - view.extent, -0.5 * spacing)
        high = min((touched[-1] + 0.5) * spacing + view.extent, (depth - 0.5) * spacing)
        for n in range(recipe.slices):
            position = low + (n + 0.5) / recipe.slices * (high - low)
            first = np.floor((position - recipe.slab / 2) / spacing + 0.5 - 1e-6)
            last = np.ceil((position + recipe.slab / 2) / spacing + 0.5 + 1e-6)
            found.update(range(max(int(first), 0), min(int(last), depth)))
    return tuple(sorted(found))


def _window_in_sight(roi: Roi, recipe: CtRecipe) -> Window:
    """Rows and columns of the widest view, and a margin for its filter."""
    rows, columns = np.flatnonzero(roi.mask.any(axis=(0, 2))), np.flatnonzero(roi.mask.any(axis=(0, 1)))
    spacing_x, spacing_y, _ = roi.geometry.spacing
    return Window(
        rows=_span(rows, recipe.views, recipe.pixels, spacing_y, roi.geometry, axis=1),
        columns=_span(columns, recipe.views, recipe.pixels, spacing_x, roi.geometry, axis=0),
    )


def _span(
    touched: NDArray[np.intp],
    views: tuple[FieldOfView, ...],
    pixels: int,
    spacing: float,
    geometry: Geometry,
    axis: int,
) -> tuple[int, int]:
    centre = (int(touched[0]) + int(touched[-1])) / 2
    # A view fitted to the box is as wide as the longer side: the whole plane is then taken.
    widths = [view.width for view in views]
    if any(width is None for width in widths):
        return 0, geometry.size[axis]
    width = max(width for width in widths if width is not None)
    half = width / 2 / spacing + 2 * width / pixels / spacing + 3
    return max(int(centre - half), 0), min(int(centre + half) + 2, geometry.size[axis])


def simulated_inputs(patient: SimulatedPatient, recipe: CtRecipe) -> ModelInputs:
    """The same inputs as from the patient's DICOM series and true ROI, at a fraction of the cost."""
    return _rendered(patient, recipe)[0]


def inputs_and_labels(patient: SimulatedPatient, recipe: CtRecipe) -> tuple[ModelInputs, NDArray[np.uint8]]:
    """Inputs, and the label map on the patient's grid where it was rendered (0 elsewhere), for pre-training."""
    inputs, part = _rendered(patient, recipe)
    labels = np.zeros(patient.series.geometry.shape, np.uint8)
    labels[_place(part)] = part.labels
    return inputs, labels


def _rendered(patient: SimulatedPatient, recipe: CtRecipe) -> tuple[ModelInputs, RenderedSlices]:
    roi = render_roi(patient)
    part = render_slices(patient, slices_in_sight(roi, recipe), _window_in_sight(roi, recipe))
    # What is not rendered is not looked at: untouched memory is not even claimed from the system.
    hounsfield = np.zeros(patient.series.geometry.shape, np.int16)
    hounsfield[_place(part)] = part.hounsfield
    x, y, z = patient.series.geometry.spacing
    return prepare_arrays(hounsfield, roi.mask, (z, y, x), recipe), part


def _place(part: RenderedSlices) -> tuple[NDArray[np.intp], ...]:
    return np.ix_(np.array(part.slices), np.arange(*part.window.rows), np.arange(*part.window.columns))
