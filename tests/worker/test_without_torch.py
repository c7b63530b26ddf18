"""The packaged application for the processor has no torch: with the graph beside the bundle every command runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.model.graph import find_graph
from apnet_desktop.model.graph_export import prepare_graph
from apnet_desktop.simulation.demo_case import DemoCase

# A package that is not installed is one that no finder finds; the processes that a command starts import this too.
_SITE = """
import sys
from importlib.machinery import PathFinder

class WithoutTorch(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision", "timm"):
            return None
        return super().find_spec(name, path, target)

sys.meta_path = [WithoutTorch if finder is PathFinder else finder for finder in sys.meta_path]
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, shipped_bundle: Path) -> dict[str, str]:
    """Of a computer without torch, with the shipped bundle's graph."""
    folder = tmp_path_factory.mktemp("without-torch")
    (folder / "sitecustomize.py").write_text(_SITE, encoding="utf-8")
    bundle = open_bundle(shipped_bundle)
    if find_graph(bundle.manifest) is None:
        prepare_graph(bundle, folder / "apnet-desktop" / "graphs")
    names = ("PYTHONPATH", "HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    return {**os.environ, **dict.fromkeys(names, str(folder)), "QT_QPA_PLATFORM": "offscreen"}


def _run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    code = "from apnet_desktop.cli import main; main()"
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, env=environment, timeout=300
    )


def test_torch_is_really_missing(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", "import torch"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    assert "No module named 'torch'" in done.stderr


def test_a_report_is_made_by_the_graph(environment: dict[str, str], demo_case: DemoCase, tmp_path: Path) -> None:
    files = (str(demo_case.ct_folder), "--roi", str(demo_case.roi_file), "--clinical", str(demo_case.clinical_file))
    out = ("--out", str(tmp_path / "report.pdf"), "--confirmed-by", "Dr Li", "--json")
    done = _run(environment, "report", *files, *out)
    assert done.returncode == 0, done.stderr
    prediction = json.loads(done.stdout)["prediction"]
    assert prediction["provenance"]["compute"]["engine"] == "openvino"
    assert any(check["id"] == "model.repeatability" for check in prediction["checks"])
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_doctor_says_that_torch_is_not_there(environment: dict[str, str]) -> None:
    done = _run(environment, "doctor", "--json")
    found = json.loads(done.stdout)
    assert "openvino" in found["device"]["text"]
    assert found["torch build"]["text"] == "-"


@pytest.mark.soak
def test_the_golden_values_hold(environment: dict[str, str]) -> None:
    verified = _run(environment, "bundle", "verify", "--json")
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout)["largest_difference"] <= 1e-4


def test_a_graph_cannot_be_made_and_says_so(environment: dict[str, str], tmp_path: Path) -> None:
    done = _run(environment, "bundle", "prepare", "--into", str(tmp_path / "graphs"))
    assert done.returncode == 1
    assert "torch" in done.stderr
    assert "Traceback" not in done.stderr
