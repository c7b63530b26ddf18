"""Undo returns the exact mask, statistics equal a count from scratch, and a confirmation does not outlive an edit."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.roi import Confirmation, Roi, RoiOrigin
from apnet_desktop.ct.roi_editing.brush import swept_brush
from apnet_desktop.ct.roi_editing.mask_editor import MaskEditor
from apnet_desktop.ct.roi_editing.mask_operations import largest_island, smoothed, with_margin


def _editor(shape: tuple[int, int, int] = (20, 64, 64), seed: int = 0) -> MaskEditor:
    geometry = Geometry(size=(shape[2], shape[1], shape[0]), origin=(0, 0, 0), spacing=(0.8, 0.8, 3.0))
    hounsfield = np.random.default_rng(seed).integers(-200, 300, shape).astype(np.int16)
    editor = MaskEditor(hounsfield, geometry)
    editor.author = "A. Reader"
    return editor


def _random_operation(editor: MaskEditor, rng: np.random.Generator) -> None:
    shape = editor.geometry.shape
    kind = rng.integers(0, 10)
    if kind < 7:
        editor.begin("roi.edit_brush", RoiOrigin.PAINTED)
        point = tuple(float(rng.uniform(0, size - 1)) for size in shape)
        for _ in range(int(rng.integers(1, 5))):
            following = tuple(value + float(rng.normal(0, 4)) for value in point)
            flat = None if rng.random() < 0.4 else int(rng.integers(0, 3))
            swept = swept_brush(point, following, float(rng.uniform(0.5, 9)), editor.spacing, shape, flat)  # type: ignore[arg-type]
            if swept is not None:
                limits = (-50.0, 150.0) if rng.random() < 0.3 else None
                editor.paint(*swept, bool(rng.random() < 0.7), limits)
            point = following
        editor.finish()
    elif kind == 7:
        editor.replace(with_margin(editor.mask, editor.spacing, float(rng.choice([-2.0, 2.0]))), "x", RoiOrigin.PAINTED)
    elif kind == 8:
        editor.replace(smoothed(editor.mask, editor.spacing), "x", RoiOrigin.PAINTED)
    else:
        editor.replace(largest_island(editor.mask), "x", RoiOrigin.ASSISTED)


def _play(editor: MaskEditor, operations: int, seed: int) -> None:
    """Random edits with undo and redo among them; then everything back and forth, exactly."""
    rng = np.random.default_rng(seed)
    masks: list[NDArray[np.uint8]] = [np.packbits(editor.mask)]
    position = 0
    for _ in range(operations):
        choice = rng.random()
        if choice < 0.12:
            position = max(0, position - 1) if editor.undo() is not None else position
        elif choice < 0.2:
            position = position + 1 if editor.redo() is not None else position
        else:
            before = editor.history.undo_label, np.packbits(editor.mask)
            _random_operation(editor, rng)
            if not np.array_equal(np.packbits(editor.mask), before[1]):
                del masks[position + 1 :]
                masks.append(np.packbits(editor.mask))
                position += 1
        assert np.array_equal(np.packbits(editor.mask), masks[position])
    assert editor.history.memory < 64 * 2**20
    while editor.undo() is not None:
        position -= 1
        assert np.array_equal(np.packbits(editor.mask), masks[position])
    assert position == 0
    while editor.redo() is not None:
        position += 1
        assert np.array_equal(np.packbits(editor.mask), masks[position])
    assert position == len(masks) - 1


@pytest.mark.parametrize("seed", range(3))
def test_undo_and_redo_return_the_exact_mask(seed: int) -> None:
    _play(_editor(seed=seed), 120, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_undo_of_a_thousand_operations(seed: int) -> None:
    editor = _editor((40, 256, 256), seed)
    _play(editor, 1000, seed)
    print(f"1,000 operations, seed {seed}: the history holds {editor.history.memory / 2**20:.2f} MiB")  # noqa: T201


def test_statistics_equal_a_count_from_scratch() -> None:
    editor, rng = _editor(), np.random.default_rng(7)
    for _ in range(60):
        _random_operation(editor, rng)
        if rng.random() < 0.3:
            editor.undo()
        statistics = editor.statistics()
        voxels = int(editor.mask.sum())
        assert statistics.voxels == voxels
        assert statistics.volume == pytest.approx(voxels * 0.8 * 0.8 * 3.0 / 1000)
        if voxels:
            assert statistics.mean == pytest.approx(float(editor.hounsfield[editor.mask].mean()))
            touched = np.flatnonzero(editor.mask.any(axis=(1, 2)))
            assert (statistics.first_slice, statistics.last_slice) == (touched[0], touched[-1])
            assert statistics.slices == touched.size
        else:
            assert statistics.mean is None


def test_an_edit_drops_the_confirmation_and_so_do_undo_and_redo() -> None:
    word = Confirmation(person="B. Person", time=datetime(2026, 1, 2, tzinfo=UTC))
    for act in ("edit", "undo", "redo"):
        editor = _editor()
        for value in (0, 3):
            editor.begin("roi.edit_brush", RoiOrigin.PAINTED)
            editor.paint((slice(2, 3), slice(value, 9), slice(0, 9)), np.ones((1, 9 - value, 9), dtype=np.bool_), True)
            editor.paint(
                (slice(3, 4), slice(value, 9), slice(0, 9)), np.ones((1, 9 - value, 9), dtype=np.bool_), value == 0
            )
            editor.finish()
        if act == "redo":
            editor.undo()
        editor.confirm(word)
        roi = editor.roi()
        assert roi is not None
        assert roi.confirmation == word
        if act == "edit":
            editor.replace(np.zeros_like(editor.mask), "x", RoiOrigin.PAINTED)
        elif act == "undo":
            editor.undo()
        else:
            editor.redo()
        assert editor.confirmation is None


def test_the_origins_follow_undo() -> None:
    editor = _editor()
    mask = np.zeros_like(editor.mask)
    mask[3, 4:9, 4:9] = True
    editor.replace(mask, "roi.edit_import", RoiOrigin.IMPORTED)
    editor.begin("roi.edit_brush", RoiOrigin.PAINTED)
    editor.paint((slice(4, 5), slice(4, 6), slice(4, 6)), np.ones((1, 2, 2), dtype=np.bool_), True)
    editor.finish()
    roi = editor.roi()
    assert roi is not None
    assert roi.origins == (RoiOrigin.IMPORTED, RoiOrigin.PAINTED)
    assert roi.author == "A. Reader"
    editor.undo()
    roi = editor.roi()
    assert roi is not None
    assert roi.origins == (RoiOrigin.IMPORTED,)
    editor.undo()
    assert editor.roi() is None


def test_a_roi_that_was_handed_out_never_changes() -> None:
    editor = _editor()
    mask = np.zeros_like(editor.mask)
    mask[3, 4:9, 4:9] = True
    editor.replace(mask, "x", RoiOrigin.PAINTED)
    roi = editor.roi()
    assert roi is not None
    digest = roi.digest()
    editor.replace(~mask, "x", RoiOrigin.PAINTED)
    assert roi.digest() == digest


def test_cancel_takes_back_a_stroke_and_leaves_no_edit() -> None:
    editor = _editor()
    editor.begin("roi.edit_brush", RoiOrigin.PAINTED)
    editor.paint((slice(0, 2), slice(0, 9), slice(0, 9)), np.ones((2, 9, 9), dtype=np.bool_), True)
    editor.cancel()
    assert editor.is_empty
    assert editor.undo() is None


def test_a_stored_roi_is_taken_over_with_its_confirmation() -> None:
    editor = _editor()
    mask = np.zeros(editor.geometry.shape, dtype=np.bool_)
    mask[5:8, 10:20, 10:30] = True
    stored = Roi(mask, editor.geometry, author="C").confirmed("D", datetime(2026, 1, 2, tzinfo=UTC))
    again = MaskEditor(editor.hounsfield, editor.geometry, stored).roi()
    assert again is not None
    assert again.digest() == stored.digest()
    assert (again.origins, again.author, again.confirmation) == (stored.origins, stored.author, stored.confirmation)
