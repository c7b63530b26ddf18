"""Derives the exported graph from a bundle's weights: torch.export, then OpenVINO's intermediate representation."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.errors import BundleError
from apnet_desktop.language import Message
from apnet_desktop.model.compute import cpu_compute
from apnet_desktop.model.golden import verify_engine
from apnet_desktop.model.graph import GRAPH_FILES, find_graph, graph_home, graph_key, intact, listing
from apnet_desktop.model.network import ApnetNetwork, build_network, load_network
from apnet_desktop.model.openvino_engine import OpenVinoEngine, compile_graph, load_openvino
from apnet_desktop.model.weights import read_weights

__all__ = ["prepare_graph"]

_LARGEST_BATCH = 256
# Largest difference of a pooled value between torch and the graph, in float32; measured: 5e-6.
_TOLERANCE = 1e-3


class _Graph(nn.Module):
    """The network as one graph: pooled vectors by every view's projections, and every projected map."""

    def __init__(self, network: ApnetNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
        views = self.network.projected_maps(images)
        vectors = torch.stack([self.network.pool(projected, weights) for projected in views], dim=1)
        return (vectors, *(scale for projected in views for scale in projected))


def prepare_graph(bundle: Bundle, place: Path | None = None) -> Path:
    """Makes the graph of a bundle if there is none yet; some ten seconds, once for each bundle.

    Before it is kept, the graph must agree with torch on seeded images, and with the bundle's golden values.

    Args:
        bundle: The bundle.
        place: Folder that holds graphs; None is the place of this installation (`graph.graph_home`).

    Returns:
        The graph's folder.

    Raises:
        BundleError: The graph does not agree with torch or the golden values, a backbone cannot be converted, or it
            cannot be written.
        ImportError: OpenVINO is not installed.
    """
    found = find_graph(bundle.manifest) if place is None else None
    if found is not None and intact(found):
        return found
    parent = place or graph_home()
    target = parent / graph_key(bundle.manifest)
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        staging = Path(tempfile.mkdtemp(prefix=".graph-", dir=parent))
        try:
            _export(read_weights(bundle).network, bundle.manifest, staging)
            reference = cpu_compute(Message.of("model.device_cpu_asked")).model_copy(update={"engine": "openvino"})
            verify_engine(bundle, OpenVinoEngine(bundle.manifest, reference, staging))
            shutil.rmtree(target, ignore_errors=True)
            staging.replace(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise BundleError(Message.of("bundle.unwritable", file=target.name, reason=error.strerror or "")) from error
    return target


def _export(tensors: Mapping[str, NDArray[np.generic]], manifest: Manifest, folder: Path) -> None:
    openvino = load_openvino()
    network = load_network(build_network(manifest.ct, manifest.backbones, manifest.fusion), tensors)
    pixels, channels = manifest.ct.pixels, len(manifest.ct.windows)
    generator = torch.Generator().manual_seed(1)
    images = torch.rand(3, channels, pixels, pixels, generator=generator)
    weights = torch.rand(3, 2, pixels, pixels, generator=generator)
    batch = torch.export.Dim("batch", min=1, max=_LARGEST_BATCH)
    with torch.no_grad():
        program = torch.export.export(
            _Graph(network), (images, weights), dynamic_shapes={"images": {0: batch}, "weights": {0: batch}}
        )
        expected = network(images, weights).numpy()
    try:
        converted = openvino.convert_model(program)
    except openvino.frontend.OpConversionFailure as error:
        raise BundleError(Message.of("model.graph_unsupported")) from error
    openvino.save_model(converted, str(folder / GRAPH_FILES[0]), compress_to_fp16=False)
    got = compile_graph(folder / GRAPH_FILES[0], threads=1, bfloat16=False)([images.numpy(), weights.numpy()])[0]
    if not np.allclose(got, expected, atol=_TOLERANCE):
        raise BundleError(Message.of("model.graph_differs"))
    (folder / "graph.json").write_text(json.dumps(listing(folder)), encoding="utf-8")
