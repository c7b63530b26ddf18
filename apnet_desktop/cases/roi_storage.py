"""Keeps the ROI of a case: a mask file, and over it the slices that strokes changed since it was written."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from apnet_desktop.cases.audit import AuditAction
from apnet_desktop.cases.files import write_file
from apnet_desktop.cases.mask_file import RoiHeader, pack_mask, pack_slice, read_mask, unpack_slice
from apnet_desktop.cases.storage_parts import Storage
from apnet_desktop.ct.roi import Roi

__all__ = ["RoiStorage"]


class RoiStorage(Storage):
    """The ROIs of a store.

    A mask file never changes: a new mask gets a new file, then the database names it in one transaction. The old file
    stays until no back-up names it any more (see `backup.sweep`).
    """

    def save(self, case_id: str, roi: Roi | None, slices: Iterable[int] | None) -> None:
        """Keeps a ROI; see `CaseStore.save_roi`."""
        stored = self._rows.row(case_id)["roi"]
        before = RoiHeader.model_validate_json(stored) if stored else None
        if roi is not None and slices is not None and (before is None or before.geometry == roi.geometry):
            self._journal(case_id, roi, sorted(set(slices)), before)
            return
        header = None
        if roi is not None:
            header = RoiHeader.of(roi, f"roi-{secrets.token_hex(4)}.mask")
            write_file(self._case_folder(case_id) / header.file, pack_mask(roi.mask), self._scratch)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM strokes WHERE case_id = ?", (case_id,))
            self._save_header(case_id, header, before, "all")

    def load(self, case_id: str, stored: str) -> Roi:
        """The ROI of a stored header, with every stroke on it.

        Raises:
            CaseError: The mask's file is gone or damaged.
        """
        header = RoiHeader.model_validate_json(stored)
        if header.file:
            mask = read_mask(self._case_folder(case_id) / Path(header.file).name, header.geometry)
        else:
            mask = np.zeros(header.geometry.shape, dtype=np.bool_)
        for stroke in self._database.rows("SELECT slice, bits FROM strokes WHERE case_id = ?", (case_id,)):
            mask[stroke["slice"]] = unpack_slice(stroke["bits"], header.geometry.shape[1:])
        return header.roi(mask)

    def _journal(self, case_id: str, roi: Roi, slices: list[int], before: RoiHeader | None) -> None:
        header = RoiHeader.of(roi, before.file if before else "")
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO strokes VALUES (?, ?, ?) ON CONFLICT (case_id, slice) DO UPDATE SET bits = excluded.bits",
                [(case_id, k, pack_slice(roi.mask[k])) for k in slices],
            )
            self._save_header(case_id, header, before, ",".join(map(str, slices)))

    def _save_header(self, case_id: str, header: RoiHeader | None, before: RoiHeader | None, slices: str) -> None:
        confirmation = header.confirmation if header else None
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE cases SET roi = ? WHERE id = ?", (header.model_dump_json() if header else None, case_id)
            )
            if confirmation is not None and (before is None or before.confirmation != confirmation):
                self._audit.append(AuditAction.CONFIRM_ROI, case_id, {"person": confirmation.person})
            else:
                self._audit.append(AuditAction.EDIT_ROI, case_id, {"slices": slices, "removed": header is None})
            self._rows.touch(case_id)
