"""The list of contents (CycloneDX 1.6) of a built application, and whether it names all that is inside."""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import Distribution, packages_distributions, version
from pathlib import Path
from typing import Any

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from packager.distributions import canonical, inside
from packager.inside_libraries import inside_libraries, system_licences
from packager.licences import licence_of
from packager.system_libraries import debian_package, is_of_the_system
from packager.variant import Variant

__all__ = ["Contents", "main", "make_sbom", "read_contents"]

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
# The application itself, what PyInstaller starts it with, and what Python makes when it is built.
_WITHOUT_OWNER = ("apnet_desktop", "start", "pyi_rth", "_pyi_rth", "pyimod", "_sysconfigdata")


@dataclass(frozen=True)
class Contents:
    """What PyInstaller has put into an application; the specification file writes it.

    Attributes:
        modules: Python modules.
        binaries: Place in the application and source of each library and extension module.
    """

    modules: tuple[str, ...]
    binaries: tuple[tuple[str, str], ...]


def read_contents(staged: Path) -> Contents:
    """Reads what the specification file wrote."""
    content = json.loads((staged / "contents.json").read_text(encoding="utf-8"))
    return Contents(tuple(content["modules"]), tuple((place, source) for place, source in content["binaries"]))


def make_sbom(variant: Variant, contents: Contents, application: Path, bundle: Path) -> tuple[str, list[str]]:
    """The list of contents as JSON, the same text for the same contents.

    Args:
        variant: Which application.
        contents: What PyInstaller put in.
        application: The finished folder.
        bundle: The model bundle in it.

    Returns:
        The JSON, and what is inside but not named by it (nothing, if all is well).
    """
    distributions = inside(variant)
    root = _component("APNet Desktop", version("apnet-desktop"), "Apache-2.0", kind=ComponentType.APPLICATION)
    components = [_of_distribution(one) for one in distributions]
    components += [component for one in distributions for component in _listed_by(one)]
    named, unnamed = _libraries(contents, application)
    components += named
    components.append(_component("Python", platform.python_version(), "PSF-2.0", "pkg:generic/python"))
    components.append(_boot_loader())
    components.append(_of_bundle(bundle))
    unnamed += _modules_without_owner(contents, distributions)
    bom = Bom(components=_once(components), serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"apnet-desktop/{variant}"))
    bom.metadata.component = root
    bom.register_dependency(root, bom.components)
    bom.metadata.timestamp = _EPOCH
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n", sorted(set(unnamed))


def _component(
    name: str, release: str, licence: str, purl: str = "", kind: ComponentType = ComponentType.LIBRARY
) -> Component:
    factory = LicenseFactory()
    return Component(
        name=name,
        version=release,
        type=kind,
        licenses=[factory.make_from_string(licence)] if licence else [],
        purl=PackageURL.from_string(f"{purl}@{release}") if purl and " " not in release else None,
        bom_ref=f"{name}@{release}",
    )


def _of_distribution(one: Distribution) -> Component:
    return _component(one.name, one.version, licence_of(one), f"pkg:pypi/{canonical(one.name)}")


def _listed_by(one: Distribution) -> list[Component]:
    """What a wheel itself lists (PEP 770): libraries that its builder took in, crates of its Rust part."""
    found = []
    for file in one.files or []:
        if "sboms" in file.parts and file.name.endswith(".json"):
            content: dict[str, Any] = json.loads(Path(str(one.locate_file(file))).read_text(encoding="utf-8"))
            for listed in content.get("components", []):
                purl = str(listed.get("purl", "")).partition("?")[0]
                if purl and not purl.startswith("pkg:pypi/"):
                    component = _component(str(listed["name"]), str(listed.get("version", "")), "")
                    component.purl = PackageURL.from_string(purl)
                    component.properties.add(Property(name="apnet:inside", value=one.name))
                    found.append(component)
    return found


def _libraries(contents: Contents, application: Path) -> tuple[list[Component], list[str]]:
    """The libraries inside wheels and those of the building machine, and files of neither."""
    known, licences = inside_libraries(), system_licences()
    owners = {str(file) for one in inside(Variant.CUDA) for file in one.files or []}
    components, unnamed = [], []
    places = [place for place, _ in contents.binaries]
    data = application / "_internal" / "apnet_desktop" / "data"
    places += [path.relative_to(application / "_internal").as_posix() for path in data.rglob("*.ttf")]
    for library in known:
        if any(library.holds(place) for place in places):
            component = _component(library.name, library.found_version(), library.licence, library.purl)
            component.properties.add(Property(name="apnet:inside", value=library.distribution))
            components.append(component)
    for place, source in contents.binaries:
        if is_of_the_system(source):
            package, release = debian_package(source)
            if package not in licences:
                unnamed.append(f"{place} (system, package {package or 'unknown'})")
            else:
                components.append(_component(package, release, licences[package], f"pkg:deb/debian/{package}"))
        elif place not in owners and not _of_python(place) and not any(one.holds(place) for one in known):
            unnamed.append(place)
        elif ".libs/" in place and not any(one.holds(place) for one in known):
            unnamed.append(f"{place} (inside a wheel)")
    return components, unnamed


def _of_python(place: str) -> bool:
    return place.startswith(("libpython", "python3", "lib-dynload"))


def _modules_without_owner(contents: Contents, distributions: Iterable[Distribution]) -> list[str]:
    """Top-level modules that are of no distribution in the list."""
    named = {canonical(one.name) for one in distributions}
    owners = packages_distributions()
    tops = {name.partition(".")[0] for name in contents.modules}
    return [
        f"module {top}"
        for top in tops - sys.stdlib_module_names
        if not top.startswith(_WITHOUT_OWNER) and not {canonical(one) for one in owners.get(top, [])} & named
    ]


def _boot_loader() -> Component:
    """PyInstaller's: its exception allows applications under any licence."""
    return _component(
        "PyInstaller boot loader",
        version("pyinstaller"),
        "GPL-2.0-or-later WITH Bootloader-exception",
        "pkg:pypi/pyinstaller",
    )


def _of_bundle(bundle: Path) -> Component:
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    component = _component(
        str(manifest["name"]), str(manifest["version"]), "Apache-2.0", kind=ComponentType.MACHINE_LEARNING_MODEL
    )
    digest = hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest()
    component.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=digest))
    return component


def main(arguments: list[str] | None = None) -> int:
    """Prints the list of contents of the application that was built last; 1 if something is not in it."""
    parser = argparse.ArgumentParser(prog="python -m packager.sbom", description=__doc__)
    parser.add_argument("--variant", choices=[one.value for one in Variant], default=Variant.CPU.value)
    variant = Variant(parser.parse_args(arguments).variant)
    root = Path(__file__).parents[2]
    staged, application = root / "build" / f"staged-{variant.value}", root / "dist" / variant.value / "apnet-desktop"
    text, unnamed = make_sbom(variant, read_contents(staged), application, staged / "data" / "models" / "apnet-demo")
    sys.stdout.write(text)
    for name in unnamed:
        print(f"not in the list: {name}", file=sys.stderr)
    return 1 if unnamed else 0


def _once(components: Iterable[Component]) -> list[Component]:
    return list({str(one.bom_ref.value): one for one in components}.values())


if __name__ == "__main__":
    sys.exit(main())
