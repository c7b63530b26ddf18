"""Moves bundles as ZIP files: packs one that verifies, and installs one without trusting a name or a length in it."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

from apnet_desktop.bundle.files import LARGEST_BUNDLE, MANIFEST_NAME, MOST_FILES, Bundle, check_name, open_bundle
from apnet_desktop.bundle.signature import SIGNATURE_NAME
from apnet_desktop.errors import BundleError
from apnet_desktop.language import Message

__all__ = ["install_bundle", "pack_bundle"]

_BLOCK = 2**20
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_LINK_MODE = 0o120000
_TYPE_MASK = 0o170000


def pack_bundle(folder: Path, archive: Path) -> None:
    """Writes a bundle as a ZIP file; the same bundle always gives the same bytes.

    Args:
        folder: The bundle; it is verified first.
        archive: The file to write; replaced if it exists.

    Raises:
        BundleError: The bundle does not verify, or the file cannot be written.
    """
    bundle = open_bundle(folder)
    names = [MANIFEST_NAME, *(file.name for file in bundle.manifest.files)]
    if (folder / SIGNATURE_NAME).exists():
        names.insert(1, SIGNATURE_NAME)
    temporary = archive.with_name(archive.name + ".part")
    try:
        with zipfile.ZipFile(temporary, "w") as packed:
            for name in names:
                entry = zipfile.ZipInfo(name, date_time=_FIXED_TIME)
                entry.external_attr = 0o644 << 16
                stored = name.endswith((".safetensors", ".npz", ".png"))
                entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                packed.writestr(entry, (folder / name).read_bytes())
        temporary.replace(archive)
    except OSError as error:
        raise BundleError(Message.of("bundle.unwritable", file=archive.name, reason=error.strerror or "")) from error
    finally:
        temporary.unlink(missing_ok=True)


def install_bundle(archive: Path, target: Path) -> Bundle:
    """Unpacks a bundle into `target`, which appears only when everything in it verified.

    Args:
        archive: A ZIP file with the bundle's files at its top level.
        target: The bundle's new folder; it must not exist yet.

    Returns:
        The bundle as opened in `target`.

    Raises:
        BundleError: The archive is damaged, too large, holds links, folders or names that leave the folder, or the
            bundle in it does not verify; or `target` exists.
    """
    if target.exists() or target.is_symlink():
        raise BundleError(Message.of("bundle.target_exists", folder=target.name))
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".bundle-", dir=target.parent))
    try:
        _unpack(archive, staging)
        open_bundle(staging)
        staging.replace(target)
    except OSError as error:
        raise BundleError(Message.of("bundle.unwritable", file=target.name, reason=error.strerror or "")) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return open_bundle(target)


def _unpack(archive: Path, folder: Path) -> None:
    """Writes each member by its checked name; stops as soon as more bytes come than were promised or are allowed."""
    try:
        with zipfile.ZipFile(archive) as packed:
            members = packed.infolist()
            _check_members(members)
            left = LARGEST_BUNDLE
            for member in members:
                with packed.open(member) as source, (folder / member.filename).open("xb") as sink:
                    while block := source.read(_BLOCK):
                        left -= len(block)
                        if left < 0:
                            raise _too_large()
                        sink.write(block)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, FileNotFoundError) as error:
        raise BundleError(Message.of("bundle.archive_damaged", file=archive.name)) from error


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_FILES or sum(member.file_size for member in members) > LARGEST_BUNDLE:
        raise _too_large()
    if len({member.filename.lower() for member in members}) != len(members):
        raise BundleError(Message.of("bundle.manifest_damaged", reason="ZIP"))
    for member in members:
        if (member.external_attr >> 16) & _TYPE_MASK == _LINK_MODE:
            raise BundleError(Message.of("bundle.link", file=member.filename[:100]))
        if member.filename not in (MANIFEST_NAME, SIGNATURE_NAME):
            check_name(member.filename)


def _too_large() -> BundleError:
    return BundleError(Message.of("bundle.too_large", megabytes=LARGEST_BUNDLE // 2**20, files=MOST_FILES))
