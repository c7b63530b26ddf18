"""Runs the network on the chosen device, and goes on with the CPU where the GPU's memory ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import Compute, Device
from apnet_desktop.errors import PredictionError
from apnet_desktop.language import Message
from apnet_desktop.model.compute import cpu_compute
from apnet_desktop.model.engine import DeviceMemoryError, Engine

__all__ = ["NetworkRunner"]

_Result = TypeVar("_Result")


class NetworkRunner:
    """An engine that is exchanged when its device has too little memory.

    Args:
        tensors: `Weights.network`; kept for the exchange.
        manifest: The bundle's.
        compute: From `choose_compute`.

    Attributes:
        compute: What runs *now*.
        engine: The engine that runs now.

    Raises:
        PredictionError: The CPU has too little memory for the weights, or there is no engine that loads.
    """

    def __init__(self, tensors: Mapping[str, NDArray[np.generic]], manifest: Manifest, compute: Compute) -> None:
        self.compute = compute
        self._tensors = tensors
        self._manifest = manifest
        self.engine = self._make()

    def run(self, work: Callable[[Engine], _Result]) -> _Result:
        """The result of `work`, from its start again on the CPU if the GPU's memory ends.

        Raises:
            PredictionError: The CPU's memory ended.
        """
        try:
            return work(self.engine)
        except DeviceMemoryError as error:
            self._fall_back(error)
        self.engine = self._make()
        return self.run(work)

    def _make(self) -> Engine:
        if self.compute.engine == "openvino":
            from apnet_desktop.model.openvino_engine import OpenVinoEngine

            try:
                return OpenVinoEngine(self._manifest, self.compute)
            except (ImportError, FileNotFoundError):
                # The graph was spoiled or removed since the device was chosen: torch gives the same numbers.
                self.compute = self.compute.model_copy(update={"engine": "torch"})
            except DeviceMemoryError as error:
                raise PredictionError(Message.of("model.out_of_memory")) from error
        try:
            from apnet_desktop.model.torch_engine import TorchEngine
        except (ImportError, OSError) as error:
            # Not installed, or its libraries do not fit into the memory that is left.
            raise PredictionError(Message.of("model.no_engine")) from error
        try:
            return TorchEngine(self._tensors, self._manifest, self.compute)
        except DeviceMemoryError as error:
            self._fall_back(error)
        return self._make()

    def _fall_back(self, error: DeviceMemoryError) -> None:
        """The CPU from now on; the prediction's check `model.device` says why."""
        if self.compute.device is Device.CPU:
            raise PredictionError(Message.of("model.out_of_memory")) from error
        reason = Message.of("model.device_out_of_memory", name=self.compute.device_name)
        self.compute = cpu_compute(reason, self._manifest)
