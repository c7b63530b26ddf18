"""Which libraries of the building machine an application needs, and which Debian packages they are of."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

__all__ = ["copy_system_licences", "debian_package", "is_of_the_system", "without_unneeded"]

# Every Linux desktop has these, and they have to fit its drivers, fonts, message bus and print server: a shipped
# libstdc++ that is older than the graphics driver's keeps that from loading. The Debian package depends on them, the
# self-test names one that is missing.
_LEFT_TO_THE_SYSTEM = (
    "libX11.so.6",
    "libX11-xcb.so.1",
    "libXau.so.6",
    "libXdmcp.so.6",
    "libcups.so.2",
    "libdbus-1.so.3",
    "libfontconfig.so.1",
    "libfreetype.so.6",
    "libgcc_s.so.1",
    "libglib-2.0.so.0",
    "libgthread-2.0.so.0",
    "libstdc++.so.6",
)


def is_of_the_system(source: str) -> bool:
    """True if a file comes from the building machine and not from Python or a wheel."""
    path = Path(source).resolve()
    return not any(path.is_relative_to(Path(prefix).resolve()) for prefix in (sys.prefix, sys.base_prefix))


def without_unneeded(binaries: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The libraries without those of the system that only left-out files needed.

    Args:
        binaries: PyInstaller's entries: place in the application, source, kind.
    """
    entries = list(binaries)
    system = {Path(place).name: source for place, source, _ in entries if source and is_of_the_system(source)}
    waiting = [
        source for _, source, kind in entries if kind in ("BINARY", "EXTENSION") and not is_of_the_system(source)
    ]
    needed: set[str] = set()
    while waiting:
        for library in _needed_by(waiting.pop()):
            if library in system and library not in needed and library not in _LEFT_TO_THE_SYSTEM:
                needed.add(library)
                waiting.append(system[library])
    return [entry for entry in entries if Path(entry[0]).name not in system or Path(entry[0]).name in needed]


def _needed_by(source: str) -> list[str]:
    """Names of the libraries that a library asks for itself (DT_NEEDED of its dynamic section)."""
    shown = subprocess.run(["objdump", "-p", source], capture_output=True, text=True, check=False).stdout
    return [line.split()[1] for line in shown.splitlines() if line.strip().startswith("NEEDED")]


def copy_system_licences(sources: Iterable[str], target: Path) -> None:
    """Copies the copyright files of the building machine's packages, a file each (Debian Policy 12.5)."""
    packages = {debian_package(source)[0] for source in sources if is_of_the_system(source)}
    for package in sorted(packages - {""}):
        file = Path("/usr/share/doc") / package / "copyright"
        if file.is_file():
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / f"{package}.txt")


@cache
def debian_package(source: str) -> tuple[str, str]:
    """Name and version of the Debian package that a file is of; empty where there is no dpkg or it does not know."""
    real = str(Path(source).resolve())
    for place in (real, real.removeprefix("/usr"), source):
        found = subprocess.run(["dpkg-query", "-S", place], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            name = found.stdout.split(":")[0]
            shown = subprocess.run(
                ["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True, check=True
            )
            return name, shown.stdout
    return "", ""
