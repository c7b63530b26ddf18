from __future__ import annotations

import pytest
import torch

from apnet_desktop.bundle.prediction import Compute, Device, Precision
from apnet_desktop.errors import PredictionError
from apnet_desktop.language import Language, Message
from apnet_desktop.model import compute as compute_module
from apnet_desktop.model.compute import built_for, choose_compute, default_threads
from tests.model import factory

LIST = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "compute_120"]


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ((8, 0), True),
        ((8, 9), True),  # machine code for 8.6 runs on 8.9
        ((7, 5), True),
        ((7, 0), False),  # older than 7.5
        ((6, 1), False),
        ((9, 0), True),
        ((10, 3), True),
        ((12, 0), True),
        ((13, 0), True),  # intermediate code for 12.0 is compiled by the driver
        ((11, 0), False),  # neither machine code of 11 nor older intermediate code
    ],
)
def test_architectures_are_matched_as_the_cuda_guide_says(capability: tuple[int, int], expected: bool) -> None:
    assert built_for(capability, LIST) is expected


def pretend_gpu(monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int] = (8, 0), kernel: bool = True) -> None:
    def run(*_args: object, **_options: object) -> torch.Tensor:
        if not kernel:
            raise RuntimeError("no kernel image is available for execution on the device")
        return torch.arange(8, dtype=torch.float32)

    monkeypatch.setattr(compute_module, "_driver_installed", lambda: True)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _n: "Card")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _n: capability)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: LIST)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: True)
    real = torch.arange
    monkeypatch.setattr(
        torch, "arange", lambda *args, **options: run() if "device" in options else real(*args, **options)
    )


def reason(compute: Compute) -> str:
    assert compute.explanation is not None
    assert all(compute.explanation.text(language) for language in Language)
    assert compute.reason == compute.explanation.text()
    return compute.explanation.id


def test_a_usable_gpu_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_gpu(monkeypatch)
    compute = choose_compute("auto")
    assert compute.device is Device.CUDA
    assert compute.device_name == "Card"
    assert reason(compute) == "model.device_cuda"
    assert choose_compute("cpu").device is Device.CPU


def test_a_gpu_that_cannot_be_used_gives_the_cpu_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_gpu(monkeypatch, capability=(6, 1))
    assert reason(choose_compute("auto")) == "model.device_architecture"
    pretend_gpu(monkeypatch, kernel=False)
    assert reason(choose_compute("auto")) == "model.device_kernel"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert reason(choose_compute("auto")) == "model.device_no_gpu"
    monkeypatch.setattr(torch.version, "cuda", None)
    assert reason(choose_compute("auto")) == "model.device_cpu_build"
    monkeypatch.setattr(compute_module, "_torch_installed", lambda: False)
    assert reason(choose_compute("auto")) == "model.device_no_torch"


def test_asking_for_a_gpu_that_is_not_there_is_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(PredictionError) as caught:
        choose_compute("cuda")
    for language in Language:
        assert "cpu" in caught.value.message.text(language)
    for problem in ("no_torch", "cpu_build", "no_gpu", "architecture", "kernel"):
        message = Message(id=f"model.no_cuda_{problem}", values={"name": "Card", "capability": "6.1"})
        assert all(message.text(language) for language in Language)


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(PredictionError) as caught:
        choose_compute("gpu")
    assert caught.value.message.values["word"] == "gpu"


def test_bfloat16_needs_both_the_bundle_and_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = factory.manifest().model_copy(update={"bfloat16_allowed": True})
    for native in (True, False):
        monkeypatch.setattr(compute_module, "_cpu_has_bfloat16", lambda native=native: native)
        expected = Precision.BFLOAT16 if native else Precision.FLOAT32
        assert choose_compute("cpu", allowed).precision is expected
        assert choose_compute("cpu", factory.manifest()).precision is Precision.FLOAT32
        assert choose_compute("cpu").precision is Precision.FLOAT32


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (4, 3), (8, 3), (64, 8)])
def test_one_core_is_left_to_the_window(monkeypatch: pytest.MonkeyPatch, cores: int, threads: int) -> None:
    monkeypatch.setattr(compute_module, "usable_cores", lambda: cores)
    assert default_threads() == threads
