"""Finds the files of a folder, ZIP or DICOMDIR and reads their bytes: bounded, never outside what was opened."""

from __future__ import annotations

import os
import stat
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apnet_desktop.ct.file_names import path_text, readable_name, text_path
from apnet_desktop.ct.series import ScanLimits, SeriesFile
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["Entry", "FileBytes", "Skip", "entry_of", "find_entries", "inflation_refused", "series_file_of"]

# Below this size any inflation ratio is harmless; constant slices of air do reach 1 : 1000.
_HARMLESS_BYTES = 64 * 1024 * 1024
_ZIP_LIES = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError)


@dataclass(frozen=True)
class Entry:
    """A file, or a member of a ZIP.

    Attributes:
        path: The file, or the ZIP.
        member: Index of the member in the ZIP.
        name: What a person calls it.
        size: Bytes (inflated).
        modified: Time of the last change in ns.
    """

    path: Path
    member: int | None
    name: str
    size: int
    modified: int


@dataclass(frozen=True)
class Skip:
    """A file that was passed over, why, and the folder in which it lies."""

    name: str
    reason: Message
    folder: str = ""


def find_entries(path: Path, limits: ScanLimits) -> Iterator[Entry | Skip]:
    """Every regular file that `path` names: below a folder at any depth, in a ZIP, or the file itself.

    Links that lead out of the folder, and linked folders, are passed over and reported; so are pipes, devices, empty
    and unreadable files.

    Raises:
        CtError: `path` does not exist, is not readable, or is a damaged ZIP.
    """
    try:
        state = path.stat()
    except (OSError, ValueError) as error:
        raise CtError(Message.of("ct.path_missing", path=readable_name(str(path)))) from error
    if stat.S_ISDIR(state.st_mode):
        yield from _walk(path, limits)
    elif not stat.S_ISREG(state.st_mode):
        raise CtError(Message.of("ct.path_special", path=readable_name(str(path))))
    elif _is_zip(path):
        yield from _zip_entries(path, state, limits)
    else:
        yield Entry(path, None, readable_name(path.name), state.st_size, state.st_mtime_ns)


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError as error:
        raise CtError(Message.of("ct.path_unreadable", path=readable_name(str(path)))) from error


def _walk(root: Path, limits: ScanLimits) -> Iterator[Entry | Skip]:
    resolved = root.resolve()
    pending: list[tuple[str, int]] = [(str(root), 0)]
    count = 0
    while pending:
        folder, depth = pending.pop()
        try:
            with os.scandir(folder) as listing:
                children = sorted(listing, key=lambda child: child.name)
        except OSError:
            yield Skip(_relative(folder, root), Message.of("ct.skip_unreadable"))
            continue
        folders: list[tuple[str, int]] = []
        for child in children:
            count += 1
            if count > limits.files:
                yield Skip(_relative(child.path, root), Message.of("ct.skip_too_many", limit=limits.files))
                return
            if child.is_dir(follow_symlinks=False):
                if depth + 1 > limits.depth:
                    yield Skip(_relative(child.path, root), Message.of("ct.skip_too_deep", limit=limits.depth))
                else:
                    folders.append((child.path, depth + 1))
                continue
            yield _file(child, root, resolved)
        pending.extend(reversed(folders))


def _relative(path: str, root: Path) -> str:
    return readable_name(os.path.relpath(path, root))


def _file(child: os.DirEntry[str], root: Path, resolved: Path) -> Entry | Skip:
    name = _relative(child.path, root)
    try:
        if child.is_symlink():
            target = Path(child.path).resolve()
            if child.is_dir() or not target.is_relative_to(resolved):
                return Skip(name, Message.of("ct.skip_link"))
        state = child.stat()
    except (OSError, RuntimeError, ValueError):
        return Skip(name, Message.of("ct.skip_unreadable"))
    if not stat.S_ISREG(state.st_mode):
        return Skip(name, Message.of("ct.skip_special"))
    if state.st_size == 0:
        return Skip(name, Message.of("ct.skip_empty"), str(Path(child.path).parent))
    return Entry(Path(child.path), None, name, state.st_size, state.st_mtime_ns)


def inflation_refused(stored: int, inflated: int, limits: ScanLimits) -> bool:
    """True if inflating `stored` bytes to `inflated` looks like a decompression bomb."""
    if inflated > limits.inflated_bytes:
        return True
    return inflated > _HARMLESS_BYTES and inflated > max(stored, 1) * limits.inflation_ratio


def _zip_entries(path: Path, state: os.stat_result, limits: ScanLimits) -> Iterator[Entry | Skip]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (*_ZIP_LIES, OSError) as error:
        raise CtError(Message.of("ct.zip_damaged", path=readable_name(path.name))) from error
    for index, member in enumerate(members):
        if member.is_dir():
            continue
        name = _member_name(member)
        if index >= limits.files:
            yield Skip(name, Message.of("ct.skip_too_many", limit=limits.files))
            return
        if member.flag_bits & 0x1:
            yield Skip(name, Message.of("ct.skip_encrypted"))
        elif inflation_refused(member.compress_size, member.file_size, limits):
            yield Skip(name, Message.of("ct.skip_bomb"))
        elif member.file_size == 0:
            yield Skip(name, Message.of("ct.skip_empty"))
        else:
            yield Entry(path, index, name, member.file_size, state.st_mtime_ns)


def _member_name(member: zipfile.ZipInfo) -> str:
    # Without the UTF-8 flag zipfile reads names as cp437; Chinese Windows writes them in GBK.
    name = member.filename
    if not member.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("gb18030")
        except (UnicodeEncodeError, UnicodeDecodeError):
            name = member.filename
    return readable_name(name)


def entry_of(file: SeriesFile) -> Entry:
    """The entry that a scanned series file was read from."""
    return Entry(text_path(file.path), file.member, file.name, file.size, file.modified)


class FileBytes:
    """Reads bytes of entries; keeps the ZIP open that was used last. Safe to use from several threads."""

    def __init__(self) -> None:
        self._archives: dict[Path, zipfile.ZipFile] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> FileBytes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes every ZIP that was opened."""
        for archive in self._archives.values():
            archive.close()
        self._archives.clear()

    def read(self, entry: Entry, offset: int = 0, length: int | None = None) -> bytes:
        """Bytes `offset` to `offset + length` of an entry, fewer at its end; all of it if `length` is None.

        Never allocates more than the entry's size, whatever `length` says.

        Raises:
            CtError: The file cannot be read, the ZIP is damaged, or the file changed since it was found.
        """
        wanted = max(0, entry.size - offset if length is None else min(length, entry.size - offset))
        try:
            if entry.member is not None:
                return self._read_member(entry, offset, wanted)
            with entry.path.open("rb", buffering=0) as file:
                if os.fstat(file.fileno()).st_mtime_ns != entry.modified:
                    raise CtError(Message.of("ct.file_changed", file=entry.name))
                file.seek(offset)
                return _read_fully(file, wanted)
        except OSError as error:
            raise CtError(Message.of("ct.file_unreadable", file=entry.name)) from error

    def read_into(self, entry: Entry, offset: int, target: memoryview) -> int:
        """Fills `target` from `offset` on without a copy in between; returns how many bytes there were.

        Raises:
            CtError: As for `read`.
        """
        if entry.member is not None:
            data = self.read(entry, offset, len(target))
            target[: len(data)] = data
            return len(data)
        try:
            with entry.path.open("rb", buffering=0) as file:
                if os.fstat(file.fileno()).st_mtime_ns != entry.modified:
                    raise CtError(Message.of("ct.file_changed", file=entry.name))
                file.seek(offset)
                filled = 0
                while filled < len(target):
                    got = file.readinto(target[filled:])
                    if not got:
                        break
                    filled += got
                return filled
        except OSError as error:
            raise CtError(Message.of("ct.file_unreadable", file=entry.name)) from error

    def _archive(self, entry: Entry) -> zipfile.ZipFile:
        archive = self._archives.get(entry.path)
        if archive is None:
            if entry.path.stat().st_mtime_ns != entry.modified:
                raise CtError(Message.of("ct.file_changed", file=entry.name))
            archive = self._archives[entry.path] = zipfile.ZipFile(entry.path)
        return archive

    def _read_member(self, entry: Entry, offset: int, length: int) -> bytes:
        assert entry.member is not None  # noqa: S101 - narrowed by the caller
        with self._lock:
            try:
                archive = self._archive(entry)
                with archive.open(archive.infolist()[entry.member]) as member:
                    if offset:
                        member.seek(offset)
                    return member.read(length)
            except (*_ZIP_LIES, IndexError) as error:
                raise CtError(Message.of("ct.zip_member_damaged", file=entry.name)) from error
            except Exception as error:
                # zlib, bz2 and lzma raise errors of their own, which have no common base but Exception.
                if type(error).__module__ in ("zlib", "_bz2", "_lzma", "lzma") or isinstance(error, EOFError):
                    raise CtError(Message.of("ct.zip_member_damaged", file=entry.name)) from error
                raise


def _read_fully(file: object, length: int) -> bytes:
    import io

    assert isinstance(file, io.FileIO)  # noqa: S101 - opened without a buffer
    chunks: list[bytes] = []
    while length > 0:
        chunk = file.read(min(length, 1 << 26))
        if not chunk:
            break
        chunks.append(chunk)
        length -= len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def series_file_of(entry: Entry, pixel_offset: int, pixel_length: int, format: int) -> SeriesFile:
    """The scanned series file for an entry."""
    return SeriesFile(
        path=path_text(entry.path),
        member=entry.member,
        name=entry.name,
        size=entry.size,
        modified=entry.modified,
        pixel_offset=pixel_offset,
        pixel_length=pixel_length,
        format=format,
    )
