"""Where the network's exported graph lies, and whether it is the one that was derived from these weights. No torch.

The graph is derived from `apnet.safetensors`, never a second set of weights that somebody could change apart: it is
made once for each bundle, by `graph_export.prepare_graph` (at packaging, at set-up, or on the person's machine), under
a name made from the weights' hash. `graph.json` lists the hashes of its two files; a graph that does not fit is not
used and made again. It is looked for in this order:

    models/graphs                       beside the bundles that ship: a packaged application
    <venv>/share/apnet-desktop/graphs   a virtual environment: a checkout, goes with it
    the person's cache                  everything else
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.locations import models_folder
from apnet_desktop.model.weights import WEIGHTS_NAME

__all__ = [
    "GRAPH_FILES",
    "environment_graphs",
    "find_graph",
    "graph_cache",
    "graph_home",
    "graph_key",
    "intact",
    "listing",
]

GRAPH_FILES = ("network.xml", "network.bin")
# Counts up whenever the exported graph's inputs, outputs or meaning change.
_GRAPH_VERSION = 1


def graph_key(manifest: Manifest) -> str:
    """Name of the graph of a bundle: it changes with the weights, the recipe, the network's shape and the exporter."""
    weights = next((file.sha256 for file in manifest.files if file.name == WEIGHTS_NAME), "")
    shape = [manifest.ct.model_dump(mode="json"), [one.model_dump(mode="json") for one in manifest.backbones]]
    text = json.dumps([_GRAPH_VERSION, weights, shape, manifest.fusion.embedding], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def graph_cache() -> Path:
    """The folder of graphs in the person's cache."""
    from platformdirs import user_cache_path

    return user_cache_path("apnet-desktop", appauthor=False) / "graphs"


def environment_graphs() -> Path | None:
    """The folder of graphs in the virtual environment that runs; None outside of one."""
    if sys.prefix == sys.base_prefix:
        return None
    return Path(sys.prefix) / "share" / "apnet-desktop" / "graphs"


def graph_home() -> Path:
    """Where a graph that is made here goes: the virtual environment if it can be written, else the person's cache."""
    place = environment_graphs()
    return place if place is not None and os.access(sys.prefix, os.W_OK) else graph_cache()


def find_graph(manifest: Manifest) -> Path | None:
    """The folder of this bundle's graph if there is one in any of the places; its hashes are not checked yet."""
    environment = environment_graphs()
    places: tuple[Path, ...] = (
        models_folder() / "graphs",
        *(() if environment is None else (environment,)),
        graph_cache(),
    )
    for place in places:
        folder = place / graph_key(manifest)
        if (folder / "graph.json").is_file() and all((folder / name).is_file() for name in GRAPH_FILES):
            return folder
    return None


def listing(folder: Path) -> dict[str, str]:
    """SHA-256 of the graph's files."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in GRAPH_FILES}


def intact(folder: Path) -> bool:
    """True if both files are those that were listed when the graph was made."""
    try:
        listed = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
        return bool(listed == listing(folder))
    except (OSError, ValueError):
        return False
