"""Who may call a bundle clinical: an ed25519 signature of its manifest by a key that an administrator trusts.

`manifest.sig` is JSON: `{"key": "<name>", "signature": "<base64 of 64 bytes over the bytes of manifest.json>"}`.
The trust file is JSON: `{"keys": {"<name>": "<base64 of the 32 bytes of the public key>"}}`. It lies where only an
administrator can write (`trust_file`); one that the person at the screen could have written is not believed.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import stat
import sys
from pathlib import Path

from apnet_desktop.bundle.manifest import BundleStatus, Manifest
from apnet_desktop.language import Message

__all__ = ["SIGNATURE_NAME", "granted_status", "sign_manifest", "trust_file"]

SIGNATURE_NAME = "manifest.sig"
_PUBLIC_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_LARGEST_TRUST_FILE = 2**20


def trust_file() -> Path:
    """The machine's list of keys that may sign clinical bundles; it need not exist.

    It is never taken from the environment: a person could point that at a file of their own.
    """
    if sys.platform == "win32":
        return Path("C:/ProgramData/APNet Desktop/trusted-keys.json")
    if sys.platform == "darwin":
        return Path("/Library/Application Support/APNet Desktop/trusted-keys.json")
    return Path("/etc/apnet-desktop/trusted-keys.json")


def granted_status(
    manifest: Manifest, content: bytes, signature: bytes | None, trusted: Path | None = None
) -> tuple[BundleStatus, Message | None]:
    """The status that a bundle may have on this machine.

    Args:
        manifest: What it claims.
        content: The bytes of manifest.json.
        signature: The bytes of manifest.sig, if there is one.
        trusted: The trust file; None is the machine's own.

    Returns:
        The status, and the reason where it is less than the claim.
    """
    if manifest.status is not BundleStatus.CLINICAL:
        return manifest.status, None
    if manifest.approval is None:
        return BundleStatus.RESEARCH, Message.of("bundle.no_approval")
    if signature is None:
        return BundleStatus.RESEARCH, Message.of("bundle.unsigned")
    path = trusted or trust_file()
    keys, reason = _trusted_keys(path)
    if reason is not None:
        return BundleStatus.RESEARCH, reason
    if not _verified(content, signature, keys):
        return BundleStatus.RESEARCH, Message.of("bundle.untrusted", file=str(path))
    return BundleStatus.CLINICAL, None


def sign_manifest(folder: Path, key_name: str, private_key: bytes) -> None:
    """Writes `manifest.sig` for the manifest in `folder`.

    Args:
        folder: The bundle's folder, with its final manifest.
        key_name: Name of the key in the trust file.
        private_key: The 32 bytes of an ed25519 private key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    signature = Ed25519PrivateKey.from_private_bytes(private_key).sign((folder / "manifest.json").read_bytes())
    text = json.dumps({"key": key_name, "signature": base64.b64encode(signature).decode()})
    (folder / SIGNATURE_NAME).write_text(text + "\n", encoding="utf-8")


def _verified(content: bytes, signature: bytes, keys: dict[str, bytes]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        parsed = json.loads(signature)
        name, value = str(parsed["key"]), base64.b64decode(parsed["signature"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    if name not in keys or len(value) != _SIGNATURE_BYTES:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(keys[name]).verify(value, content)
    except InvalidSignature:
        return False
    return True


def _trusted_keys(path: Path) -> tuple[dict[str, bytes], Message | None]:
    """The keys of a trust file, or why it is not believed."""
    if not path.is_file():
        return {}, Message.of("bundle.no_trust_file", file=str(path))
    if not _only_administrator_writes(path):
        return {}, Message.of("bundle.trust_file_open", file=str(path))
    try:
        with path.open("rb") as stream:
            parsed = json.loads(stream.read(_LARGEST_TRUST_FILE))
        keys = {str(name): base64.b64decode(value, validate=True) for name, value in parsed["keys"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
        return {}, Message.of("bundle.trust_file_damaged", file=str(path))
    if any(len(key) != _PUBLIC_KEY_BYTES for key in keys.values()):
        return {}, Message.of("bundle.trust_file_damaged", file=str(path))
    return keys, None


def _only_administrator_writes(path: Path) -> bool:
    """True if file and folder belong to the administrator and nobody else may write them, links not followed."""
    if sys.platform == "win32":
        # ProgramData lets ordinary users create files, so a file that this person can open for writing proves nothing.
        return not path.is_symlink() and not os.access(path, os.W_OK)
    for place in (path, path.parent):
        status = place.lstat()
        if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or stat.S_ISLNK(status.st_mode):
            return False
    return True
