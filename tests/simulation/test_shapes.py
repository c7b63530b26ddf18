import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from apnet_desktop.simulation.shapes import FAR, Ellipsoid, Plane, Prism, Shape, Tube, smooth_curve
from apnet_desktop.simulation.texture import Texture

STEP = 0.7


def plane(columns: range, rows: range, z: float) -> Plane:
    x = (-80 + np.array(columns) * STEP).astype(np.float32)
    y = (-80 + np.array(rows) * STEP).astype(np.float32)
    return Plane(x, y, z)


def spread(shape: Shape, where: Plane) -> NDArray[np.float32]:
    """Distances over the whole plane, FAR outside the patch."""
    values = np.full((len(where.y), len(where.x)), np.float32(FAR))
    told = shape.distance(where)
    if told is not None:
        patch, distance = told
        values[patch.rows, patch.columns] = distance
    return values


def test_a_ball_is_as_far_as_geometry_says() -> None:
    where = plane(range(230), range(230), 7.0)
    found = spread(Ellipsoid((3.0, -5.0, 2.0), (30.0, 30.0, 30.0)), where)
    x, y = np.meshgrid(where.x, where.y)
    exact = np.sqrt((x - 3.0) ** 2 + (y + 5.0) ** 2 + 25.0) - 30.0
    near = np.abs(exact) < FAR - 0.5
    assert np.abs(found - exact)[near].max() < 1e-3
    assert (found[exact > FAR] > FAR - 0.01).all()


@pytest.mark.parametrize("angle", [0.0, 0.6, -1.2])
def test_an_ellipsoid_holds_its_volume(angle: float) -> None:
    shape = Ellipsoid((0.0, 0.0, 0.0), (40.0, 20.0, 15.0), angle)
    voxels = sum(
        int((spread(shape, plane(range(230), range(230), float(z))) < 0).sum()) for z in np.arange(-20, 20, 0.5)
    )
    assert voxels * STEP**2 * 0.5 == pytest.approx(4 / 3 * np.pi * 40 * 20 * 15, rel=0.005)


def test_a_tube_is_the_union_of_its_balls() -> None:
    rng = np.random.default_rng(4)
    points = rng.uniform(-40, 40, (25, 3))
    radii = rng.uniform(3, 12, 25)
    where = plane(range(230), range(230), 4.0)
    x, y = np.meshgrid(where.x, where.y)
    exact = np.min(
        [
            np.sqrt((x - p[0]) ** 2 + (y - p[1]) ** 2 + (4.0 - p[2]) ** 2) - r
            for p, r in zip(points, radii, strict=True)
        ],
        axis=0,
    )
    found = spread(Tube(points, radii), where)
    assert np.abs(found - np.minimum(exact, FAR)).max() < 1e-3


def test_balls_of_one_radius_take_a_short_cut_with_the_same_result() -> None:
    points = smooth_curve(np.array([[-40.0, -20, -6], [0, 30, 0], [40, -10, 5]]), 60)
    where = plane(range(230), range(230), 1.0)
    alike = spread(Tube(points, 6.0), where)
    radii = np.full(60, 6.0)
    radii[-1] = 5.9999
    assert np.abs(alike - spread(Tube(points, radii), where)).max() < 1e-3


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 150), st.integers(0, 150), st.integers(2, 70), st.integers(2, 70), st.floats(-30, 30))
def test_a_pixel_does_not_depend_on_the_window_around_it(
    left: int, top: int, width: int, height: int, z: float
) -> None:
    texture = Texture(9.0, (3.3, 1.2, 7.7))
    points = smooth_curve(np.array([[-50.0, -20, -10], [0, 30, 0], [45, -10, 12]]), 70)
    shapes: list[Shape] = [
        Ellipsoid((3.0, -5.0, 2.0), (42.0, 25.0, 30.0), 0.4, texture, 3.0),
        Tube(points, 8.0, texture, 2.0),
        Tube(points, np.linspace(3, 12, 70)),
        Prism((0.0, 2.0), (70.0, 50.0)),
    ]
    columns, rows = range(left, min(left + width, 230)), range(top, min(top + height, 230))
    for shape in shapes:
        whole = spread(shape, plane(range(230), range(230), z))
        part = spread(shape, plane(columns, rows, z))
        assert np.array_equal(part, whole[rows.start : rows.stop, columns.start : columns.stop])


def test_nothing_is_nearer_than_far_outside_the_box() -> None:
    shape = Tube(np.array([[0.0, 0, 0], [5, 0, 0]]), 7.0, Texture(8.0, (0.5, 0.5, 0.5)), 2.0)
    low_x, high_x, low_y, high_y, low_z, high_z = shape.box
    assert shape.distance(plane(range(230), range(230), high_z + 0.1)) is None
    assert shape.distance(plane(range(230), range(230), low_z - 0.1)) is None
    where = plane(range(230), range(230), 0.0)
    values = spread(shape, where)
    x, y = np.meshgrid(where.x, where.y)
    outside = (x < low_x) | (x > high_x) | (y < low_y) | (y > high_y)
    assert (values[outside] == np.float32(FAR)).all()


def test_a_curve_goes_through_its_knots() -> None:
    knots = np.array([[0.0, 0, 0], [10, 5, 1], [20, -5, 3], [30, 0, 9]])
    curve = smooth_curve(knots, 31)
    assert np.allclose(curve[[0, 10, 20, 30]], knots)
