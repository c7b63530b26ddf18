"""Libraries of the system that the shipped ones need and that this machine lacks (Linux)."""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

__all__ = ["MissingLibrary", "missing_libraries", "shipped_libraries"]

_NOT_FOUND = re.compile(r"^(?P<file>[^\s:]+): cannot open shared object file")

# Names in Debian and Ubuntu, as packaging/system-libraries.sh installs them.
_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}


@dataclass(frozen=True)
class MissingLibrary:
    """A shared library that is not on this machine.

    Attributes:
        file: Its name, as the loader asks for it.
        package: The Debian and Ubuntu package that has it; empty if not known.
    """

    file: str
    package: str


def missing_libraries(libraries: Iterable[Path] | None = None) -> list[MissingLibrary]:
    """What the loader does not find when it loads each of `libraries`; the first for each of them.

    Args:
        libraries: Shared libraries to load; None takes those of Qt's window and of LightGBM.
    """
    if sys.platform != "linux":
        return []  # elsewhere everything that is needed lies in the application
    found: dict[str, MissingLibrary] = {}
    for library in shipped_libraries() if libraries is None else libraries:
        try:
            ctypes.CDLL(str(library))
        except OSError as error:
            match = _NOT_FOUND.match(str(error))
            name = match["file"] if match else library.name
            found[name] = MissingLibrary(name, _PACKAGES.get(name, ""))
    return list(found.values())


def shipped_libraries() -> list[Path]:
    """The libraries that need something of the system: Qt's, its window system's plugin, LightGBM's."""
    libraries: list[Path] = []
    qt, lightgbm = _folder("PySide6"), _folder("lightgbm")
    if qt is not None:
        libraries += [qt / "Qt" / "lib" / f"libQt6{name}.so.6" for name in ("Gui", "Widgets", "Network")]
        libraries.append(qt / "Qt" / "plugins" / "platforms" / "libqxcb.so")
    if lightgbm is not None:
        libraries += [lightgbm / "lib" / "lib_lightgbm.so"]
    return libraries


def _folder(package: str) -> Path | None:
    """Where a package lies; it is not imported, because that would fail just where this is asked."""
    spec = find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else None
