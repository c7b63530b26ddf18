"""Libraries inside wheels, named by hand in `packaging/licences/inside.toml`, with the versions that they say."""

from __future__ import annotations

import fnmatch
import importlib
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from packager.licences import FOLDER

__all__ = ["InsideLibrary", "inside_libraries", "openblas_version", "pdfium_version", "system_licences"]


@dataclass(frozen=True)
class InsideLibrary:
    """One library.

    Attributes:
        name: Its name.
        distribution: The distribution whose wheel holds it.
        version: A number, or `call:MODULE:FUNCTION[:ARGUMENT]`.
        licence: SPDX expression.
        files: Patterns of its files' places in the application.
        purl: Package URL without the version.
    """

    name: str
    distribution: str
    version: str
    licence: str
    files: tuple[str, ...]
    purl: str

    def holds(self, place: str) -> bool:
        """True if a file at this place is of the library."""
        return any(fnmatch.fnmatchcase(place, pattern) for pattern in self.files)

    def found_version(self) -> str:
        """The version, asked of the library where it says one."""
        if not self.version.startswith("call:"):
            return self.version
        _, module, path, *arguments = self.version.split(":")
        found: Any = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
        value = found(*arguments)
        return (value.decode() if isinstance(value, bytes) else str(value)).strip()


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "inside.toml").read_text(encoding="utf-8"))


def inside_libraries() -> tuple[InsideLibrary, ...]:
    """All of them."""
    return tuple(InsideLibrary(**{**one, "files": tuple(one["files"])}) for one in _content()["library"])


def system_licences() -> dict[str, str]:
    """SPDX expression by name of a Debian package."""
    return dict(_content()["system"])


def pdfium_version() -> str:
    """Version of the PDFium in pypdfium2."""
    import pypdfium2

    return str(pypdfium2.PDFIUM_INFO)


def openblas_version() -> str:
    """Version of the OpenBLAS in NumPy's wheel."""
    import numpy

    built: Any = numpy.show_config(mode="dicts")
    return str(built["Build Dependencies"]["blas"]["version"])
