"""Chooses device, precision, batch and threads: one rule for window and command line."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import sys
import warnings
from collections.abc import Callable
from enum import StrEnum

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Compute, Device, Precision
from apnet_desktop.errors import PredictionError
from apnet_desktop.language import Message
from apnet_desktop.model.graph import find_graph

__all__ = ["DeviceRequest", "choose_compute", "cpu_compute", "usable_cores"]

_CPU_BATCH = 8
_CUDA_BATCH = 64
_MOST_THREADS = 8


class DeviceRequest(StrEnum):
    """What the person asked for."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


def choose_compute(
    requested: DeviceRequest | str = DeviceRequest.AUTO,
    manifest: Manifest | None = None,
    threads: int | None = None,
) -> Compute:
    """Where and how a prediction runs.

    CUDA is taken if a GPU is there, torch was built for its architecture and one small kernel runs; else the CPU, and
    `Compute.explanation` says why. bfloat16 only where the bundle was validated in it and the hardware has it.

    Args:
        requested: auto, cpu or cuda.
        manifest: The bundle that will run; None chooses float32.
        threads: CPU threads; None leaves one core to the window.

    Raises:
        PredictionError: CUDA was asked for and cannot be used, or the word is none of the three.
    """
    try:
        wanted = DeviceRequest(requested)
    except ValueError as error:
        raise PredictionError(Message.of("model.device_word", word=str(requested)[:20])) from error
    if wanted is DeviceRequest.CPU:
        return cpu_compute(Message.of("model.device_cpu_asked"), manifest, threads)
    problem, name = _cuda_problem()
    if problem is None:
        message = Message.of("model.device_cuda", name=name)
        return Compute(
            device=Device.CUDA,
            device_name=name,
            reason=message.text(),
            explanation=message,
            precision=_precision(manifest, _cuda_has_bfloat16),
            batch=_CUDA_BATCH,
            threads=threads or default_threads(),
        )
    if wanted is DeviceRequest.CUDA:
        # Each reason for the CPU has a twin that says what to do where the CPU was not wanted.
        refused = problem.id.replace("model.device_", "model.no_cuda_")
        raise PredictionError(Message(id=refused, values=problem.values))
    return cpu_compute(problem, manifest, threads)


def cpu_compute(reason: Message, manifest: Manifest | None = None, threads: int | None = None) -> Compute:
    """Compute on the CPU, for this reason.

    The exported graph runs where the bundle's was prepared (`graph_export.prepare_graph`) and OpenVINO is installed;
    else torch does.
    """
    return Compute(
        device=Device.CPU,
        device_name=f"{_processor_name()}, {usable_cores()} cores",
        reason=reason.text(),
        explanation=reason,
        precision=_precision(manifest, _cpu_has_bfloat16),
        batch=_CPU_BATCH,
        threads=threads or default_threads(),
        engine=_cpu_engine(manifest),
    )


def usable_cores() -> int:
    """Logical cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_threads() -> int:
    """One core is left to the window: with all cores taken, any other load cuts the speed to a fraction.

    Above four logical cores half of them are taken for hyper-threads, which do not help dense arithmetic.
    """
    cores = usable_cores()
    physical = cores if cores <= 4 else cores // 2
    return max(1, min(physical - 1, _MOST_THREADS))


def _precision(manifest: Manifest | None, native: Callable[[], bool]) -> Precision:
    allowed = manifest is not None and manifest.bfloat16_allowed
    return Precision.BFLOAT16 if allowed and native() else Precision.FLOAT32


def _torch_installed() -> bool:
    return importlib.util.find_spec("torch") is not None


def _cpu_engine(manifest: Manifest | None) -> str:
    if manifest is None or importlib.util.find_spec("openvino") is None:
        return "torch"
    return "openvino" if find_graph(manifest) is not None else "torch"


def _driver_installed() -> bool:
    """False if there is no NVIDIA driver: torch, which takes seconds to load, then need not be asked."""
    if sys.platform == "darwin":
        return False
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def _cuda_problem() -> tuple[Message | None, str]:
    """Why CUDA cannot be used (None if it can), and the GPU's name."""
    if not _torch_installed():
        return Message.of("model.device_no_torch"), ""
    if not _driver_installed():
        return Message.of("model.device_no_gpu"), ""
    import torch

    with warnings.catch_warnings():
        # torch warns of drivers and cards that it cannot use; our sentence says the same.
        warnings.simplefilter("ignore")
        if torch.version.cuda is None:
            return Message.of("model.device_cpu_build"), ""
        if not torch.cuda.is_available():
            return Message.of("model.device_no_gpu"), ""
        name = torch.cuda.get_device_name(0)
        capability = torch.cuda.get_device_capability(0)
        if not built_for(capability, torch.cuda.get_arch_list()):
            return Message.of("model.device_architecture", name=name, capability="{}.{}".format(*capability)), name
        try:
            total = torch.arange(8, device="cuda", dtype=torch.float32).square().sum().item()
        except RuntimeError:
            return Message.of("model.device_kernel", name=name), name
    if total != sum(n * n for n in range(8)):
        return Message.of("model.device_kernel", name=name), name
    return None, name


def built_for(capability: tuple[int, int], architectures: list[str]) -> bool:
    """True if code for one of `architectures` runs on a GPU of this compute capability.

    `sm_86` is machine code for 8.6 and runs on every 8.x with x at least 6; `compute_86` is intermediate code that the
    driver compiles for any later GPU (CUDA programming guide, "Binary compatibility" and "PTX compatibility").
    """
    for architecture in architectures:
        kind, _, digits = architecture.partition("_")
        digits = digits.rstrip("af")
        if not digits.isdigit():
            continue
        major, minor = int(digits[:-1]), int(digits[-1])
        if kind == "sm" and major == capability[0] and minor <= capability[1]:
            return True
        if kind == "compute" and (major, minor) <= capability:
            return True
    return False


def has_bfloat16(device: Device) -> bool:
    """True if the hardware calculates in bfloat16 natively; elsewhere it is imitated, and slower."""
    return _cuda_has_bfloat16() if device is Device.CUDA else _cpu_has_bfloat16()


def _cuda_has_bfloat16() -> bool:
    import torch

    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def _cpu_has_bfloat16() -> bool:
    if importlib.util.find_spec("openvino") is not None:
        from apnet_desktop.model.openvino_engine import load_openvino

        return "BF16" in load_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if not _torch_installed():
        return False
    import torch

    # Private in torch 2.14, but the only way to ask; where it is gone the answer is float32.
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(asked()) if asked is not None else False


def _processor_name() -> str:
    return platform.processor() or platform.machine() or "CPU"
