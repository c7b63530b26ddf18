"""A site's segmenter is found by its entry point, TotalSegmentator only with its weights, and neither is required."""

from __future__ import annotations

import stat
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import apnet_desktop.ct.roi_editing.segmenters as segmenters
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.roi_editing.progress import Progress, silent
from apnet_desktop.ct.roi_editing.segmenters import Segmenter, available_segmenter
from apnet_desktop.ct.roi_editing.total_segmentator import TotalSegmentator
from apnet_desktop.ct.volume import CtVolume, SeriesDescription
from apnet_desktop.errors import RoiError, Stopped


class BrightPart:
    """A segmenter of a site: what is brighter than 50 HU."""

    name = "Bright part 1.0"

    def segment(self, volume: CtVolume, progress: Progress) -> NDArray[np.bool_]:
        progress(0.5)
        return volume.hounsfield > 50


@pytest.fixture
def volume() -> CtVolume:
    geometry = Geometry(size=(6, 5, 4), origin=(1, 2, 3), spacing=(1, 1, 2))
    hounsfield = np.arange(120, dtype=np.int16).reshape(4, 5, 6)
    return CtVolume(hounsfield, geometry, PatientIdentity(), SeriesDescription(series_uid="1"))


def _named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    entry = EntryPoint("site", value, segmenters.GROUP)
    monkeypatch.setattr(segmenters, "entry_points", lambda group: [entry] if group == segmenters.GROUP else [])


def test_a_site_s_segmenter_is_used(monkeypatch: pytest.MonkeyPatch, volume: CtVolume) -> None:
    _named(monkeypatch, f"{__name__}:BrightPart")
    segmenter = available_segmenter()
    assert isinstance(segmenter, Segmenter)
    assert int(segmenter.segment(volume, silent).sum()) == 69


@pytest.mark.parametrize("value", ["no.such.package:Thing", "pathlib:Path"])
def test_a_broken_segmenter_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    _named(monkeypatch, value)
    with pytest.raises(RoiError) as refused:
        available_segmenter()
    assert refused.value.message.id == "roi.segmenter_broken"
    assert "site" in str(refused.value)


def _program(folder: Path, script: str) -> Path:
    program = folder / "TotalSegmentator"
    program.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_the_program_without_its_weights_is_never_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _program(tmp_path, "raise SystemExit(3)")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TOTALSEG_WEIGHTS_PATH", str(tmp_path / "weights"))
    monkeypatch.setattr(segmenters, "entry_points", lambda group: [])
    assert available_segmenter() is None
    (tmp_path / "weights" / "Dataset291_TotalSegmentator_part1_organs_1559subj").mkdir(parents=True)
    assert isinstance(available_segmenter(), TotalSegmentator)


_COPIES = """
import sys, pathlib, SimpleITK as sitk
image = sitk.ReadImage(sys.argv[2])
out = pathlib.Path(sys.argv[4]); out.mkdir()
sitk.WriteImage(sitk.Cast(image > 100, sitk.sitkUInt8), str(out / "pancreas.nii.gz"))
"""


def test_the_program_s_pancreas_lands_on_the_volume_s_grid(tmp_path: Path, volume: CtVolume) -> None:
    mask = TotalSegmentator(_program(tmp_path, _COPIES)).segment(volume, silent)
    assert np.array_equal(mask, volume.hounsfield > 100)


def test_a_failure_is_a_sentence_and_a_stop_ends_the_program(tmp_path: Path, volume: CtVolume) -> None:
    with pytest.raises(RoiError, match="TotalSegmentator"):
        TotalSegmentator(_program(tmp_path, "raise SystemExit(1)")).segment(volume, silent)

    def stops(fraction: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        TotalSegmentator(_program(tmp_path, "import time; time.sleep(60)")).segment(volume, stops)
