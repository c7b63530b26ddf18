"""The reference engine: torch, on the CPU or on CUDA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Compute, Device, Precision
from apnet_desktop.model.engine import DeviceMemoryError
from apnet_desktop.model.network import build_network, load_network

__all__ = ["TorchEngine"]

_OUT_OF_MEMORY = ("allocate memory", "could not create a primitive")


class TorchEngine:
    """Runs the network in torch.

    Args:
        tensors: `Weights.network`.
        manifest: The bundle's.
        compute: Device, precision, batch and threads.

    Raises:
        DeviceMemoryError: The weights do not fit the device.
        RuntimeError: A tensor is missing, extra or of another shape.
    """

    def __init__(self, tensors: Mapping[str, NDArray[np.generic]], manifest: Manifest, compute: Compute) -> None:
        self.batch = compute.batch
        self._bfloat16 = compute.precision is Precision.BFLOAT16
        self._device = torch.device(compute.device.value)
        if compute.device is Device.CPU:
            torch.set_num_threads(compute.threads)
        else:
            # The same inputs must give the same numbers: no search for the fastest kernel, no shortened mantissa.
            torch.backends.cudnn.benchmark = False
            torch.backends.cudnn.deterministic = True
            torch.backends.cudnn.allow_tf32 = False
            torch.backends.cuda.matmul.allow_tf32 = False
        with _memory_errors():
            network = load_network(build_network(manifest.ct, manifest.backbones, manifest.fusion), tensors)
            self._network = network.to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def vectors(self, view: int, images: NDArray[np.float32], maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Engine.vectors`."""
        with self._forward():
            weights = torch.from_numpy(maps).to(self._device)
            (projected,) = self._network.projected_maps(self._pixels(images), [view])
            result: NDArray[np.float32] = self._network.pool(projected, weights).float().cpu().numpy()
        return result

    def projected(self, view: int, images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See `Engine.projected`."""
        with self._forward():
            (scales,) = self._network.projected_maps(self._pixels(images), [view])
            result: list[NDArray[np.float32]] = [scale.float().cpu().numpy() for scale in scales]
        return result

    def _pixels(self, images: NDArray[np.float32]) -> torch.Tensor:
        return torch.from_numpy(images).to(self._device).contiguous(memory_format=torch.channels_last)

    @contextmanager
    def _forward(self) -> Iterator[None]:
        """One forward pass: no gradients, the engine's precision."""
        with _memory_errors(), torch.inference_mode(), self._autocast():
            yield

    def _autocast(self) -> torch.autocast | nullcontext[None]:
        return torch.autocast(self._device.type, torch.bfloat16) if self._bfloat16 else nullcontext()


@contextmanager
def _memory_errors() -> Iterator[None]:
    """One name for running out of memory on either device."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise DeviceMemoryError from error
    except RuntimeError as error:
        # torch's CPU allocator and its library of kernels have no exception of their own.
        if any(words in str(error) for words in _OUT_OF_MEMORY):
            raise DeviceMemoryError from error
        raise
