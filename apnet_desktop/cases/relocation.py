"""A CT whose folder moved is found again by its series UID, and a CT that is to stay is copied into the store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from apnet_desktop.cases.assessment import SeriesReference
from apnet_desktop.cases.files import private_folder, sync_folder, write_file
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.ct.file_names import path_text, text_path
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.ct.sources import FileBytes, entry_of
from apnet_desktop.errors import CtError

__all__ = ["candidates", "copy_series", "find_moved", "is_missing", "series_contents"]

_MOST_FOLDERS = 2_000
_DEPTH = 3


def is_missing(series: SeriesReference) -> bool:
    """True if nothing lies where the CT was opened from."""
    return not text_path(series.path).exists()


def candidates(series: SeriesReference, roots: Iterable[Path] = ()) -> Iterator[Path]:
    """Folders in which a moved CT is likely to lie, the likeliest first; each once, 2,000 at most.

    First those that have the old folder's name, then all others: below the nearest folder above the old place that is
    still there, then below `roots` (where other cases' CTs lie), three levels deep.
    """
    old = text_path(series.path)
    above = next((folder for folder in old.parents if folder.is_dir()), None)
    places = [place for place in (above, *roots) if place is not None and place != Path(place.anchor)]
    found: dict[Path, None] = {}
    for place in places:
        for folder in _below(place, _DEPTH):
            found.setdefault(folder)
            if len(found) >= _MOST_FOLDERS:
                break
    yield from sorted(found, key=lambda folder: folder.name != old.name)


def find_moved(
    series: SeriesReference, series_in: Callable[[Path], Iterable[str]], roots: Iterable[Path] = ()
) -> Path | None:
    """Where a moved CT lies now; None if it is not found.

    Args:
        series: The CT as the case remembers it.
        series_in: Gives the series UIDs in a folder; the reader's scan, since no file is trusted.
        roots: More places to look in.
    """
    for folder in candidates(series, roots):
        try:
            if series.series.series_uid in series_in(folder):
                return folder
        except CtError:
            # A folder without DICOM, which most are.
            continue
    return None


def copy_series(store: CaseStore, case_id: str, series: SeriesReference, contents: Iterable[bytes]) -> SeriesReference:
    """Copies the files of a CT into the case's folder, so that the case no longer depends on where they lie.

    Names are numbers: neither a patient's name in a path nor a hostile one gets into the store.

    Args:
        store: The store.
        case_id: The case.
        series: Its CT.
        contents: The bytes of each file of the series, in the order of its slices; read one by one (`series_contents`).

    Returns:
        The CT as the case now remembers it; saved already.

    Raises:
        CaseError: The disk is full; what was copied is removed and nothing else changed.
        CtError: A file cannot be read; likewise.
    """
    folder = private_folder(store.case_folder(case_id) / "ct", parents=False)
    written: list[Path] = []
    try:
        for number, content in enumerate(contents, start=1):
            target = folder / f"{number:05d}.dcm"
            write_file(target, content)
            written.append(target)
        copied = series.model_copy(update={"path": path_text(folder), "copied": True})
        store.save_series(case_id, copied)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    return copied


def series_contents(summary: SeriesSummary) -> Iterator[bytes]:
    """The bytes of each file of a scanned series, in the order of its slices, for `copy_series`.

    Raises:
        CtError: A file cannot be read or changed since it was scanned.
    """
    with FileBytes() as files:
        for index in dict.fromkeys(slice.file for slice in summary.slices):
            yield files.read(entry_of(summary.files[index]))


def _below(place: Path, depth: int) -> Iterator[Path]:
    """`place` and the folders below it, level by level; unreadable ones and links are passed over."""
    level = [place]
    for _ in range(depth + 1):
        following: list[Path] = []
        for folder in level:
            yield folder
            try:
                with os.scandir(folder) as listing:
                    following += [Path(child.path) for child in listing if child.is_dir(follow_symlinks=False)]
            except OSError:
                continue
        level = sorted(following)
