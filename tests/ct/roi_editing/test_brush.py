"""The brush covers what a brute-force distance to the path says, in millimetres, whatever the spacing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnet_desktop.ct.roi_editing.brush import swept_brush

_SHAPE = (9, 21, 25)
_SPACING = (3.0, 0.9, 0.7)


@settings(max_examples=25, deadline=None)
@given(
    start=st.tuples(st.floats(-2, 10), st.floats(-3, 23), st.floats(-3, 27)),
    end=st.tuples(st.floats(-2, 10), st.floats(-3, 23), st.floats(-3, 27)),
    radius=st.floats(0.6, 8.0),
    flat_axis=st.sampled_from([None, 0, 1, 2]),
)
def test_brush_equals_brute_force(
    start: tuple[float, float, float], end: tuple[float, float, float], radius: float, flat_axis: int | None
) -> None:
    got = np.zeros(_SHAPE, dtype=np.bool_)
    swept = swept_brush(start, end, radius, _SPACING, _SHAPE, flat_axis)
    if swept is not None:
        got[swept[0]] = swept[1]
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in _SHAPE), indexing="ij"), axis=-1) * np.array(_SPACING)
    a, b = np.array(start) * _SPACING, np.array(end) * _SPACING
    scale = np.ones(3)
    if flat_axis is not None:
        scale[flat_axis] = 0.0
    parts = np.linspace(0, 1, 200)
    path = a + parts[:, None] * (b - a)
    distance = np.full(_SHAPE, np.inf)
    for point in path:
        distance = np.minimum(distance, np.sqrt((((grid - point) * scale) ** 2).sum(-1)))
    if flat_axis is not None:
        index = np.arange(_SHAPE[flat_axis]).reshape([-1 if n == flat_axis else 1 for n in range(3)])
        distance = np.where(index == round(end[flat_axis]), distance, np.inf)
    assert not (got & (distance > radius + max(_SPACING) + 1e-9)).any()
    assert not (~got & (distance < radius - 1e-6)).any()
    ends = {tuple(round(value) for value in point) for point in (start, end)}
    extra = {tuple(index) for index in np.argwhere(got & (distance > radius + 2e-2)).tolist()}
    flat = {tuple(round(end[n]) if n == flat_axis else point[n] for n in range(3)) for point in ends}
    assert extra <= flat


@pytest.mark.parametrize("flat_axis", [None, 0, 1, 2])
def test_the_smallest_brush_paints_the_voxel_under_it(flat_axis: int | None) -> None:
    swept = swept_brush((4.0, 10.2, 12.4), (4.0, 10.2, 12.4), 0.01, _SPACING, _SHAPE, flat_axis)
    assert swept is not None
    mask = np.zeros(_SHAPE, dtype=np.bool_)
    mask[swept[0]] = swept[1]
    assert np.argwhere(mask).tolist() == [[4, 10, 12]]


def test_nothing_is_painted_outside() -> None:
    assert swept_brush((20.0, 10.0, 10.0), (20.0, 11.0, 10.0), 2.0, _SPACING, _SHAPE, 0) is None
