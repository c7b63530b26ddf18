"""What an application is made from, as one number: an application that exists and is current is not built again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from packager.variant import Variant

__all__ = ["is_current", "mark", "sources_digest"]

_MARK = ".made-from.json"
# Relative to the repository: all that ends up in an application or decides what does.
_PLACES = (
    "apnet_desktop",
    "docs/manual",
    "models/apnet-demo",
    "packaging/licences",
    "packaging/linux",
    "packaging/packager",
    "resources",
    "LICENSE",
    "pyproject.toml",
)


def sources_digest(root: Path, variant: Variant) -> str:
    """SHA-256 over names and contents of the sources, the Python and the libraries that are installed, and the variant.

    Args:
        root: The repository.
        variant: Which application.
    """
    found = hashlib.sha256(f"{variant.value} {platform.python_version()} {platform.machine()}\n".encode())
    for line in sorted(f"{one.name}=={one.version}" for one in distributions()):
        found.update(f"{line}\n".encode())
    for path in _files(root):
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        found.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return found.hexdigest()


def is_current(target: Path, digest: str) -> bool:
    """True if the packages that `mark` named in `target` were made from sources of this digest and are still there."""
    mark_file = target / _MARK
    if not mark_file.is_file():
        return False
    said = json.loads(mark_file.read_text(encoding="utf-8"))
    return said["sources"] == digest and all((target / name).is_file() for name in said["packages"])


def mark(target: Path, digest: str, packages: list[Path]) -> None:
    """Writes down what the packages in `target` were made from."""
    content = {"sources": digest, "packages": [package.name for package in packages]}
    (target / _MARK).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _files(root: Path) -> Iterator[Path]:
    for place in _PLACES:
        start = root / place
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
