"""Reads a PDF back with poppler and pypdf: independent of what wrote it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from pypdf import PdfReader


class Font(NamedTuple):
    """One line of pdffonts."""

    name: str
    embedded: bool
    subset: bool
    unicode: bool


class Word(NamedTuple):
    """One word and its box in points from the upper left corner."""

    page: int
    text: str
    left: float
    top: float
    right: float
    bottom: float


def tool(name: str) -> str:
    """Path of a poppler tool; skips the calling test where it is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed (Debian: poppler-utils)")
    return path


def _run(name: str, pdf: bytes, folder: Path, *arguments: str) -> str:
    file = folder / "read.pdf"
    file.write_bytes(pdf)
    command = [tool(name), *arguments, str(file)]
    if name == "pdftotext":
        command.append("-")
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - a tool that was found by name
    assert not done.stderr, done.stderr
    return done.stdout.decode("utf-8")


def text(pdf: bytes, folder: Path) -> str:
    """All text, as pdftotext finds it."""
    return _run("pdftotext", pdf, folder, "-layout")


def pages(pdf: bytes) -> list[str]:
    """The text of each page, as pypdf finds it."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def fonts(pdf: bytes, folder: Path) -> list[Font]:
    """What pdffonts says."""
    rows = _run("pdffonts", pdf, folder).splitlines()[2:]
    found = []
    for row in rows:
        columns = row.split()
        found.append(Font(columns[0], columns[-5] == "yes", columns[-4] == "yes", columns[-3] == "yes"))
    return found


def images(pdf: bytes, folder: Path) -> list[tuple[int, float, float]]:
    """(page, horizontal, vertical dots per inch) of each image, as pdfimages says."""
    rows = _run("pdfimages", pdf, folder, "-list") if shutil.which("pdfimages") else ""
    return [(int(row.split()[0]), float(row.split()[12]), float(row.split()[13])) for row in rows.splitlines()[2:]]


def words(pdf: bytes, folder: Path) -> list[Word]:
    """Every word with its box."""
    found, page = [], 0
    for line in _run("pdftotext", pdf, folder, "-bbox").splitlines():
        if "<page " in line:
            page += 1
        box = re.search(r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*)</word>', line)
        if box is not None:
            left, top, right, bottom = map(float, box.groups()[:4])
            found.append(Word(page, box.group(5), left, top, right, bottom))
    return found


def squeezed(words: str) -> str:
    """Without white space, so that line breaks do not matter."""
    return re.sub(r"\s", "", words)
