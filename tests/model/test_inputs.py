from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from apnet_desktop.bundle.manifest import CtRecipe, FieldOfView
from apnet_desktop.errors import PredictionError, RoiError
from apnet_desktop.model.inputs import prepare_arrays, prepare_inputs, window_images
from tests.model import factory

RECIPE = CtRecipe(
    slices=5,
    slab=3.0,
    pixels=64,
    views=(FieldOfView(name="pancreas", width=128.0), FieldOfView(name="surroundings", width=256.0, extent=10.0)),
    windows=((40.0, 400.0),),
    peripancreatic_margin=15.0,
)


def ramp(
    shape: tuple[int, int, int], spacing: tuple[float, float, float], slopes: tuple[float, float, float]
) -> NDArray[np.int16]:
    """HU that rise linearly with position in mm along z, y, x."""
    z, y, x = (np.arange(n) * step for n, step in zip(shape, spacing, strict=True))
    field = slopes[0] * z[:, None, None] + slopes[1] * y[None, :, None] + slopes[2] * x[None, None, :]
    rounded: NDArray[np.int16] = np.rint(field).astype(np.int16)
    return rounded


def box(shape: tuple[int, int, int], *ranges: tuple[int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(slice(*one) for one in ranges)] = True
    return mask


@pytest.mark.parametrize("spacing", [(3.0, 0.8, 0.8), (1.0, 0.5, 0.7), (5.0, 2.5, 1.5)])
def test_a_linear_field_keeps_its_value_at_every_place(spacing: tuple[float, float, float]) -> None:
    """The triangle filter and the slab mean are exact for linear fields: geometry is right to the pixel."""
    shape = (int(90 / spacing[0]), int(290 / spacing[1]), int(290 / spacing[2]))
    slopes = (2.0, 1.5, -1.0)
    hounsfield = ramp(shape, spacing, slopes)
    centre = [n // 2 for n in shape]
    reach = [int(20 / step) for step in spacing]
    mask = box(shape, *((c - r, c + r + 1) for c, r in zip(centre, reach, strict=True)))
    inputs = prepare_arrays(hounsfield, mask, spacing, RECIPE)
    for v, view in enumerate(RECIPE.views):
        assert view.width is not None
        pixel = view.width / RECIPE.pixels
        middle = [(c - r + c + r) / 2 * step for c, r, step in zip(centre, reach, spacing, strict=True)]
        low = (centre[0] - reach[0] - 0.5) * spacing[0] - view.extent
        high = (centre[0] + reach[0] + 0.5) * spacing[0] + view.extent
        z = low + (np.arange(RECIPE.slices) + 0.5) / RECIPE.slices * (high - low)
        offsets = (np.arange(RECIPE.pixels) - (RECIPE.pixels - 1) / 2) * pixel
        expected = (
            slopes[0] * z[:, None, None]
            + slopes[1] * (middle[1] + offsets)[None, :, None]
            + slopes[2] * (middle[2] + offsets)[None, None, :]
        )
        difference = np.abs(inputs.hounsfield[v] - expected)
        # Half a HU of rounding in the volume and in the image; positions are rounded to 2^-8 of a slice; a slab inside
        # one thicker slice is that slice.
        inside_one = max(0.0, (spacing[0] - RECIPE.slab) / 2)
        assert difference.max() <= 1.1 + slopes[0] * (spacing[0] / 128 + inside_one)
        assert np.abs(inputs.slices[v] * spacing[0] - z).max() <= spacing[0] / 2 + 1e-9


def test_left_and_back_stay_where_they_are() -> None:
    """A mark to the left of and behind the ROI lies right of and below the centre of the image."""
    shape, spacing = (20, 100, 100), (3.0, 2.0, 2.0)
    hounsfield = np.full(shape, -100, dtype=np.int16)
    mask = box(shape, (5, 15), (45, 55), (45, 55))
    hounsfield[:, 60:64, 70:74] = 500
    hounsfield[8, 50, 50] = 0
    image = prepare_arrays(hounsfield, mask, spacing, RECIPE).hounsfield[0, 2]
    row, column = (float(places.mean()) for places in np.nonzero(image > 400))
    # 128 mm over 64 pixels: one pixel is one voxel here.
    assert row - 31.5 == pytest.approx(61.5 - 49.5, abs=0.1)
    assert column - 31.5 == pytest.approx(71.5 - 49.5, abs=0.1)


def test_weights_cover_the_roi_and_its_rim() -> None:
    shape, spacing = (30, 160, 160), (2.0, 1.0, 1.0)
    rng = np.random.default_rng(3)
    hounsfield = rng.integers(-50, 150, shape).astype(np.int16)
    k, j, i = np.ogrid[: shape[0], : shape[1], : shape[2]]
    mask = (((j - 80) ** 2 + (i - 80) ** 2) < 20**2) & (k >= 10) & (k < 20)
    inputs = prepare_arrays(hounsfield, mask, spacing, RECIPE)
    area = inputs.weights[0, :, 0].sum(axis=(1, 2)) / 255 * inputs.views[0].pixel ** 2
    np.testing.assert_allclose(area, np.pi * 20**2, rtol=0.02)
    rim = inputs.weights[0, :, 1].sum(axis=(1, 2)) / 255 * inputs.views[0].pixel ** 2
    np.testing.assert_allclose(rim, np.pi * (35**2 - 20**2), rtol=0.06)
    assert (inputs.weights[:, :, 0].astype(int) + inputs.weights[:, :, 1] <= 255).all()
    assert inputs.roi_volume == pytest.approx(mask.sum() * 2.0 / 1000)
    assert inputs.roi_extent == 20.0


def test_thin_and_thick_series_show_like_noise() -> None:
    """Noise of 1 mm slices is averaged over the slab: nearer to that of a 3 mm series than √3, as single slices are."""
    rng = np.random.default_rng(1)
    thin = np.rint(rng.normal(40, 30 * np.sqrt(3), (60, 120, 120))).astype(np.int16)
    thick = np.rint(rng.normal(40, 30, (20, 120, 120))).astype(np.int16)
    spread = [
        prepare_arrays(values, box(values.shape, (low, high), (50, 70), (50, 70)), (step, 1.0, 1.0), RECIPE)
        .hounsfield[0, :, 10:50, 10:50]
        .std()
        for values, low, high, step in ((thin, 15, 45, 1.0), (thick, 5, 15, 3.0))
    ]
    assert 1 / 1.4 < spread[0] / spread[1] < 1.4


def test_beyond_the_volume_is_air() -> None:
    hounsfield = np.full((10, 40, 40), 60, dtype=np.int16)
    mask = box(hounsfield.shape, (2, 8), (0, 10), (0, 10))
    hounsfield[5, 5, 5] = 61
    image = prepare_arrays(hounsfield, mask, (3.0, 2.0, 2.0), RECIPE).hounsfield[0, 2]
    assert image[0, 0] == -1024
    assert image[40, 40] in (60, 61)


def test_a_fitted_view_holds_the_roi_and_its_margin() -> None:
    recipe = RECIPE.model_copy(update={"views": (FieldOfView(name="pancreas", margin=10.0),)})
    hounsfield = np.random.default_rng(0).integers(0, 99, (10, 100, 100)).astype(np.int16)
    inputs = prepare_arrays(hounsfield, box(hounsfield.shape, (2, 8), (30, 40), (20, 70)), (3.0, 1.0, 1.0), recipe)
    assert inputs.views[0].pixel * recipe.pixels == pytest.approx(50 + 20)
    assert inputs.views[0].centre == (34.5, 44.5)


def test_windows_map_their_edges_to_0_and_1() -> None:
    hounsfield = np.array([[-1000, -160, 40, 240, 1000]], dtype=np.int16)
    np.testing.assert_allclose(window_images(hounsfield, ((40.0, 400.0),))[0, 0], [0, 0, 0.5, 1, 1], atol=1e-6)


def test_same_inputs_in_any_memory_order_give_the_same_bytes() -> None:
    volume, roi = factory.body()
    plan = factory.manifest().ct
    first = prepare_inputs(volume, roi, plan)
    turned = replace(volume, hounsfield=np.asfortranarray(volume.hounsfield))
    assert prepare_inputs(turned, roi, plan).digest() == first.digest()
    again = prepare_arrays(volume.hounsfield, roi.mask, factory.SPACING, plan)
    assert again.digest() == first.digest()


def test_an_empty_roi_and_another_grid_are_named() -> None:
    volume, roi = factory.body()
    plan = factory.manifest().ct
    with pytest.raises(RoiError) as caught:
        prepare_inputs(volume, replace(roi, mask=np.zeros_like(roi.mask)), plan)
    assert caught.value.message.id == "model.roi_empty"
    moved = roi.geometry.model_copy(update={"origin": (0.0, 0.0, 1.0)})
    with pytest.raises(RoiError) as caught:
        prepare_inputs(volume, replace(roi, geometry=moved), plan)
    assert caught.value.message.id == "model.roi_other_grid"


def test_a_constant_image_is_refused() -> None:
    volume, roi = factory.body()
    with pytest.raises(PredictionError) as caught:
        prepare_inputs(replace(volume, hounsfield=np.zeros_like(volume.hounsfield)), roi, factory.manifest().ct)
    assert caught.value.message.id == "model.constant_image"


@settings(max_examples=30, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 24)] * 3),
    spacing=st.tuples(*[st.floats(0.3, 8.0)] * 3),
    place=st.tuples(*[st.floats(0, 0.999)] * 3),
)
def test_any_roi_on_any_grid_gives_whole_inputs(
    shape: tuple[int, int, int], spacing: tuple[float, float, float], place: tuple[float, float, float]
) -> None:
    hounsfield = np.random.default_rng(0).integers(-1024, 3000, shape).astype(np.int16)
    corner = tuple(int(p * n) for p, n in zip(place, shape, strict=True))
    mask = np.zeros(shape, dtype=bool)
    mask[corner] = True
    mask[tuple(slice(c, c + 3) for c in corner)] = True
    hounsfield[corner] = -1024
    if np.ptp(hounsfield[mask]) == 0:
        return
    inputs = prepare_arrays(hounsfield, mask, spacing, RECIPE)
    assert inputs.hounsfield.min() >= -1024
    assert inputs.hounsfield.max() <= 3000
    assert ((inputs.slices >= 0) & (inputs.slices < shape[0])).all()
    assert np.isfinite(inputs.images).all()
    assert inputs.weights[0, :, 0].any()
