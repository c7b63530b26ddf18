"""What this installation can run a network with: for `apnet doctor` and the settings, and for a person who asks why."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import EngineFacts
from apnet_desktop.model.graph import find_graph, intact

__all__ = ["engine_facts"]


def engine_facts(manifest: Manifest, load_torch: bool) -> EngineFacts:
    """The libraries and the graph of a bundle.

    Args:
        manifest: The bundle's.
        load_torch: True to load torch, which takes seconds, for the architectures that it was built for; else they are
            told only where it is loaded already.
    """
    torch_version, openvino_version = _version("torch"), _version("openvino")
    architectures: tuple[str, ...] | None = None
    if torch_version and (load_torch or "torch" in sys.modules):
        import torch

        torch_version = str(torch.__version__)
        architectures = tuple(torch.cuda.get_arch_list()) if torch.version.cuda else ()
        if torch.version.cuda:
            torch_version += f", CUDA {torch.version.cuda}"
    folder = find_graph(manifest)
    return EngineFacts(
        torch=torch_version,
        architectures=architectures,
        openvino=openvino_version,
        graph=str(folder) if folder is not None and intact(folder) else "",
    )


def _version(library: str) -> str:
    if find_spec(library) is None:
        return ""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
