"""What the program imports is what it requires: nothing may come by way of a library that an application leaves out."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packager.distributions import canonical, inside
from packager.variant import Variant, excluded_modules
from packaging.requirements import Requirement

import apnet_desktop

_PACKAGE = Path(apnet_desktop.__file__).parent
# Asked for only where `find_spec` has found them.
_WHERE_THEY_ARE = {"torch"}


def _imports(variant: Variant) -> dict[str, set[str]]:
    """Third-party top-level modules that an application's own modules import, with the files that do."""
    left_out = excluded_modules(variant)
    found: dict[str, set[str]] = {}
    for path in _PACKAGE.rglob("*.py"):
        module = ".".join(("apnet_desktop", *path.relative_to(_PACKAGE).with_suffix("").parts))
        if any(module == name or module.startswith(f"{name}.") for name in left_out):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                top = name.partition(".")[0]
                if top not in sys.stdlib_module_names and top != "apnet_desktop":
                    found.setdefault(top, set()).add(str(path.relative_to(_PACKAGE)))
    return found


def _direct() -> set[str]:
    lines = [Requirement(line) for line in requires("apnet-desktop") or []]
    return {canonical(one.name) for one in lines if one.marker is None or "extra" not in str(one.marker)}


@pytest.mark.parametrize("variant", list(Variant))
def test_every_import_is_a_requirement_that_the_application_holds(variant: Variant) -> None:
    owners = packages_distributions()
    names = {canonical(one.name) for one in inside(variant)} & _direct()
    missing = {
        module: sorted(files)
        for module, files in _imports(variant).items()
        if not {canonical(owner) for owner in owners.get(module, [])} & names and module not in _WHERE_THEY_ARE
    }
    assert missing == {}


def test_whole_scipy_packages_that_are_left_out_are_not_imported() -> None:
    left_out = [name for name in excluded_modules(Variant.CPU) if name.startswith(("scipy.", "openvino."))]
    for path in _PACKAGE.rglob("*.py"):
        if path.relative_to(_PACKAGE).parts[0] == "study":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module in left_out:
                pytest.fail(f"{path}: {node.module} is not in the application for the clinic")


def test_the_application_for_the_gpu_holds_what_torch_loads() -> None:
    specification = (_PACKAGE.parent / "packaging" / "packager" / "application.spec").read_text(encoding="utf-8")
    names = {canonical(one.name) for one in inside(Variant.CUDA)}
    assert {"torch", "torchvision", "timm", "matplotlib", "statsmodels", "tensorboard"} <= names
    # torch's own list of the CUDA libraries that it links, which no import names.
    from importlib.metadata import distribution

    asked = [Requirement(line) for line in distribution("torch").requires or []]
    nvidia = {canonical(one.name) for one in asked if one.name.startswith("nvidia")} - {"nvidia-cusolver"}
    assert nvidia
    assert nvidia <= names
    # timm does not import where torchvision's operators are not registered; no import names their library.
    files = {Path(str(file)).name for file in distribution("torchvision").files or []}
    assert any(name.startswith("_C_stable.") for name in files)
    assert '"torchvision._C_stable"' in specification
    assert compile(specification, "application.spec", "exec")
    assert not set(excluded_modules(Variant.CUDA)) & {"torch", "timm", "torchvision", "apnet_desktop.study"}
