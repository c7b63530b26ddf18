"""Size and number of files of an application, by part."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PartSize", "measure", "table"]

_PARTS = {
    "SimpleITK": "SimpleITK",
    "PySide6": "Qt (PySide6)",
    "shiboken6": "Qt (PySide6)",
    "openvino": "OpenVINO",
    "torch": "torch",
    "torchvision": "torch",
    "torchvision.libs": "torch",
    "nvidia": "CUDA libraries",
    "scipy": "NumPy and SciPy",
    "scipy.libs": "NumPy and SciPy",
    "numpy": "NumPy and SciPy",
    "numpy.libs": "NumPy and SciPy",
    "_gdcm": "DICOM codecs",
    "gdcm": "DICOM codecs",
    "openjpeg": "DICOM codecs",
    "lightgbm": "LightGBM",
    "pylopdf_fonts_zh_cn": "fonts",
    "pylopdf_fonts_ko": "fonts",
}
_REST = "Python, other libraries"


@dataclass(frozen=True)
class PartSize:
    """One line of the table.

    Attributes:
        name: The part.
        bytes: Sum of its files.
        files: How many.
    """

    name: str
    bytes: int
    files: int


def measure(folder: Path) -> list[PartSize]:
    """The parts of the application in `folder`, the largest first; links count as nothing."""
    sizes: dict[str, int] = defaultdict(int)
    counts: dict[str, int] = defaultdict(int)
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            part = _part(path.relative_to(folder))
            sizes[part] += path.stat().st_size
            counts[part] += 1
    return sorted((PartSize(name, sizes[name], counts[name]) for name in sizes), key=lambda one: -one.bytes)


def table(parts: list[PartSize]) -> str:
    """The parts as lines, with their sum."""
    total = PartSize("together", sum(part.bytes for part in parts), sum(part.files for part in parts))
    return "\n".join(f"{part.name:<34} {part.bytes / 1e6:>9.1f} MB {part.files:>6} files" for part in (*parts, total))


def _part(place: Path) -> str:
    words = place.parts
    if words[0] == "licences":
        return "licences and list of contents"
    if words[0] != "_internal":
        return "program and its Python modules"
    if words[1] == "apnet_desktop":
        if words[3:5] == ("models", "graphs"):
            return "exported graph"
        return {"models": "model bundle", "manual": "manual"}.get(words[3], "translations, icons, fonts")
    return _PARTS.get(words[1], _REST)
