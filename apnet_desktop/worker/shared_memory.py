"""Volumes and masks in shared memory, so that no voxel is copied between processes.

The window names every block before a process makes it and alone removes it, so a process may die at any moment and
nothing stays behind. If the window itself dies, Python's resource tracker removes the blocks.
"""

from __future__ import annotations

import itertools
import os
from multiprocessing.shared_memory import SharedMemory

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.checks import Check
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.roi import Confirmation, Roi, RoiOrigin
from apnet_desktop.ct.volume import CtVolume, SeriesDescription
from apnet_desktop.frozen import FrozenModel

__all__ = ["SharedArray", "SharedBlocks", "SharedRoi", "SharedVolume", "attach", "create"]

_counter = itertools.count()


class SharedArray(FrozenModel):
    """Where an array lies: name of the block, shape and numpy type."""

    name: str
    shape: tuple[int, ...]
    dtype: str


class SharedVolume(FrozenModel):
    """A CT volume whose voxels lie in shared memory; see `CtVolume` for the fields."""

    array: SharedArray
    geometry: Geometry
    identity: PatientIdentity
    series: SeriesDescription
    checks: tuple[Check, ...] = ()
    source_uids: tuple[str, ...] = ()
    digest: str

    @classmethod
    def of(cls, volume: CtVolume, array: SharedArray) -> SharedVolume:
        """What to send for `volume`, whose voxels lie in `array`."""
        return cls(
            array=array,
            geometry=volume.geometry,
            identity=volume.identity,
            series=volume.series,
            checks=volume.checks,
            source_uids=volume.source_uids,
            digest=volume.digest(),
        )

    def volume(self, hounsfield: NDArray[np.int16]) -> CtVolume:
        """The volume around the attached array."""
        return CtVolume(
            hounsfield=hounsfield,
            geometry=self.geometry,
            identity=self.identity,
            series=self.series,
            checks=self.checks,
            source_uids=self.source_uids,
            known_digest=self.digest,
        )


class SharedRoi(FrozenModel):
    """A ROI whose mask lies in shared memory; see `Roi` for the fields."""

    array: SharedArray
    geometry: Geometry
    origins: tuple[RoiOrigin, ...]
    author: str
    confirmation: Confirmation | None

    @classmethod
    def of(cls, roi: Roi, array: SharedArray) -> SharedRoi:
        """What to send for `roi`, whose mask lies in `array`."""
        return cls(
            array=array,
            geometry=roi.geometry,
            origins=roi.origins,
            author=roi.author,
            confirmation=roi.confirmation,
        )

    def roi(self, mask: NDArray[np.bool_]) -> Roi:
        """The ROI around the attached mask."""
        return Roi(
            mask=mask,
            geometry=self.geometry,
            origins=self.origins,
            author=self.author,
            confirmation=self.confirmation,
        )


def create(name: str, shape: tuple[int, ...], dtype: str) -> tuple[SharedMemory, SharedArray]:
    """Makes the block `name` for an array; the memory is zero.

    Raises:
        OSError: There is not enough shared memory.
    """
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    memory = SharedMemory(name=name, create=True, size=max(size, 1))
    return memory, SharedArray(name=name, shape=shape, dtype=dtype)


def attach(array: SharedArray) -> tuple[SharedMemory, NDArray[np.generic]]:
    """Opens the block of `array`; keep the first value as long as the second is used.

    Raises:
        FileNotFoundError: The window has removed it.
    """
    memory = SharedMemory(name=array.name)
    return memory, view(memory, array)


def view(memory: SharedMemory, array: SharedArray) -> NDArray[np.generic]:
    """The array that lies in an open block."""
    return np.ndarray(array.shape, dtype=array.dtype, buffer=memory.buf)


class SharedBlocks:
    """The window's list of blocks: names them, opens them, removes them."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._open: dict[str, SharedMemory] = {}
        self._closing: list[SharedMemory] = []

    def new_name(self) -> str:
        """A name for a block that a process will make."""
        name = f"apnet-{os.getpid()}-{next(_counter)}"
        self._names.add(name)
        return name

    def share(self, values: NDArray[np.generic]) -> SharedArray:
        """A copy of `values` in a new block."""
        memory, array = create(self.new_name(), values.shape, values.dtype.str)
        view(memory, array)[...] = values
        self._open[array.name] = memory
        return array

    def open(self, array: SharedArray) -> NDArray[np.generic]:
        """The array in a block that a process made."""
        if array.name not in self._names:
            raise ValueError(f"{array.name} is not one of ours")
        memory = self._open.get(array.name)
        if memory is None:
            memory = self._open[array.name] = SharedMemory(name=array.name)
        return view(memory, array)

    def release(self, name: str) -> None:
        """Removes a block, made or not. Its memory goes when the last array on it does."""
        if name not in self._names:
            return
        self._names.discard(name)
        memory = self._open.pop(name, None)
        try:
            memory = memory or SharedMemory(name=name)
        except FileNotFoundError:
            return
        memory.unlink()
        self._closing.append(memory)
        self._close_unused()

    def release_all(self) -> None:
        """Removes every block."""
        for name in list(self._names):
            self.release(name)

    def _close_unused(self) -> None:
        still_used = []
        for memory in self._closing:
            try:
                memory.close()
            except BufferError:
                # An array on it is still alive somewhere; its pages go with that array.
                still_used.append(memory)
        self._closing = still_used
