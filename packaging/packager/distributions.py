"""Which distributions are inside an application: the project's requirements and what those need in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, distributions, packages_distributions

from packaging.requirements import Requirement

from packager.variant import Variant, left_out_distributions

__all__ = ["canonical", "closure", "inside", "other_modules"]


def canonical(name: str) -> str:
    """A distribution's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def inside(variant: Variant) -> list[Distribution]:
    """The distributions of an application, by name; the project itself is not among them."""
    return closure("apnet-desktop", set(left_out_distributions(variant)))


def other_modules(variant: Variant) -> list[str]:
    """Top-level modules of everything else that is installed here, which must not slip in."""
    wanted = {canonical(one.name) for one in inside(variant)} | {"apnet-desktop"}
    return sorted(
        module
        for module, owners in packages_distributions().items()
        if not {canonical(owner) for owner in owners} & wanted
    )


def closure(root: str, without: set[str]) -> list[Distribution]:
    """The distributions that `root` needs, directly or not, and that are installed here.

    Args:
        root: Name of a distribution; it is not in the answer.
        without: Canonical names that are left out together with what only they need.
    """
    installed = {canonical(one.name) for one in distributions()}
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = list(_requirements(distribution(root), ""))
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen or name in without or name not in installed:
            continue
        seen.add((name, extra))
        found[name] = distribution(name)
        waiting += _requirements(found[name], extra)
    return [found[name] for name in sorted(found)]


def _requirements(one: Distribution, extra: str) -> Iterator[tuple[str, str]]:
    """Canonical name and extra of what a distribution with this extra ("": none) requires on this machine."""
    for line in one.requires or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            for wanted in ("", *requirement.extras):
                yield canonical(requirement.name), wanted
