"""The files that a DICOMDIR names (PS3.10 clause 8, PS3.3 annex F), never outside the folder in which it lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from apnet_desktop.ct.dicom_documents import read_document
from apnet_desktop.ct.file_names import readable_name
from apnet_desktop.ct.header import PARSE_ERRORS
from apnet_desktop.ct.quiet import quiet_pydicom
from apnet_desktop.ct.series import ScanLimits
from apnet_desktop.ct.sources import Entry, Skip
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["find_dicomdir_entries"]


def find_dicomdir_entries(path: Path, limits: ScanLimits) -> Iterator[Entry | Skip]:
    """Every file that the DICOMDIR names and that lies below its folder.

    Records are taken one after the other, not by their links, so that cyclic links do no harm.

    Raises:
        CtError: The DICOMDIR cannot be read.
    """
    root = path.parent.resolve()
    seen: set[Path] = set()
    for count, parts in enumerate(_file_ids(path, limits)):
        if count >= limits.files:
            yield Skip(path.name, Message.of("ct.skip_too_many", limit=limits.files))
            return
        name = readable_name("/".join(parts))
        found = _inside(root, parts)
        if found is None:
            yield Skip(name, Message.of("ct.skip_link"))
        elif not found.is_file():
            yield Skip(name, Message.of("ct.skip_missing"))
        elif found not in seen:
            seen.add(found)
            state = found.stat()
            yield Entry(found, None, name, state.st_size, state.st_mtime_ns)


def _file_ids(path: Path, limits: ScanLimits) -> list[tuple[str, ...]]:
    try:
        dataset = read_document(path, limits)
        result = []
        with quiet_pydicom():
            for record in dataset.get("DirectoryRecordSequence") or []:
                value = record.get("ReferencedFileID")
                if value:
                    parts = [value] if isinstance(value, str) else [str(part) for part in value]
                    result.append(tuple(parts))
    except OSError as error:
        raise CtError(Message.of("ct.path_unreadable", path=path.name)) from error
    except PARSE_ERRORS as error:
        raise CtError(Message.of("ct.file_damaged", file=path.name)) from error
    return result


def _inside(root: Path, parts: tuple[str, ...]) -> Path | None:
    """The file below `root`, in whatever case a disc wrote its name; None if it leads outside (CVE-2026-32711)."""
    unsafe = {"", ".", ".."}
    if any(part in unsafe or "\0" in part or "/" in part or "\\" in part or ":" in part for part in parts):
        return None
    path = root
    for part in parts:
        exact = path / part
        path = exact if exact.exists() else next(_other_case(path, part), exact)
    resolved = path.resolve()
    return resolved if resolved.is_relative_to(root) else None


def _other_case(folder: Path, name: str) -> Iterator[Path]:
    if folder.is_dir():
        for child in folder.iterdir():
            if child.name.lower().rstrip(".") == name.lower().rstrip("."):
                yield child
