"""The ROI while it is being edited: the mask, its live statistics, and every change as an edit that can be undone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.roi import Confirmation, Roi, RoiOrigin
from apnet_desktop.ct.roi_editing.history import Box, Edit, EditHistory, Provenance, bounding_box, united

__all__ = ["MaskEditor", "RoiStatistics"]


@dataclass(frozen=True)
class RoiStatistics:
    """What a person reads while editing.

    Attributes:
        voxels: Voxels in the ROI.
        volume: Volume in mL.
        mean: Mean of the ROI in HU; None if it is empty.
        slices: Slices (k) that the ROI touches.
        first_slice: Lowest k touched; None if empty.
        last_slice: Highest k touched; None if empty.
    """

    voxels: int
    volume: float
    mean: float | None
    slices: int
    first_slice: int | None
    last_slice: int | None


class MaskEditor:
    """A mask that is edited in place.

    Args:
        hounsfield: HU of the volume, int16 (z, y, x); read only.
        geometry: Its grid.
        roi: What to start from; None for an empty mask.
    """

    def __init__(self, hounsfield: NDArray[np.int16], geometry: Geometry, roi: Roi | None = None) -> None:
        self._hounsfield = hounsfield
        self._geometry = geometry
        self._mask = np.zeros(geometry.shape, dtype=np.bool_)
        self._counts = np.zeros(geometry.shape[0], dtype=np.int64)
        self._sum = 0
        self._touched = tuple(np.zeros(size, dtype=np.int64) for size in geometry.shape)
        self._provenance = Provenance()
        self._confirmation: Confirmation | None = None
        self._open: _OpenEdit | None = None
        self.history = EditHistory()
        self.author = ""
        self.revision = 0
        if roi is not None:
            self._start_from(roi)

    def _start_from(self, roi: Roi) -> None:
        if roi.mask.shape != self._mask.shape:
            raise ValueError(f"mask {roi.mask.shape} on a grid {self._mask.shape}")
        for k in roi.slices():
            self._set_box((slice(k, k + 1), slice(None), slice(None)), roi.mask[k : k + 1])
        self._provenance = Provenance(roi.origins, roi.author)
        self._confirmation = roi.confirmation

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The mask, bool (z, y, x). It changes in place: look at it, do not keep it."""
        return self._mask

    @property
    def hounsfield(self) -> NDArray[np.int16]:
        """HU of the volume, int16 (z, y, x)."""
        return self._hounsfield

    @property
    def geometry(self) -> Geometry:
        """Grid of mask and volume."""
        return self._geometry

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel spacing in mm along the array's axes (z, y, x)."""
        i, j, k = self._geometry.spacing
        return (k, j, i)

    @property
    def is_empty(self) -> bool:
        """True if no voxel is set."""
        return not self._counts.any()

    @property
    def confirmation(self) -> Confirmation | None:
        """The person's word that stands; None after any edit."""
        return self._confirmation

    @property
    def is_editing(self) -> bool:
        """True between `begin` and `finish` or `cancel`."""
        return self._open is not None

    def touched(self, axis: int, index: int) -> int:
        """The revision in which the slice `index` across the array's `axis` may have changed last."""
        return int(self._touched[axis][index])

    def confirm(self, confirmation: Confirmation) -> None:
        """Records a person's word; the next edit drops it."""
        self._confirmation = confirmation

    def statistics(self) -> RoiStatistics:
        """Volume, slices and mean HU. Kept up to date at each change, so this costs nothing."""
        voxels = int(self._counts.sum())
        touched = np.flatnonzero(self._counts)
        return RoiStatistics(
            voxels=voxels,
            volume=voxels * self._geometry.voxel_volume,
            mean=self._sum / voxels if voxels else None,
            slices=int(touched.size),
            first_slice=int(touched[0]) if voxels else None,
            last_slice=int(touched[-1]) if voxels else None,
        )

    def slices(self) -> NDArray[np.intp]:
        """Indices k of the slices that the mask touches, ascending."""
        return np.flatnonzero(self._counts)

    def box(self) -> Box | None:
        """The smallest box that holds the mask; None if it is empty."""
        touched = self.slices()
        if touched.size == 0:
            return None
        first, last = int(touched[0]), int(touched[-1]) + 1
        flat = np.asarray(self._mask[first:last].any(axis=0))
        rows, columns = np.flatnonzero(flat.any(axis=1)), np.flatnonzero(flat.any(axis=0))
        return (
            slice(first, last),
            slice(int(rows[0]), int(rows[-1]) + 1),
            slice(int(columns[0]), int(columns[-1]) + 1),
        )

    def roi(self) -> Roi | None:
        """The ROI as it stands, a value of its own; None while nothing has ever been drawn."""
        if not self._provenance.origins:
            return None
        mask = np.zeros(self._mask.shape, dtype=np.bool_)
        box = self.box()
        if box is not None:
            mask[box] = self._mask[box]
        return Roi(mask, self._geometry, self._provenance.origins, self._provenance.author, self._confirmation)

    def begin(self, label: str, origin: RoiOrigin) -> None:
        """Starts an edit made of several `paint` calls: a stroke of the brush.

        Args:
            label: Catalogue id of what is done.
            origin: The way the ROI comes to be by it.
        """
        if self._open is not None:
            self.finish()
        self._open = _OpenEdit(label, origin, {})

    def paint(
        self, box: Box, covered: NDArray[np.bool_], value: bool, limits: tuple[float, float] | None = None
    ) -> bool:
        """Sets or clears the voxels `covered` of `box`; part of the edit that `begin` started.

        Args:
            box: Where.
            covered: Which voxels of the box, bool.
            value: True sets, False clears.
            limits: Only voxels whose HU lie within (lowest, highest), both included.

        Returns:
            True if a voxel changed.
        """
        if self._open is None:
            raise RuntimeError("paint outside of begin and finish")
        before = self._mask[box]
        covered = covered & (before != value)
        if limits is not None:
            hounsfield = self._hounsfield[box]
            covered &= (hounsfield >= limits[0]) & (hounsfield <= limits[1])
        if not covered.any():
            return False
        for k in range(box[0].start, box[0].stop):
            if k not in self._open.slices:
                self._open.slices[k] = self._mask[k].copy()
        self._flip(box, covered)
        return True

    def finish(self) -> Edit | None:
        """Ends the edit and records it; None if nothing changed."""
        done, self._open = self._open, None
        if done is None or not done.slices:
            return None
        first, last = min(done.slices), max(done.slices) + 1
        old = np.stack([done.slices.get(k, self._mask[k]) for k in range(first, last)])
        return self._record(old, self._mask[first:last], (first, 0, 0), done.label, done.origin)

    def cancel(self) -> None:
        """Takes back what the edit that `begin` started has done so far."""
        done, self._open = self._open, None
        if done is None:
            return
        for k, old in done.slices.items():
            self._set_box((slice(k, k + 1), slice(None), slice(None)), old[np.newaxis])

    def apply(self, box: Box, mask: NDArray[np.bool_], label: str, origin: RoiOrigin) -> Edit | None:
        """Replaces the mask in `box` by `mask` as one edit; None if nothing changes."""
        if self._open is not None:
            self.finish()
        old = self._mask[box].copy()
        self._set_box(box, mask)
        corner = (
            box[0].indices(self._mask.shape[0])[0],
            box[1].indices(self._mask.shape[1])[0],
            box[2].indices(self._mask.shape[2])[0],
        )
        return self._record(old, self._mask[box], corner, label, origin)

    def replace(self, mask: NDArray[np.bool_], label: str, origin: RoiOrigin) -> Edit | None:
        """Replaces the whole mask as one edit; None if nothing changes."""
        box = united(self.box(), bounding_box(mask))
        return None if box is None else self.apply(box, mask[box], label, origin)

    def undo(self) -> Edit | None:
        """Takes back the latest edit; None if there is none."""
        if self._open is not None:
            self.cancel()
            return None
        edit = self.history.undo()
        if edit is not None:
            self._flip(edit.box, edit.voxels())
            self._provenance = edit.before
            self._confirmation = None
        return edit

    def redo(self) -> Edit | None:
        """Does the latest undone edit again; None if there is none."""
        if self._open is not None:
            return None
        edit = self.history.redo()
        if edit is not None:
            self._flip(edit.box, edit.voxels())
            self._provenance = edit.after
            self._confirmation = None
        return edit

    def _record(
        self,
        old: NDArray[np.bool_],
        new: NDArray[np.bool_],
        corner: tuple[int, int, int],
        label: str,
        origin: RoiOrigin,
    ) -> Edit | None:
        known = self._provenance.origins
        after = Provenance(known if origin in known else (*known, origin), self.author)
        edit = Edit.between(old, new, corner, label, self._provenance, after)
        if edit is not None:
            self.history.push(edit)
            self._provenance = after
            self._confirmation = None
        return edit

    def _set_box(self, box: Box, mask: NDArray[np.bool_]) -> None:
        self._flip(box, self._mask[box] ^ mask)

    def _flip(self, box: Box, flipped: NDArray[np.bool_]) -> None:
        view = self._mask[box]
        added, removed = flipped & ~view, flipped & view
        change = np.count_nonzero(added, axis=(1, 2)) - np.count_nonzero(removed, axis=(1, 2))
        self._counts[box[0]] += change
        hounsfield = self._hounsfield[box]
        self._sum += int(hounsfield[added].sum(dtype=np.int64)) - int(hounsfield[removed].sum(dtype=np.int64))
        view ^= flipped
        self.revision += 1
        for touched, part in zip(self._touched, box, strict=True):
            touched[part] = self.revision


@dataclass
class _OpenEdit:
    label: str
    origin: RoiOrigin
    slices: dict[int, NDArray[np.bool_]]
