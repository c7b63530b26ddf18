"""Puts together what ships beside the code: resources, bundle, exported graph, fonts, the demo case's risk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packager.icons import make_icons
from packager.variant import Variant

__all__ = ["stage"]


def stage(root: Path, target: Path, variant: Variant) -> None:
    """Fills `target`, which is made anew.

    Args:
        root: The repository.
        target: `data/` in it becomes the application's `apnet_desktop/data`.
        variant: Which application.
    """
    shutil.rmtree(target, ignore_errors=True)
    data = target / "data"
    shutil.copytree(root / "resources", data / "resources")
    shutil.copytree(root / "docs" / "manual", data / "manual")
    make_icons(root / "resources" / "icons" / "apnet.svg", target)
    shutil.copytree(root / "models" / "apnet-demo", data / "models" / "apnet-demo")
    _graph(data / "models", target.parent / "graphs")
    _expected_risk(data / "models")
    if variant is Variant.CPU:
        _font(data / "resources" / "fonts")


def _graph(models: Path, kept: Path) -> None:
    """The graph that OpenVINO runs, derived from the bundle's weights and compared with torch; made once a bundle."""
    from apnet_desktop.bundle.files import open_bundle
    from apnet_desktop.model.graph import graph_key, intact
    from apnet_desktop.model.graph_export import prepare_graph

    bundle = open_bundle(models / "apnet-demo")
    graph = kept / graph_key(bundle.manifest)
    if not intact(graph):
        graph = prepare_graph(bundle, kept)
    shutil.copytree(graph, models / "graphs" / graph.name)


def _expected_risk(models: Path) -> None:
    """The demo case's risks by torch in float32: what the self-test of the finished application compares with."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        outcome = subprocess.run(
            [sys.executable, "-m", "packager.expected_risk", f"{folder}/demo", str(models / "apnet-demo")],
            check=True,
            capture_output=True,
            text=True,
            env=environment,
        )
    (models / "self-test.json").write_text(json.dumps(json.loads(outcome.stdout), indent=1) + "\n", encoding="utf-8")


def _font(folder: Path) -> None:
    """DejaVu Sans, which covers what the Noto fonts lack.

    Elsewhere it comes with matplotlib, which the clinic's application does without.
    """
    import matplotlib as mpl

    source = Path(mpl.__file__).parent / "mpl-data" / "fonts" / "ttf"
    folder.mkdir()
    for name in ("DejaVuSans.ttf", "LICENSE_DEJAVU"):
        shutil.copy(source / name, folder / name)
