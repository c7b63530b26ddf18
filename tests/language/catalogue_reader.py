"""What the package says of its sentences, read from its source: which ids it names, and with which values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import apnet_desktop

PACKAGE = Path(apnet_desktop.__file__).parent
_ID = re.compile(r"[a-z][a-z_]*(\.[a-z0-9_]+)+")
_HOLE = "\0"


@dataclass
class Uses:
    """Ids in the source.

    Attributes:
        literals: Every string that could be an id, with the places where it stands.
        patterns: f-strings, and beginnings that end in "_", that could make ids, as regular expressions.
        calls: (id, names of the values, place) of `text(...)` and `Message.of(...)` with a literal id and no `**`.
    """

    literals: dict[str, list[str]] = field(default_factory=dict)
    patterns: set[str] = field(default_factory=set)
    calls: list[tuple[str, set[str], str]] = field(default_factory=list)


def uses() -> Uses:
    """All uses in the package."""
    found = Uses()
    for path in sorted(PACKAGE.rglob("*.py")):
        place = str(path.relative_to(PACKAGE.parent))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            _take(node, place, found)
    return found


def _take(node: ast.AST, place: str, found: Uses) -> None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _ID.fullmatch(node.value):
        found.literals.setdefault(node.value, []).append(f"{place}:{node.lineno}")
        if node.value.endswith("_"):
            found.patterns.add(re.escape(node.value) + "[a-z0-9_.]+")
    elif isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else _HOLE for part in node.values]
        shape = "".join(parts)
        if re.match(r"[a-z][a-z_]*\.", shape) and _HOLE in shape:
            found.patterns.add(re.escape(shape).replace(re.escape(_HOLE), "[a-z0-9_.]+").replace(_HOLE, "[a-z0-9_.]+"))
    elif isinstance(node, ast.Call) and node.args and _is_sentence_call(node.func):
        first = node.args[0]
        named = all(keyword.arg is not None for keyword in node.keywords)
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and named:
            names = {str(keyword.arg) for keyword in node.keywords}
            found.calls.append((first.value, names, f"{place}:{node.lineno}"))


def _is_sentence_call(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id == "text"
    if not isinstance(function, ast.Attribute) or function.attr != "of":
        return False
    return isinstance(function.value, ast.Name) and function.value.id == "Message"


def placeholders(sentence: str) -> set[str]:
    """Names in braces."""
    return set(re.findall(r"\{([a-z_0-9]+)[^}]*\}", sentence))


def rooms(language: str) -> Iterator[str]:
    """Names of the catalogues of one language."""
    from apnet_desktop.locations import resources_folder

    for path in sorted((resources_folder() / "translations" / language).glob("*.po")):
        yield path.stem
