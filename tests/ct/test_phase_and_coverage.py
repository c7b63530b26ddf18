"""Phase and coverage as a radiologist would call them, on real series and on simple bodies."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.acquisition_checks import contrast_check, time_since_onset_check
from apnet_desktop.ct.contrast import phase_from_text
from apnet_desktop.ct.coverage import coverage_check, measure_content
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.selection import is_sharp_kernel
from apnet_desktop.ct.vessels import phase_from_picture
from apnet_desktop.ct.volume_files import read_volume_file
from tests.shared_data import shared_data

SPACING = (0.8, 0.8)
PHASES = ("none", "arterial", "portal_venous", "delayed", "enhanced", "unknown")


def body(liver: float = 60.0, aorta: float = 40.0, lung: float = 0.0, noise: float = 12.0) -> NDArray[np.int16]:
    """An axial slice: an ellipse of fat and muscle, a liver, a spine, an aorta before it, lungs of `lung` cm²."""
    rng = np.random.default_rng(3)
    y, x = (np.indices((400, 480)) - np.array([200, 240])[:, None, None]) * SPACING[0]
    image = np.full(x.shape, -1000.0)
    image[(x / 170) ** 2 + (y / 120) ** 2 < 1] = -100.0
    image[(x / 155) ** 2 + (y / 105) ** 2 < 1] = 55.0
    image[((x + 70) / 65) ** 2 + ((y + 15) / 60) ** 2 < 1] = liver
    image[(x / 22) ** 2 + ((y - 62) / 18) ** 2 < 1] = 160.0
    shell = (x / 22) ** 2 + ((y - 62) / 18) ** 2
    image[(shell >= 0.75) & (shell < 1)] = 500.0
    image[((x - 18) / 11) ** 2 + ((y - 26) / 11) ** 2 < 1] = aorta
    if lung:
        radius = np.sqrt(lung * 100.0 / np.pi)
        image[(x - 80) ** 2 + (y - 0) ** 2 < radius**2] = -850.0
    return np.rint(image + rng.normal(0, noise, image.shape)).astype(np.int16)


@pytest.mark.parametrize(
    ("liver", "aorta", "expected"),
    [(58, 42, "none"), (65, 280, "arterial"), (105, 150, "portal_venous"), (100, 145, "portal_venous")],
)
@pytest.mark.parametrize("noise", [8.0, 25.0])
def test_phase_of_a_simple_body(liver: float, aorta: float, expected: str, noise: float) -> None:
    samples = [body(liver, aorta, noise=noise) for _ in range(5)]
    assert phase_from_picture(samples, SPACING) == expected


def test_air_has_no_phase() -> None:
    assert phase_from_picture([np.full((100, 100), -1000, np.int16)] * 3, SPACING) == "unknown"


def test_real_series_without_contrast() -> None:
    for name in ("example_ct.nii.gz", "example_ct_sm.nii.gz"):
        volume = read_volume_file(shared_data("nifti-with-masks") / name)
        assert volume.series.phase == "none"


@pytest.mark.parametrize("name", ["abdomen-portal-venous", "abdomen-j2k-with-mask"])
def test_real_series_with_contrast_that_no_tag_names(name: str) -> None:
    assert scan(shared_data(name)).series[0].description.phase == "portal_venous"


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ("Abdomen portal venous 1.0", "portal_venous"),
        ("PV 3mm", "portal_venous"),
        ("门静脉期 1mm", "portal_venous"),
        ("动脉期", "arterial"),
        ("ARTERIAL", "arterial"),
        ("平扫 5mm", "none"),
        ("CT ABD W/O", "none"),
        ("延迟期", "delayed"),
        ("arterial and portal venous", None),
        ("LUNG BASES 5MM", None),
        ("PARTIAL", None),
    ],
)
def test_phase_named_by_text(text: str, phase: str | None) -> None:
    assert phase_from_text(text) == phase


def test_missing_contrast_is_warned_of_or_refused_as_the_bundle_says() -> None:
    assert contrast_check("none", CtRequirements()).state is CheckState.WARNED
    assert contrast_check("none", CtRequirements(requires_contrast=True)).state is CheckState.REFUSED
    assert contrast_check("portal_venous", CtRequirements()).state is CheckState.PASSED
    assert contrast_check("arterial", CtRequirements()).state is CheckState.WARNED


@pytest.mark.parametrize("lung", [10.0, 40.0, 120.0])
def test_lung_is_measured(lung: float) -> None:
    assert measure_content(body(lung=lung), SPACING).lung == pytest.approx(lung, rel=0.15, abs=2.0)


@pytest.mark.parametrize(
    ("lungs", "extent", "state"),
    [
        ((0.0, 0.0, 90.0), 300.0, CheckState.PASSED),
        ((0.0, 60.0), 50.0, CheckState.WARNED),
        ((0.0, 0.0), 300.0, CheckState.WARNED),
        ((40.0, 100.0), 200.0, CheckState.WARNED),
        ((120.0, 130.0), 300.0, CheckState.REFUSED),
    ],
)
def test_coverage(lungs: tuple[float, ...], extent: float, state: CheckState) -> None:
    contents = [measure_content(body(lung=lung), SPACING) for lung in lungs]
    assert coverage_check(contents, extent).state is state


def test_the_pancreas_is_not_in_a_scan_of_chest_and_upper_liver() -> None:
    result = scan(shared_data("abdomen-no-pancreas"))
    assert result.preselected is None
    assert result.series[0].sentence.id == "ct.coverage_above"


@pytest.mark.parametrize(
    ("acquired", "onset", "state"),
    [
        (date(2026, 3, 14), date(2026, 3, 13), CheckState.WARNED),
        (date(2026, 3, 14), date(2026, 3, 11), CheckState.PASSED),
        (date(2026, 3, 14), date(2026, 3, 1), CheckState.PASSED),
        (datetime(2026, 3, 14, 8, tzinfo=UTC), datetime(2026, 3, 11, 9, tzinfo=UTC), CheckState.WARNED),
        (date(2026, 3, 14), date(2026, 3, 15), CheckState.REFUSED),
        (None, date(2026, 3, 15), None),
        (date(2026, 3, 14), None, None),
    ],
)
def test_hours_since_onset(acquired: date | None, onset: date | None, state: CheckState | None) -> None:
    check = time_since_onset_check(acquired, onset, CtRequirements())
    assert (check.state if check else None) is state
    assert check is None or check.message.text()


@pytest.mark.parametrize("kernel", ["LUNG", "BONE", "B70f", "Br64d", "YC", "FC52", "I70f 3"])
def test_sharp_kernels(kernel: str) -> None:
    assert is_sharp_kernel(kernel)


@pytest.mark.parametrize("kernel", ["STANDARD", "SOFT", "B30f", "Br38f 3", "I31f", "FC08", "B", "C", ""])
def test_soft_kernels(kernel: str) -> None:
    assert not is_sharp_kernel(kernel)


def test_every_message_of_the_ct_room_exists_in_both_languages() -> None:
    import re

    from apnet_desktop.language.catalogue import room_catalogue

    folder = Path(__file__).resolve().parents[2] / "apnet_desktop" / "ct"
    names = {
        name for path in folder.glob("*.py") for name in re.findall(r'Message\.of\(\s*"(ct\.\w+)"', path.read_text())
    }
    assert len(names) > 40
    names |= {f"ct.{what}_{phase}" for what in ("why", "contrast_other") for phase in PHASES}
    names |= {f"ct.contrast_wanted_{phase}" for phase in ("arterial", "portal_venous", "delayed")}
    for language in ("en", "zh"):
        catalogue = room_catalogue(language, "ct")
        assert not names - set(catalogue)
        assert all(catalogue[name] for name in names)
