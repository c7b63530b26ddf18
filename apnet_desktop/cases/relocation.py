"""A CT whose folder moved is found again by its series UID, and a CT that is to stay is copied into the store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from apnet_desktop.cases.assessment import SeriesReference
from apnet_desktop.cases.files import private_folder, sync_folder, write_file
from apnet_desktop.ct.file_names import path_text, readable_name, text_path
from apnet_desktop.ct.packing import unpacked
from apnet_desktop.ct.series import SeriesSummary
from apnet_desktop.ct.sources import FileBytes, entry_of
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["candidates", "copy_series", "find_moved", "is_missing"]

_MOST_FOLDERS = 2_000
_DEPTH = 3


def is_missing(series: SeriesReference) -> bool:
    """True if nothing, or only an empty folder, lies where the CT was opened from."""
    place = text_path(series.path)
    try:
        return not place.exists() or (place.is_dir() and not any(place.iterdir()))
    except OSError:
        return True


def _nothing(_: int) -> None:
    pass


def candidates(
    series: SeriesReference, roots: Iterable[Path] = (), listed: Callable[[int], None] = _nothing
) -> Iterator[Path]:
    """Folders in which a moved CT is likely to lie, the likeliest first; each once, 2,000 at most.

    First those that have the old folder's name, then all others: below the nearest folder above the old place that is
    still there, then below `roots` (where other cases' CTs lie), three levels deep. `listed` is called with 0 for each
    folder that is listed beforehand, which takes a while on a network drive.
    """
    old = text_path(series.path)
    above = next((folder for folder in old.parents if folder.is_dir()), None)
    places = [place for place in (above, *roots) if place is not None and place != Path(place.anchor)]
    found: dict[Path, None] = {}
    for place in places:
        for folder in _below(place, _DEPTH):
            found.setdefault(folder)
            listed(0)
            if len(found) >= _MOST_FOLDERS:
                break
    yield from sorted(found, key=lambda folder: folder.name != old.name)


def find_moved(
    series: SeriesReference,
    series_in: Callable[[Path], Iterable[str]],
    roots: Iterable[Path] = (),
    looked: Callable[[int], None] = _nothing,
) -> Path | None:
    """Where a moved CT lies now; None if it is not found.

    Args:
        series: The CT as the case remembers it: a folder, or one file (a ZIP, a volume), which is looked for by name.
        series_in: Gives the series UIDs in a folder or file; run in the reader, since no file is trusted.
        roots: More places to look in.
        looked: Told how many folders were looked into; it may raise `Stopped`.
    """
    uid, old = series.series.series_uid, text_path(series.path)
    for number, folder in enumerate(candidates(series, roots, looked), start=1):
        looked(number)
        for place in (folder, folder / old.name) if old.suffix else (folder,):
            if place != folder and not place.is_file():
                continue
            try:
                if uid in series_in(place):
                    return place
            except CtError:
                # Nothing that is DICOM, as in most folders.
                continue
    return None


def copy_series(
    folder: Path, series: SeriesReference, summary: SeriesSummary, copied: Callable[[float], None] = lambda _: None
) -> SeriesReference:
    """Copies the files of a CT into a case's folder, so that the case no longer depends on where they lie.

    Names are numbers: neither a patient's name in a path nor a hostile one gets into the store. Nothing is parsed.

    Args:
        folder: The case's folder, `CaseStore.case_folder`.
        series: Its CT.
        summary: The same CT as it was scanned: which files, in which order.
        copied: Told the fraction that is done; it may raise `Stopped`.

    Returns:
        The CT as the case is to remember it; whoever asked saves it.

    Raises:
        CaseError: The disk is full; what was copied is removed.
        CtError: A file cannot be read or changed since it was scanned; likewise.
    """
    summary = unpacked(summary)
    target = private_folder(folder / "ct", parents=False)
    total = max(1, len(summary.files))
    written: list[Path] = []
    try:
        for number, (name, content) in enumerate(_contents(summary), start=1):
            copied((number - 1) / total)
            path = target / name
            written.append(path)
            write_file(path, content)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    sync_folder(target)
    place = target / written[0].name if summary.volume_file is not None else target
    return series.model_copy(update={"path": path_text(place), "copied": True})


def _contents(summary: SeriesSummary) -> Iterator[tuple[str, bytes]]:
    """A safe name for each file of a scanned series, and its bytes, in the order of its slices.

    Raises:
        CtError: A file cannot be read or changed since it was scanned.
    """
    if summary.volume_file is not None:
        source = text_path(summary.volume_file)
        try:
            yield f"volume{_ending(source)}", source.read_bytes()
        except OSError as error:
            raise CtError(Message.of("ct.file_unreadable", file=readable_name(source.name))) from error
        return
    with FileBytes() as files:
        for number, index in enumerate(dict.fromkeys(slice.file for slice in summary.slices), start=1):
            yield f"{number:05d}.dcm", files.read(entry_of(summary.files[index]))


def _ending(path: Path) -> str:
    """The ending by which the format of a volume file is known."""
    name = path.name.lower()
    return next((ending for ending in (".nii.gz", ".nii", ".nrrd") if name.endswith(ending)), ".nii")


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
