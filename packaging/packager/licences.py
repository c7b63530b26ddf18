"""What the libraries inside say of their licences, judged by the allow-list in `packaging/licences/allowed.toml`."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution
from pathlib import Path, PurePath
from typing import Any

from license_expression import ExpressionError, LicenseExpression, get_spdx_licensing

from packager.distributions import canonical
from packager.variant import Variant

__all__ = ["AllowList", "allow_list", "copy_licences", "licence_of", "refused"]

FOLDER = Path(__file__).parents[1] / "licences"
_NAMES = ("license", "licence", "copying", "notice", "authors", "copyright")


@dataclass(frozen=True)
class AllowList:
    """`allowed.toml`.

    Attributes:
        allowed: SPDX identifiers that every application may hold.
        allowed_cuda: Those that only the application for the GPU may hold.
        words: SPDX identifier by the words of older metadata.
        read: SPDX expression by canonical name of a distribution, as a person read it.
    """

    allowed: frozenset[str]
    allowed_cuda: frozenset[str]
    words: dict[str, str]
    read: dict[str, str]


@cache
def allow_list() -> AllowList:
    """The allow-list of this repository."""
    content: dict[str, Any] = tomllib.loads((FOLDER / "allowed.toml").read_text(encoding="utf-8"))
    read = {canonical(name): licence for name, licence in content["read"].items()}
    return AllowList(frozenset(content["allowed"]), frozenset(content["allowed_cuda"]), content["words"], read)


def licence_of(distribution: Distribution, known: AllowList | None = None) -> str:
    """SPDX expression of a distribution's licence; empty if its metadata says none that is known.

    What a person read comes first, then `License-Expression` (PEP 639), then the older fields.
    """
    known = known or allow_list()
    read = known.read.get(canonical(distribution.name))
    if read is not None:
        return read
    metadata = distribution.metadata
    if "License-Expression" in metadata:
        return str(metadata["License-Expression"])
    text = str(metadata["License"]) if "License" in metadata else ""
    words = (text.strip().splitlines() or [""])[0].strip()
    if words in known.words:
        return known.words[words]
    if words and (words.startswith("LicenseRef-") or _parsed(words) is not None):
        return words
    classifiers = [str(one) for one in metadata.get_all("Classifier") or [] if str(one).startswith("License ::")]
    # One that is not known makes the whole answer unknown.
    found = {known.words.get(one.rpartition(" :: ")[2], "") for one in classifiers}
    return "" if "" in found else " AND ".join(sorted(found))


@cache
def _licensing() -> Any:
    """The SPDX list; it takes seconds to read."""
    return get_spdx_licensing()


def _parsed(expression: str) -> LicenseExpression | None:
    try:
        return _licensing().parse(expression, validate=True)
    except ExpressionError:
        return None


def is_allowed(expression: str, allowed: Iterable[str]) -> bool:
    """True if a licence may be chosen from the expression that is allowed: all of an AND, one of an OR."""
    licensing = _licensing()
    try:
        parsed = licensing.parse(expression)
    except ExpressionError:
        return False
    if parsed is None:
        return False
    permitted = set(allowed)

    def holds(node: Any) -> bool:
        if isinstance(node, licensing.AND):
            return all(holds(one) for one in node.args)
        if isinstance(node, licensing.OR):
            return any(holds(one) for one in node.args)
        return str(node) in permitted

    return holds(parsed)


def refused(distributions: Iterable[Distribution], variant: Variant) -> dict[str, str]:
    """The distributions whose licence is not allowed in this application, with what they say."""
    known = allow_list()
    allowed = known.allowed | (known.allowed_cuda if variant is Variant.CUDA else frozenset())
    found = {}
    for one in distributions:
        licence = licence_of(one, known)
        if not licence or not is_allowed(licence, allowed):
            found[one.name] = licence or "nothing that is known"
    return found


def _is_licence(file: PurePath) -> bool:
    inside = any(part.endswith(".dist-info") for part in file.parts)
    return inside and ("licenses" in file.parts or file.name.lower().startswith(_NAMES))


def _said(one: Distribution) -> str:
    """Author, licence and home of a distribution, as its metadata names them."""
    metadata = one.metadata
    fields = ("Author", "Author-email", "License", "License-Expression", "Home-page", "Project-URL")
    said = {name: metadata[name].strip() for name in fields if name in metadata}
    lines = [f"{name}: {words.splitlines()[0]}" for name, words in said.items() if words]
    return "\n".join((f"{one.name} {one.version} ({licence_of(one)})", *lines, "", ""))


def copy_licences(distributions: Iterable[Distribution], target: Path) -> list[str]:
    """Copies the licence files of the distributions, a folder each, and the texts that Qt's licence asks for.

    What a wheel without such a file says of its author and licence goes into `WITHOUT-A-FILE.txt`.

    Returns:
        Distributions without such a file.
    """
    without = []
    shutil.copytree(FOLDER / "texts", target, dirs_exist_ok=True)
    for one in distributions:
        files = [Path(str(one.locate_file(file))) for file in one.files or [] if _is_licence(file)]
        folder = target / canonical(one.name)
        for file in files:
            if file.is_file():
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, folder / file.name)
        if not files:
            without.append(one.name)
            with (target / "WITHOUT-A-FILE.txt").open("a", encoding="utf-8") as stream:
                stream.write(_said(one))
    return without
