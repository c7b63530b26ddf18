"""The exported graph on the CPU by OpenVINO: torch's numbers in float32, faster, and without importing torch."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Compute, Precision
from apnet_desktop.model.engine import DeviceMemoryError
from apnet_desktop.model.graph import GRAPH_FILES, find_graph, intact

__all__ = ["OpenVinoEngine", "compile_graph", "load_openvino"]


def load_openvino() -> Any:
    """The module, with its usage reports switched off.

    `import openvino` reports the import to a web service through the package openvino_telemetry, unless that package is
    missing; so it is made to be missing in this process. Nothing here may open a connection.

    Raises:
        ImportError: OpenVINO is not installed.
    """
    if "openvino_telemetry" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    return importlib.import_module("openvino")


def compile_graph(path: Path, threads: int, bfloat16: bool) -> Any:
    """The graph at `path`, compiled for this CPU.

    Args:
        path: `network.xml`.
        threads: CPU threads.
        bfloat16: True where the bundle allows it; else float32 by hint, which OpenVINO does not choose by itself on
            CPUs that have bfloat16.
    """
    openvino = load_openvino()
    core = openvino.Core()
    return core.compile_model(
        core.read_model(str(path)),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32",
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            # The window may need the core on which a thread would be pinned.
            "ENABLE_CPU_PINNING": False,
        },
    )


class OpenVinoEngine:
    """Runs the exported graph.

    Args:
        manifest: The bundle's; its graph was prepared.
        compute: Precision, batch and threads.
        folder: Folder of the graph; None finds it.

    Raises:
        DeviceMemoryError: The graph does not fit the memory.
        FileNotFoundError: There is no graph of this bundle, its files are not those that were made, or it does not
            run on this machine.
        ImportError: OpenVINO is not installed.
    """

    def __init__(self, manifest: Manifest, compute: Compute, folder: Path | None = None) -> None:
        folder = folder or find_graph(manifest)
        if folder is None or not intact(folder):
            raise FileNotFoundError("graph")
        self.batch = compute.batch
        self._scales = sum(len(backbone.depths) for backbone in manifest.backbones)
        bfloat16 = compute.precision is Precision.BFLOAT16
        try:
            with _memory_errors():
                self._graph = compile_graph(folder / GRAPH_FILES[0], compute.threads, bfloat16)
        except RuntimeError as error:
            # Its library for this processor does not load, or the graph is of another version.
            raise FileNotFoundError("graph") from error

    def vectors(self, view: int, images: NDArray[np.float32], maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Engine.vectors`."""
        return np.array(self._run(images, maps)[0][:, view])

    def projected(self, view: int, images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See `Engine.projected`."""
        nothing = np.zeros((len(images), 2, *images.shape[2:]), dtype=np.float32)
        outputs = self._run(images, nothing)
        first = 1 + view * self._scales
        return [np.array(outputs[n]) for n in range(first, first + self._scales)]

    def _run(self, images: NDArray[np.float32], maps: NDArray[np.float32]) -> Any:
        with _memory_errors():
            outputs = self._graph([np.ascontiguousarray(images), np.ascontiguousarray(maps)])
        # Where memory ends, OpenVINO was seen to return without an error, and without images.
        if len(outputs[0]) != len(images):
            raise DeviceMemoryError
        return outputs


@contextmanager
def _memory_errors() -> Iterator[None]:
    """OpenVINO has no exception of its own for running out of memory."""
    try:
        yield
    except RuntimeError as error:
        if "alloc" in str(error) or "memory" in str(error):
            raise DeviceMemoryError from error
        raise
