"""`apnet doctor`: versions, fonts, device and the reason for it, bundle, store health."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.cases.files import user_data_folder
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.commands.headless import Headless, bundle_folder
from apnet_desktop.commands.output import Output, log_path
from apnet_desktop.errors import KnownError
from apnet_desktop.language import text
from apnet_desktop.version import APPLICATION_VERSION

__all__ = ["doctor"]

_LIBRARIES = (
    "PySide6_Essentials",
    "torch",
    "timm",
    "openvino",
    "lightgbm",
    "imagecodecs",
    "pydicom",
    "numpy",
    "reportlab",
)


@dataclass(frozen=True)
class _Finding:
    name: str
    good: bool
    words: str


def doctor(device: str, bundle: Path | None, output: Output) -> bool:
    """Prints how this installation is; True if everything is in order."""
    findings = [
        _Finding("application", True, APPLICATION_VERSION),
        _Finding("python", True, f"{platform.python_version()} {platform.platform()}"),
        *(_Finding(name, True, _version(name, output)) for name in _LIBRARIES),
        _font(),
        _bundle(bundle_folder(bundle), output),
        *_engine(bundle_folder(bundle), device, output),
        _store(output),
        _Finding("log", log_path() is not None, str(log_path() or text("commands.no_log", output.language))),
    ]
    output.value({one.name: {"good": one.good, "text": one.words} for one in findings})
    for one in findings:
        output.raw(f"{'✓' if one.good else '✕'} {one.name:<20} {one.words}")
    return all(one.good for one in findings)


def _version(name: str, output: Output) -> str:
    """A library's version; the packaged application for the clinic has no torch."""
    try:
        return version(name)
    except PackageNotFoundError:
        return text("commands.not_in_this_application", output.language)


def _font() -> _Finding:
    font = files("pylopdf_fonts_zh_cn").joinpath("NotoSansSC-Regular.otf")
    return _Finding("font", font.is_file(), font.name)


def _bundle(folder: Path, output: Output) -> _Finding:
    try:
        bundle = open_bundle(folder)
    except KnownError as error:
        return _Finding("bundle", False, error.message.text(output.language))
    manifest = bundle.manifest
    return _Finding("bundle", True, f"{manifest.name} {manifest.version} ({bundle.status.value}) {bundle.sha256[:16]}")


def _engine(folder: Path, device: str, output: Output) -> tuple[_Finding, ...]:
    """Device, precision and engine in use and why; what torch was built for; whether the CPU's graph was made."""
    with Headless() as headless:
        try:
            warmed = headless.inference.warm(folder, device, all_facts=True).run()
        except KnownError as error:
            return (_Finding("device", False, error.message.text(output.language)),)
    compute, facts, language = warmed.compute, warmed.facts, output.language
    reason = compute.explanation.text(language) if compute.explanation else compute.reason
    words = (
        f"{compute.device.value}: {compute.device_name}, {compute.precision.value}, {compute.engine}, "
        f"{compute.threads} thread(s). {reason}"
    )
    built = "-"
    if facts.torch:
        built = f"{facts.torch} ({', '.join(facts.architectures or ()) or text('commands.no_gpu_build', language)})"
    graph = facts.graph or text("commands.graph_to_make" if warmed.graph_to_make else "commands.no_graph", language)
    return (
        _Finding("device", True, words),
        _Finding("torch build", True, built),
        _Finding("graph for the CPU", True, graph),
    )


def _store(output: Output) -> _Finding:
    folder = user_data_folder()
    if not (folder / "cases.db").exists():
        return _Finding("store", True, text("commands.no_store", output.language, folder=str(folder)))
    try:
        with CaseStore(folder, read_only=True) as store:
            verification = store.audit.verify()
            count = store.count_cases()
    except KnownError as error:
        return _Finding("store", False, error.message.text(output.language))
    id = "commands.store_good" if verification.passed else "commands.store_bad"
    return _Finding("store", verification.passed, text(id, output.language, folder=str(folder), count=count))
