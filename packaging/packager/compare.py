"""Names what differs between two builds of the application."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

__all__ = ["differences"]


def differences(one: Path, other: Path) -> list[str]:
    """What differs in contents, rights, times or links, a line each; empty if the folders are equal."""
    ours, theirs = _described(one), _described(other)
    found = [f"only in {one}: {name}" for name in sorted(ours.keys() - theirs.keys())]
    found += [f"only in {other}: {name}" for name in sorted(theirs.keys() - ours.keys())]
    for name in sorted(ours.keys() & theirs.keys()):
        kinds = [kind for kind in ours[name] if ours[name][kind] != theirs[name].get(kind)]
        if kinds:
            found.append(f"{name}: {', '.join(kinds)}")
    return found


def _described(folder: Path) -> dict[str, dict[str, str]]:
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        described = {"rights": oct(status.st_mode), "time": str(int(status.st_mtime))}
        if path.is_symlink():
            described["target"] = str(path.readlink())
        elif path.is_file():
            with path.open("rb") as stream:
                described["content"] = hashlib.file_digest(stream, "sha256").hexdigest()
        found[path.relative_to(folder).as_posix()] = described
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m packager.compare", description=__doc__)
    parser.add_argument("first", type=Path, help="folder of one build")
    parser.add_argument("second", type=Path, help="folder of the other")
    options = parser.parse_args()
    lines = differences(options.first, options.second)
    print("\n".join(lines) if lines else "equal: every file, link, right and time")
    sys.exit(1 if lines else 0)
