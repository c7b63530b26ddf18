"""Undo and redo of mask edits: what an edit changed, kept small, in a stack with a memory limit."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.roi import RoiOrigin

__all__ = ["Box", "Edit", "EditHistory", "Provenance", "bounding_box", "united"]

Box = tuple[slice, slice, slice]

_OVERHEAD = 400
"""Bytes that an edit costs beside its compressed voxels, rounded up: the objects that hold it."""


@dataclass(frozen=True)
class Provenance:
    """How a mask came to be, before or after an edit.

    Attributes:
        origins: Every way that had a part in it, in order of first use.
        author: Who made the latest edit.
    """

    origins: tuple[RoiOrigin, ...] = ()
    author: str = ""


def bounding_box(mask: NDArray[np.bool_]) -> Box | None:
    """The smallest box (z, y, x slices) that holds every set voxel of `mask`; None if it is empty."""
    slices = np.flatnonzero(mask.any(axis=(1, 2)))
    if slices.size == 0:
        return None
    # Slices first: most of a volume is empty, and what is left is small.
    box = [slice(int(slices[0]), int(slices[-1]) + 1)]
    flat = np.asarray(mask[box[0]].any(axis=0))
    for touched in (np.flatnonzero(flat.any(axis=1)), np.flatnonzero(flat.any(axis=0))):
        box.append(slice(int(touched[0]), int(touched[-1]) + 1))
    return (box[0], box[1], box[2])


def united(first: Box | None, second: Box | None) -> Box | None:
    """The smallest box that holds two; None if there is neither."""
    if first is None or second is None:
        return first or second
    parts = [slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(first, second, strict=True)]
    return (parts[0], parts[1], parts[2])


@dataclass(frozen=True)
class Edit:
    """One change of a mask: the voxels that flipped. Flipping them again takes it back, so undo and redo are one act.

    Attributes:
        label: Catalogue id of what was done ("roi.edit_brush").
        box: Where it was done.
        flipped: Compressed bits of the box's voxels that changed.
        before: Provenance that undo restores.
        after: Provenance that redo restores.
    """

    label: str
    box: Box
    flipped: bytes
    before: Provenance
    after: Provenance

    @classmethod
    def between(
        cls,
        old: NDArray[np.bool_],
        new: NDArray[np.bool_],
        corner: tuple[int, int, int],
        label: str,
        before: Provenance,
        after: Provenance,
    ) -> Edit | None:
        """The edit from `old` to `new`, two equal boxes of the mask whose first voxel is `corner`; None if equal."""
        flipped = old ^ new
        tight = bounding_box(flipped)
        if tight is None:
            return None
        packed = zlib.compress(np.packbits(flipped[tight]).tobytes(), level=6)
        box = tuple(slice(part.start + first, part.stop + first) for part, first in zip(tight, corner, strict=True))
        return cls(label, (box[0], box[1], box[2]), packed, before, after)

    @property
    def memory(self) -> int:
        """Bytes that this edit keeps alive."""
        return len(self.flipped) + _OVERHEAD

    def voxels(self) -> NDArray[np.bool_]:
        """The voxels of `box` that flip, bool (z, y, x)."""
        shape = tuple(part.stop - part.start for part in self.box)
        count = shape[0] * shape[1] * shape[2]
        bits = np.unpackbits(np.frombuffer(zlib.decompress(self.flipped), dtype=np.uint8), count=count)
        return bits.view(np.bool_).reshape(shape)


class EditHistory:
    """A linear stack of edits; beyond the memory limit the oldest are forgotten.

    Args:
        limit: Bytes that the edits may keep alive together.
    """

    def __init__(self, limit: int = 64 * 2**20) -> None:
        self._limit = limit
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self._memory = 0

    @property
    def memory(self) -> int:
        """Bytes that the edits keep alive."""
        return self._memory

    @property
    def undo_label(self) -> str | None:
        """Catalogue id of the edit that undo would take back; None if there is none."""
        return self._done[-1].label if self._done else None

    @property
    def redo_label(self) -> str | None:
        """Catalogue id of the edit that redo would do again; None if there is none."""
        return self._undone[-1].label if self._undone else None

    def push(self, edit: Edit) -> None:
        """Records `edit`, which has just been done; what had been undone is forgotten."""
        self._memory -= sum(old.memory for old in self._undone)
        self._undone.clear()
        self._done.append(edit)
        self._memory += edit.memory
        while self._memory > self._limit and len(self._done) > 1:
            self._memory -= self._done.pop(0).memory

    def undo(self) -> Edit | None:
        """Moves the latest edit to the undone ones and returns it, to be flipped back; None if there is none."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> Edit | None:
        """Moves the latest undone edit back and returns it, to be flipped again; None if there is none."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    def clear(self) -> None:
        """Forgets everything."""
        self._done.clear()
        self._undone.clear()
        self._memory = 0
