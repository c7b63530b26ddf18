"""Opens a bundle folder: only files that the manifest names, each with its size and hash, and none that can hold code.

A bundle is flat. Its files:

    manifest.json       `Manifest`: what the bundle is, and size and SHA-256 of every other file
    manifest.sig        optional: an ed25519 signature of manifest.json (`signature.py`)
    apnet.safetensors   backbones, projections, reader and fold heads (`model/weights.py` names the tensors)
    clinical.N.txt      LightGBM's own text, one for each fold N
    calibration.json    `Calibration`: calibrators of each fold and interval curves of each route (`calibration.py`)
    reference.npz       summaries of the development cohort, no row of a patient (`model/reference.py`)
    golden.json         `GoldenValues`: seeded inputs and what they must give (`golden.py`)
    evaluation.json     figures of the evaluation
    MODEL_CARD.md       the model card

Hashes are checked when the folder is opened and again on each `Bundle.read`, so what is parsed is what was listed.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from apnet_desktop.bundle.manifest import BundleFile, BundleStatus, Manifest
from apnet_desktop.bundle.signature import SIGNATURE_NAME, granted_status
from apnet_desktop.errors import BundleError
from apnet_desktop.language import Message

__all__ = [
    "LARGEST_BUNDLE",
    "MANIFEST_NAME",
    "MOST_FILES",
    "Bundle",
    "check_name",
    "open_bundle",
    "parse_manifest",
    "write_manifest",
]

MANIFEST_NAME = "manifest.json"
LARGEST_MANIFEST = 4 * 2**20
LARGEST_BUNDLE = 2 * 2**30
MOST_FILES = 200

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SUFFIXES = (".json", ".safetensors", ".txt", ".npz", ".md", ".png", ".svg", ".pdf", ".csv")
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}
_PICKLE_PROTOCOLS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files were all checked.

    Attributes:
        folder: Where it lies.
        manifest: What it says of itself.
        sha256: SHA-256 of manifest.json, which lists the hash of every other file: the bundle's identity.
        status: What it may be used for *here*: the manifest's status, or research where a clinical bundle lacks a
            trusted signature or an approval.
        notice: Why `status` is less than the manifest's; None if it is not.
    """

    folder: Path
    manifest: Manifest
    sha256: str
    status: BundleStatus
    notice: Message | None = field(default=None)

    def has(self, name: str) -> bool:
        """True if the manifest lists this file."""
        return any(file.name == name for file in self.manifest.files)

    def read(self, name: str) -> bytes:
        """The bytes of one file, checked again against size and hash.

        Raises:
            BundleError: The manifest does not list it, or it changed since the bundle was opened.
        """
        for file in self.manifest.files:
            if file.name == name:
                return _checked_bytes(self.folder, file)
        raise BundleError(Message.of("bundle.missing_file", file=name, folder=self.folder.name))


def open_bundle(folder: Path, trust_file: Path | None = None) -> Bundle:
    """Opens a bundle after checking every file in its folder.

    Args:
        folder: The bundle's folder.
        trust_file: Keys that may sign clinical bundles; None is the machine's own (`signature.trust_file`).

    Raises:
        BundleError: A file is missing, extra, changed, a link, outside the folder or able to hold code; or the
            manifest is damaged or of an unknown version.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise BundleError(Message.of("bundle.no_folder", folder=folder.name))
    content = _read_plain(folder, MANIFEST_NAME, LARGEST_MANIFEST)
    manifest = parse_manifest(content)
    _check_listing(folder, manifest)
    for file in manifest.files:
        _refuse_code(file.name, _checked_bytes(folder, file))
    signature = None
    if (folder / SIGNATURE_NAME).exists():
        signature = _read_plain(folder, SIGNATURE_NAME, 65536)
    status, notice = granted_status(manifest, content, signature, trust_file)
    return Bundle(folder, manifest, hashlib.sha256(content).hexdigest(), status, notice)


def parse_manifest(content: bytes) -> Manifest:
    """The manifest in `content`.

    Raises:
        BundleError: It is no JSON, of another format or version, or a field is missing or wrong.
    """
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BundleError(Message.of("bundle.manifest_damaged", reason="JSON")) from error
    if not isinstance(raw, dict) or raw.get("format") != "apnet-bundle":
        raise BundleError(Message.of("bundle.manifest_damaged", reason="format"))
    if raw.get("format_version") != 1:
        raise BundleError(Message.of("bundle.unknown_version", version=str(raw.get("format_version"))[:20]))
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BundleError(Message.of("bundle.manifest_damaged", reason=place[:100])) from error
    for file in manifest.files:
        check_name(file.name)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Lists the files that lie in `folder` and writes `manifest.json` last, as a whole or not at all.

    Args:
        folder: A folder that holds every other file of the bundle already.
        manifest: Everything but `files`, which is replaced.

    Returns:
        The manifest as written.

    Raises:
        BundleError: A file may not be part of a bundle.
    """
    files = []
    for path in sorted(folder.iterdir()):
        if path.name in (MANIFEST_NAME, SIGNATURE_NAME):
            continue
        check_name(path.name)
        content = _read_plain(folder, path.name, LARGEST_BUNDLE)
        _refuse_code(path.name, content)
        files.append(BundleFile(name=path.name, size=len(content), sha256=hashlib.sha256(content).hexdigest()))
    complete = manifest.model_copy(update={"files": tuple(files)})
    temporary = folder / (MANIFEST_NAME + ".part")
    with temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(complete.model_dump_json(indent=1) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(folder / MANIFEST_NAME)
    return complete


def check_name(name: str) -> None:
    """Refuses a name that is no plain file name, that some system reserves, or of a kind that bundles do not hold.

    Raises:
        BundleError: Naming it.
    """
    stem = name.split(".", maxsplit=1)[0].lower()
    if not _NAME.fullmatch(name) or ".." in name or name.endswith(".") or stem in _DEVICES:
        raise BundleError(Message.of("bundle.outside", file=name[:100]))
    if not name.lower().endswith(_SUFFIXES):
        raise BundleError(Message.of("bundle.kind", file=name))


def _check_listing(folder: Path, manifest: Manifest) -> None:
    listed = [file.name for file in manifest.files]
    if len(listed) > MOST_FILES or sum(file.size for file in manifest.files) > LARGEST_BUNDLE:
        raise BundleError(Message.of("bundle.too_large", megabytes=LARGEST_BUNDLE // 2**20, files=MOST_FILES))
    if len({name.lower() for name in listed}) != len(listed):
        raise BundleError(Message.of("bundle.manifest_damaged", reason="files"))
    present = {entry.name for entry in folder.iterdir()}
    for name in listed:
        if name not in present:
            raise BundleError(Message.of("bundle.missing_file", file=name, folder=folder.name))
    for name in sorted(present - set(listed) - {MANIFEST_NAME, SIGNATURE_NAME}):
        raise BundleError(Message.of("bundle.extra_file", file=name[:100], folder=folder.name))


def _read_plain(folder: Path, name: str, largest: int) -> bytes:
    """Bytes of a regular file directly inside `folder`; never follows a link, never reads more than `largest`."""
    path = folder / name
    try:
        before = path.lstat()
        if stat.S_ISLNK(before.st_mode):
            raise BundleError(Message.of("bundle.link", file=name))
        if not stat.S_ISREG(before.st_mode):
            raise BundleError(Message.of("bundle.not_a_file", file=name))
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            content = stream.read(largest + 1)
    except FileNotFoundError as error:
        raise BundleError(Message.of("bundle.missing_file", file=name, folder=folder.name)) from error
    except OSError as error:
        raise BundleError(Message.of("bundle.unreadable", file=name, reason=error.strerror or "")) from error
    if len(content) > largest:
        raise BundleError(Message.of("bundle.changed", file=name))
    return content


def _checked_bytes(folder: Path, file: BundleFile) -> bytes:
    content = _read_plain(folder, file.name, max(file.size, 0))
    if len(content) != file.size or hashlib.sha256(content).hexdigest() != file.sha256:
        raise BundleError(Message.of("bundle.changed", file=file.name))
    return content


def _refuse_code(name: str, content: bytes) -> None:
    """Refuses what could run when it is loaded: a pickle, alone or inside an archive, or an array of objects."""
    if content.startswith(_PICKLE_PROTOCOLS):
        raise BundleError(Message.of("bundle.pickle", file=name))
    if not content.startswith(b"PK\x03\x04"):
        if name.endswith(".npz"):
            raise BundleError(Message.of("bundle.manifest_damaged", reason=name))
        return
    if not name.endswith(".npz"):
        raise BundleError(Message.of("bundle.pickle", file=name))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream:
                    head = stream.read(4096)
                header_end = head.find(b"\n")
                header = head[: header_end if header_end > 0 else len(head)]
                if not head.startswith(b"\x93NUMPY") or b"|O" in header or b"'O'" in header:
                    raise BundleError(Message.of("bundle.pickle", file=name))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise BundleError(Message.of("bundle.manifest_damaged", reason=name)) from error
