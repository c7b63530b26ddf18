"""Every engine gives torch's numbers, the same ones each time, and opens no connection."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import Compute, Prediction
from apnet_desktop.errors import BundleError
from apnet_desktop.language import Message
from apnet_desktop.model import compute as compute_module
from apnet_desktop.model import graph, graph_export, openvino_engine
from apnet_desktop.model.compute import choose_compute, cpu_compute
from apnet_desktop.model.engine import DeviceMemoryError, Engine
from apnet_desktop.model.golden import golden_inputs, verify_golden
from apnet_desktop.model.graph_export import prepare_graph
from apnet_desktop.model.precision import bfloat16_allowed
from apnet_desktop.model.predict import Predictor, predict
from tests.model import factory

VOLUME, ROI = factory.body()
CPU = Message.of("model.device_cpu_asked")


@pytest.fixture(scope="module")
def graphs(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundle's graph."""
    place = tmp_path_factory.mktemp("graphs")
    prepare_graph(bundle, place)
    return place


@pytest.fixture
def prepared(graphs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(graph, "graph_cache", lambda: graphs)
    return graphs


def computes(bundle: Bundle) -> list[Compute]:
    torch_compute = cpu_compute(CPU)
    graph_compute = choose_compute("cpu", bundle.manifest)
    assert torch_compute.engine == "torch"
    assert graph_compute.engine == "openvino"
    return [torch_compute, graph_compute]


def test_golden_values_bind_the_graph_to_torch(bundle: Bundle, prepared: Path) -> None:
    for compute in computes(bundle):
        assert verify_golden(bundle, compute).largest_difference <= 1e-4


def test_a_graph_that_misses_the_golden_values_is_not_kept(
    bundle: Bundle, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(_tensors: object, _manifest: object, folder: Path) -> None:
        for path in (prepared / graph.graph_key(bundle.manifest)).iterdir():
            shutil.copy(path, folder)

    def refuse(_bundle: object, engine: Engine) -> None:
        assert isinstance(engine, openvino_engine.OpenVinoEngine)
        raise BundleError(Message.of("model.golden_inputs", seed=1))

    monkeypatch.setattr(graph_export, "_export", make)
    monkeypatch.setattr(graph_export, "verify_engine", refuse)
    with pytest.raises(BundleError):
        prepare_graph(bundle, tmp_path / "graphs")
    assert not list((tmp_path / "graphs").iterdir())


def test_both_engines_agree_on_vectors_and_maps(bundle: Bundle, prepared: Path) -> None:
    engines: list[Engine] = [Predictor(bundle, compute)._runner.engine for compute in computes(bundle)]
    assert isinstance(engines[1], openvino_engine.OpenVinoEngine)
    inputs = golden_inputs(3, bundle.manifest)
    for view in range(2):
        vectors = [engine.vectors(view, inputs.images[view], inputs.maps[view]) for engine in engines]
        np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-4)
        maps = [engine.projected(view, inputs.images[view]) for engine in engines]
        for a, b in zip(*maps, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)


def test_the_prediction_names_its_engine(bundle: Bundle, prepared: Path) -> None:
    risks = []
    for compute in computes(bundle):
        prediction = predict(VOLUME, ROI, factory.record(), bundle, compute, factory.request())
        assert prediction.provenance.compute.engine == compute.engine
        assert prediction.fused is not None
        risks.append(prediction.fused.risk)
    assert risks[0] == pytest.approx(risks[1], abs=1e-4)


def test_heat_maps_are_the_same_on_every_engine(bundle: Bundle, prepared: Path) -> None:
    maps = []
    for compute in computes(bundle):
        predictor = Predictor(bundle, compute)
        predictor.predict(VOLUME, ROI, factory.record(), factory.request())
        maps.append(predictor.heat_map(factory.record()).values)
    np.testing.assert_allclose(maps[0], maps[1], atol=1e-3 * np.abs(maps[0]).max())


@pytest.mark.parametrize("runs", [5, pytest.param(100, marks=pytest.mark.soak)])
def test_every_run_gives_the_same_bits(bundle: Bundle, prepared: Path, runs: int) -> None:
    """C-32."""
    inputs = golden_inputs(4, bundle.manifest)
    for compute in computes(bundle):
        engine = Predictor(bundle, compute)._runner.engine
        first = engine.vectors(0, inputs.images[0], inputs.maps[0])
        for _ in range(runs):
            np.testing.assert_array_equal(engine.vectors(0, inputs.images[0], inputs.maps[0]), first)


def test_without_a_graph_torch_runs(bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "graph_cache", lambda: tmp_path / "none")
    assert choose_compute("cpu", bundle.manifest).engine == "torch"


def test_a_spoiled_graph_is_not_used(
    bundle: Bundle, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-30: a changed byte in the graph; torch runs instead, the prediction says so, and the graph is made again."""
    key = graph.graph_key(bundle.manifest)
    place = tmp_path / "graphs"
    shutil.copytree(prepared, place)
    spoiled = place / key / "network.bin"
    content = bytearray(spoiled.read_bytes())
    content[len(content) // 2] ^= 1
    spoiled.write_bytes(content)
    monkeypatch.setattr(graph, "graph_cache", lambda: place)
    monkeypatch.setattr(graph_export, "graph_home", lambda: place)
    assert Predictor(bundle, choose_compute("cpu", bundle.manifest)).compute.engine == "torch"

    def make(_tensors: object, _manifest: object, folder: Path) -> None:
        for path in (prepared / key).iterdir():
            shutil.copy(path, folder)

    monkeypatch.setattr(graph_export, "_export", make)
    assert prepare_graph(bundle) == place / key
    assert Predictor(bundle, choose_compute("cpu", bundle.manifest)).compute.engine == "openvino"
    monkeypatch.delattr(graph_export, "_export")
    assert prepare_graph(bundle) == place / key


def test_a_graph_that_does_not_run_here_is_not_used(
    bundle: Bundle, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_library(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("Cannot load library libopenvino_intel_cpu_plugin.so")

    monkeypatch.setattr(openvino_engine, "compile_graph", no_library)
    assert Predictor(bundle, choose_compute("cpu", bundle.manifest)).compute.engine == "torch"


@pytest.mark.parametrize("megabytes", [15, pytest.param(60, marks=pytest.mark.soak)])
@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited by RLIMIT_AS")
def test_a_process_short_of_memory_ends_in_a_sentence_or_a_risk(bundle: Bundle, prepared: Path, megabytes: int) -> None:
    """C-34, in a fresh process that may only take so much more once its libraries are loaded."""
    script = f"""
import resource
from pathlib import Path
from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.model import graph
graph.graph_cache = lambda: Path({str(prepared)!r})
import lightgbm, safetensors.numpy, scipy.ndimage
from apnet_desktop.errors import PredictionError
from apnet_desktop.model.compute import choose_compute
from apnet_desktop.model.predict import predict
from apnet_desktop.model.openvino_engine import load_openvino
from tests.model import factory
load_openvino()
bundle = open_bundle(Path({str(bundle.folder)!r}))
compute = choose_compute("cpu", bundle.manifest)
volume, roi = factory.body()
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {megabytes} * 2**20,) * 2)
try:
    print(bool(predict(volume, roi, factory.record(), bundle, compute, factory.request()).routes))
except PredictionError as error:
    print(error.message.id)
"""
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603 - our own script
    assert run.stdout.strip() in ("model.out_of_memory", "model.no_engine", "True"), run.stderr


def test_other_weights_have_another_graph(bundle: Bundle, prepared: Path) -> None:
    files = tuple(file.model_copy(update={"sha256": "0" * 64}) for file in bundle.manifest.files)
    assert graph.find_graph(bundle.manifest) is not None
    assert graph.find_graph(bundle.manifest.model_copy(update={"files": files})) is None


def test_a_process_with_the_graph_needs_neither_torch_nor_a_connection(bundle: Bundle, prepared: Path) -> None:
    """In a fresh process: sockets raise, and the modules that were imported are looked at after a prediction."""
    script = f"""
import socket, sys
from pathlib import Path

class Refusing(socket.socket):
    def connect(self, *_arguments):
        raise SystemExit("a connection was opened")

    connect_ex = sendto = connect

socket.socket = Refusing
from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.model import graph
graph.graph_cache = lambda: Path({str(prepared)!r})
from apnet_desktop.model.compute import choose_compute
from apnet_desktop.model.predict import predict
from tests.model import factory
bundle = open_bundle(Path({str(bundle.folder)!r}))
volume, roi = factory.body()
compute = choose_compute("auto", bundle.manifest)
result = predict(volume, roi, factory.record(), bundle, compute, factory.request())
loaded = set(sys.modules)
assert sys.modules.get("openvino_telemetry") is None
assert not any(name.startswith("PySide6") for name in loaded)
if compute.engine == "openvino":
    assert not {{"torch", "timm", "torchvision"}} & loaded
print(result.model_dump_json())
"""
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603 - our own script
    assert run.returncode == 0, run.stderr
    found = Prediction.model_validate_json(run.stdout.splitlines()[-1])
    if found.provenance.compute.device.value == "cpu":
        assert found.provenance.compute.engine == "openvino"


def test_bfloat16_is_asked_of_the_hardware_only_where_allowed(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def native() -> bool:
        asked.append(True)
        return False

    monkeypatch.setattr(compute_module, "_cpu_has_bfloat16", native)
    choose_compute("cpu", bundle.manifest)
    assert not asked


def test_bfloat16_is_allowed_only_if_no_patient_moves_or_crosses() -> None:
    exact = np.array([0.10, 0.301, 0.60])
    assert bfloat16_allowed(exact, exact + 0.004, threshold=0.2)
    assert not bfloat16_allowed(exact, exact + np.array([0, 0, 0.005]), threshold=0.2)
    assert not bfloat16_allowed(exact, exact - 0.002, threshold=0.3)
    with pytest.raises(ValueError, match="same patients"):
        bfloat16_allowed(exact, exact[:2], threshold=0.3)


def test_out_of_memory_is_told_from_a_bug(bundle: Bundle, prepared: Path) -> None:
    engine = openvino_engine.OpenVinoEngine(bundle.manifest, choose_compute("cpu", bundle.manifest))
    inputs = golden_inputs(1, bundle.manifest)

    def failing(message: str) -> Callable[[object], object]:
        def run(_inputs: object) -> object:
            raise RuntimeError(message)

        return run

    engine._graph = failing("Exception: failed to allocate 1024 bytes")
    with pytest.raises(DeviceMemoryError):
        engine.vectors(0, inputs.images[0], inputs.maps[0])
    engine._graph = lambda _inputs: [np.zeros((0, 2, 6, 24), dtype=np.float32)]
    with pytest.raises(DeviceMemoryError):
        engine.vectors(0, inputs.images[0], inputs.maps[0])
    engine._graph = failing("shape mismatch")
    with pytest.raises(RuntimeError, match="shape"):
        engine.vectors(0, inputs.images[0], inputs.maps[0])
