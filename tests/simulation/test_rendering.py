import numpy as np
import pytest
from numpy.typing import NDArray

from apnet_desktop.simulation.labels import Tissue
from apnet_desktop.simulation.patient import SimulatedPatient, simulate_patient
from apnet_desktop.simulation.rendering import (
    RenderedCt,
    Window,
    disease_window,
    measure_patient,
    render_partial,
    render_roi,
    render_slices,
    render_volume,
)

from .conftest import SEED


def centre(patient: SimulatedPatient, rendered: RenderedCt, tissue: Tissue) -> NDArray[np.float64]:
    """Mean LPS position of a tissue, mm."""
    k, j, i = np.nonzero(rendered.labels == int(tissue))
    positions = patient.series.geometry.to_patient(np.stack([i, j, k], axis=1).astype(float))
    return np.asarray(positions.mean(axis=0))


def test_organs_lie_on_their_own_side(patient: SimulatedPatient, rendered: RenderedCt) -> None:
    liver, spleen, stomach, bone, gland = (
        centre(patient, rendered, tissue)
        for tissue in (Tissue.LIVER, Tissue.SPLEEN, Tissue.STOMACH, Tissue.BONE, Tissue.PANCREAS)
    )
    assert liver[0] < -40 < 40 < spleen[0]  # x grows to the patient's left
    assert stomach[0] > 0
    assert bone[1] > gland[1] > stomach[1]  # y grows to the back
    assert liver[2] > gland[2] - 5  # z grows to the head


def test_rows_and_columns_of_the_array_follow_the_patient(rendered: RenderedCt) -> None:
    columns = np.nonzero(rendered.labels == int(Tissue.LIVER))[2]
    rows = np.nonzero(rendered.labels == int(Tissue.BONE))[1]
    assert columns.mean() < 256 < rows.mean()  # liver left in the picture, spine below


def test_tissues_have_the_attenuation_that_radiologists_know(rendered: RenderedCt, patient: SimulatedPatient) -> None:
    def inside(tissue: Tissue) -> NDArray[np.int16]:
        return np.asarray(rendered.volume.hounsfield[rendered.labels == int(tissue)])

    assert patient.series.portal_venous
    limits = {
        Tissue.FAT: (-115, -80), Tissue.LIVER: (80, 140), Tissue.SPLEEN: (90, 160), Tissue.PANCREAS: (70, 130),
        Tissue.MUSCLE: (25, 80), Tissue.AIR: (-1024, -950), Tissue.NECROSIS: (5, 75), Tissue.COLLECTION: (-10, 45),
        Tissue.LUNG: (-900, -700), Tissue.KIDNEY: (110, 210), Tissue.VESSEL: (110, 220),
    }  # fmt: skip
    for tissue, (lower, upper) in limits.items():
        assert lower < np.median(inside(tissue)) < upper, tissue


def test_noise_in_the_middle_of_the_trunk_is_the_stated_one(patient: SimulatedPatient) -> None:
    """Two slices of one place are not at hand, so the noise is the scatter in homogeneous liver, near the middle."""
    part = render_slices(patient, range(patient.series.geometry.size[2]))
    scatter = []
    for hounsfield, labels in zip(part.hounsfield, part.labels, strict=True):
        for top in range(200, 300, 14):
            for left in range(150, 300, 14):
                window = (slice(top, top + 14), slice(left, left + 14))
                if (labels[window] == int(Tissue.LIVER)).all():
                    scatter.append(hounsfield[window].astype(float).var())
    measured = np.sqrt(np.median(scatter))
    assert 10 <= patient.series.noise <= 25
    assert 0.7 * patient.series.noise < measured < 1.15 * patient.series.noise


def test_any_window_of_any_slice_is_bit_for_bit_the_volume(patient: SimulatedPatient, rendered: RenderedCt) -> None:
    rng = np.random.default_rng(2)
    depth = patient.series.geometry.size[2]
    for _ in range(8):
        top, left = (int(n) for n in rng.integers(0, 380, 2))
        window = Window((top, top + int(rng.integers(2, 130))), (left, left + int(rng.integers(2, 130))))
        slices = [int(k) for k in rng.integers(0, depth, 3)]
        part = render_slices(patient, slices, window)
        place = np.ix_(np.array(slices), np.arange(*window.rows), np.arange(*window.columns))
        assert np.array_equal(part.hounsfield, rendered.volume.hounsfield[place])
        assert np.array_equal(part.labels, rendered.labels[place])


def test_a_partial_volume_holds_the_asked_slices_and_the_whole_roi(
    patient: SimulatedPatient, rendered: RenderedCt
) -> None:
    slices = [int(k) for k in rendered.roi.slices()[::5]]
    part = render_partial(patient, slices)
    assert np.array_equal(part.volume.hounsfield[slices], rendered.volume.hounsfield[slices])
    assert part.volume.geometry == rendered.volume.geometry
    assert part.volume.source_uids == rendered.volume.source_uids
    assert part.roi.digest() == rendered.roi.digest()


def test_the_roi_alone_is_the_roi_of_the_volume(patient: SimulatedPatient, rendered: RenderedCt) -> None:
    assert render_roi(patient).digest() == rendered.roi.digest()
    assert rendered.roi.volume == pytest.approx(measure_patient(patient).gland_volume, abs=0.01)


def test_findings_are_those_of_the_whole_label_map(patient: SimulatedPatient, rendered: RenderedCt) -> None:
    """Counted here from the label map of the volume, with SciPy's distance transform for the rim."""
    from scipy.ndimage import distance_transform_edt

    found = measure_patient(patient)
    labels = rendered.labels
    counts = {tissue: int((labels == int(tissue)).sum()) for tissue in Tissue}
    voxel = rendered.volume.geometry.voxel_volume
    assert found.collection_volume == pytest.approx(counts[Tissue.COLLECTION] * voxel, abs=0.01)
    living, dead, duct = counts[Tissue.PANCREAS], counts[Tissue.NECROSIS], counts[Tissue.DUCT]
    assert found.necrosis_share == pytest.approx(dead / (living + dead), abs=1e-4)
    assert found.duct_ratio == pytest.approx(np.sqrt(duct / (living + duct)), abs=1e-4)
    x, y, z = rendered.volume.geometry.spacing
    slices, window = disease_window(patient)
    box = (slice(slices.start, slices.stop), slice(*window.rows), slice(*window.columns))
    rim = distance_transform_edt(~rendered.roi.mask[box], sampling=(z, y, x)) < 15.0
    stranded, fat = ((labels[box] == int(t))[rim].sum() for t in (Tissue.STRANDING, Tissue.FAT))
    # The rim is told from the smooth gland here, and from its voxels there.
    assert found.stranding_share == pytest.approx(stranded / (stranded + fat), abs=0.03)


@pytest.mark.parametrize("index", range(4))
def test_what_is_asked_for_is_what_the_raster_shows(index: int) -> None:
    patient = simulate_patient(SEED + 1, index)
    found, asked = measure_patient(patient), patient.request
    assert found.gland_volume == pytest.approx(asked.gland_volume, rel=0.05)
    assert found.necrosis_share == pytest.approx(asked.necrosis_share, abs=0.03)
    assert found.collection_volume == pytest.approx(asked.collection_volume, rel=0.08, abs=1.0)
    assert found.stranding_share == pytest.approx(asked.stranding_share, abs=0.03)
    assert found.duct_ratio == pytest.approx(asked.duct_ratio, abs=0.045)
    assert found.vein_occluded == asked.vein_occluded


def test_progress_ends_at_one(patient: SimulatedPatient) -> None:
    seen: list[float] = []
    render_volume(simulate_patient(patient.seed, patient.index), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
