"""Pictures of the CT: left is left, a millimetre is a millimetre, and the outline is the ROI's."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume, SeriesDescription
from apnet_desktop.report.picture import Picture, Plane
from apnet_desktop.report.thumbnails import PRINTED_WIDTH, influential_pictures, roi_thumbnails
from tests.report.factory import phantom

SPACING = (1.25, 0.8, 3.0)


def _volume(marker: tuple[int, int, int]) -> tuple[CtVolume, Roi]:
    """Water with a 40 x 30 x 5 voxel box as the ROI in the middle and one bright cube at `marker` (k, j, i)."""
    geometry = Geometry(size=(120, 120, 30), origin=(-75.0, -48.0, 0.0), spacing=SPACING)
    values = np.zeros(geometry.shape, dtype=np.int16)
    mask = np.zeros(geometry.shape, dtype=np.bool_)
    mask[12:17, 45:75, 40:80] = True
    k, j, i = marker
    values[k - 1 : k + 2, j - 2 : j + 3, i - 2 : i + 3] = 1000
    volume = CtVolume(values, geometry, PatientIdentity(), SeriesDescription(series_uid="1"))
    return volume, Roi(mask=mask, geometry=geometry)


def _pixels(picture: Picture) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    image = np.asarray(Image.open(io.BytesIO(picture.png_bytes)))
    assert image.dtype == np.uint8
    return image


def _bright_centre(picture: Picture) -> tuple[float, float]:
    """(x, y) of what is brighter than water, in mm from the upper left corner."""
    pixels = _pixels(picture)
    rows, columns = np.nonzero(pixels > 200)
    return (
        float(columns.mean() + 0.5) * picture.width / pixels.shape[1],
        float(rows.mean() + 0.5) * picture.height / pixels.shape[0],
    )


def test_what_is_on_the_patient_s_left_is_on_the_right_of_the_page() -> None:
    """i grows to the left, j to the back: a marker at large i and large j lies right and low on the axial picture."""
    axial, _ = roi_thumbnails(*_volume((12, 80, 85)))
    x, y = _bright_centre(axial)
    assert x > axial.width / 2
    assert y > axial.height / 2
    assert (axial.left, axial.right, axial.top, axial.bottom) == ("R", "L", "A", "P")


def test_the_head_is_on_top_of_the_coronal_picture() -> None:
    volume, roi = _volume((22, 45, 60))
    _, coronal = roi_thumbnails(volume, roi)
    assert coronal.plane is Plane.CORONAL
    _, y = _bright_centre(coronal)
    assert y < coronal.height / 2
    assert (coronal.top, coronal.bottom) == ("H", "F")


@pytest.mark.parametrize(
    ("direction", "letters"),
    [
        (((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), ("L", "R", "A", "P")),
        (((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)), ("R", "L", "P", "A")),
    ],
)
def test_letters_follow_the_geometry_and_not_a_habit(
    direction: tuple[tuple[float, float, float], ...], letters: tuple[str, str, str, str]
) -> None:
    volume, roi = _volume((14, 60, 60))
    turned = volume.geometry.model_copy(update={"direction": direction})
    axial, _ = roi_thumbnails(
        CtVolume(volume.hounsfield, turned, volume.identity, volume.series), Roi(mask=roi.mask, geometry=turned)
    )
    assert (axial.left, axial.right, axial.top, axial.bottom) == letters


def test_the_outline_encloses_the_roi_s_area_in_millimetres() -> None:
    """Half-way between voxel centres: 40 x 30 voxels of 1.25 x 0.8 mm, less what the four cut corners take."""
    axial, coronal = roi_thumbnails(*_volume((14, 60, 60)))
    assert _area(axial) == pytest.approx(40 * 1.25 * 30 * 0.8, rel=0.01)
    assert _area(coronal) == pytest.approx(40 * 1.25 * 5 * 3.0, rel=0.02)


def _area(picture: Picture) -> float:
    (outline,) = picture.outlines
    x, y = np.array(outline).T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def test_the_outline_lies_on_the_roi() -> None:
    """The ROI is filled with bright voxels; the outline's box and the bright pixels' box agree to a millimetre."""
    volume, roi = _volume((14, 60, 60))
    values = np.where(roi.mask, 1000, 0).astype(np.int16)
    for picture in roi_thumbnails(CtVolume(values, volume.geometry, volume.identity, volume.series), roi):
        pixels = _pixels(picture)
        rows, columns = np.nonzero(pixels > 127)
        points = np.array([point for outline in picture.outlines for point in outline])
        scale_x, scale_y = picture.width / pixels.shape[1], picture.height / pixels.shape[0]
        assert points[:, 0].min() == pytest.approx(columns.min() * scale_x, abs=1.0)
        assert points[:, 0].max() == pytest.approx((columns.max() + 1) * scale_x, abs=1.0)
        assert points[:, 1].min() == pytest.approx(rows.min() * scale_y, abs=2.0)
        assert points[:, 1].max() == pytest.approx((rows.max() + 1) * scale_y, abs=2.0)


def test_pictures_have_two_hundred_dots_per_inch_and_true_proportions() -> None:
    for picture in roi_thumbnails(*phantom()):
        pixels = _pixels(picture)
        assert pixels.shape[1] / (PRINTED_WIDTH / 25.4) >= 200
        assert pixels.shape[1] / pixels.shape[0] == pytest.approx(picture.width / picture.height, rel=0.01)
        assert picture.scale_bar <= picture.width / 3


def test_influential_slices_are_the_ones_named() -> None:
    volume, roi = phantom()
    first, second = influential_pictures(volume, roi, ((22, 0.31), (17, -0.12)))
    assert (first.number, first.log_odds) == (23, 0.31)
    assert (second.number, second.log_odds) == (18, -0.12)
    assert first.png != second.png


def test_a_roi_on_another_grid_is_a_bug() -> None:
    volume, _ = phantom()
    _, other = _volume((14, 60, 60))
    with pytest.raises(ValueError, match="another grid"):
        roi_thumbnails(volume, other)
