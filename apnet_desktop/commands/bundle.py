"""`apnet bundle show|verify|prepare|distribution|precision|pack|install`."""

from __future__ import annotations

from pathlib import Path

from apnet_desktop.bundle.archive import install_bundle, pack_bundle
from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.cases.files import user_data_folder
from apnet_desktop.commands.headless import Headless, bundle_folder
from apnet_desktop.commands.output import Output
from apnet_desktop.language import text
from apnet_desktop.worker.preparation import Preparation

__all__ = ["distribution", "install", "pack", "precision", "prepare", "show", "verify"]


def show(folder: Path | None, output: Output) -> None:
    """Prints what a bundle is.

    Raises:
        BundleError: It is damaged or unknown.
    """
    bundle = open_bundle(bundle_folder(folder))
    manifest = bundle.manifest
    output.value({"sha256": bundle.sha256, "status": bundle.status.value, "manifest": manifest.model_dump(mode="json")})
    output.raw(f"{manifest.name} {manifest.version} ({bundle.status.value})  {bundle.sha256}")
    output.raw(f"  {manifest.outcome.definition.en}")
    output.raw(f"  {manifest.cohort.description.en}")
    output.line(
        "commands.bundle_cohort",
        patients=manifest.cohort.patients,
        events=manifest.cohort.events,
        prevalence=round(100 * manifest.cohort.prevalence),
        threshold=round(100 * manifest.threshold.risk),
    )
    output.raw("  " + ", ".join(backbone.timm_name for backbone in manifest.backbones))
    output.raw("  " + ", ".join(factor.id for factor in manifest.factors.factors))
    for file in manifest.files:
        output.raw(f"  {file.size:>10}  {file.sha256}  {file.name}")
    if bundle.notice is not None:
        output.raw(bundle.notice.text(output.language))


def verify(folder: Path | None, output: Output) -> None:
    """Checks every file of a bundle and runs its golden values.

    Raises:
        BundleError: A file or a value is not what the bundle says.
    """
    chosen = bundle_folder(folder)
    bundle = open_bundle(chosen)
    with Headless() as headless:
        found = headless.inference.verify(chosen).run()
    output.value({"sha256": bundle.sha256, "files": len(bundle.manifest.files), **found.model_dump(mode="json")})
    output.line(
        "commands.bundle_verified",
        name=bundle.manifest.name,
        files=len(bundle.manifest.files),
        cases=found.cases,
        difference=f"{found.largest_difference:.1e}",
        tolerance=f"{found.tolerance:.0e}",
    )


def prepare(folder: Path | None, into: Path | None, output: Output) -> None:
    """Derives the graph that the CPU runs faster than torch, unless it is there.

    Raises:
        KnownError: The bundle does not verify, torch or OpenVINO is missing, or the graph is not torch's equal.
    """
    output.line("commands.preparing")
    preparation = Preparation()
    try:
        made = preparation.prepare(bundle_folder(folder), into).run()
    finally:
        preparation.close()
    output.value({"graph": made.folder})
    output.line("commands.prepared", folder=made.folder)


def distribution(folder: Path | None, cts: list[Path], simulated: int, seed: int, output: Output) -> None:
    """Prints how often the check of likeness flags real CTs and fresh simulated patients.

    Raises:
        BundleError: The bundle is damaged.
    """
    from apnet_desktop.study.distribution import distribution_evidence

    def tell(done: float) -> None:
        output.progress(text("commands.stage_distribution", output.language), done)

    found = distribution_evidence(open_bundle(bundle_folder(folder)), cts, simulated, seed, tell)
    output.value({**found.model_dump(mode="json"), "series_flagged": found.series_flagged})
    for one in found.series:
        output.raw(f"  {one.distance:8.2f}  {one.folder}: {one.series}")
    output.line(
        "commands.distribution",
        flagged=found.series_flagged,
        series=len(found.series),
        unreadable=found.unreadable,
        simulated_flagged=found.simulated_flagged,
        simulated=found.simulated,
        seed=found.seed,
    )


def precision(folder: Path | None, device: str, simulated: int, seed: int, output: Output) -> None:
    """Prints what bfloat16 does to the risks of fresh simulated patients, and whether the rule allows it.

    Raises:
        BundleError: The bundle is damaged.
        PredictionError: The device cannot be used.
    """
    from apnet_desktop.study.rounding import rounding_evidence

    def tell(done: float) -> None:
        output.progress(text("commands.stage_precision", output.language), done)

    found = rounding_evidence(open_bundle(bundle_folder(folder)), device, simulated, seed, tell)
    output.value(found.model_dump(mode="json"))
    output.line(
        "commands.precision_allowed" if found.allowed else "commands.precision_refused",
        patients=found.patients,
        seed=found.seed,
        engine=found.engine,
        shift=f"{found.largest_shift:.5f}",
        crossed=found.crossed,
    )


def pack(folder: Path, out: Path, output: Output) -> None:
    """Packs a bundle into a ZIP to hand over.

    Raises:
        BundleError: The bundle is damaged or the file cannot be written.
    """
    pack_bundle(folder, out)
    output.value({"file": str(out)})
    output.line("commands.bundle_packed", file=str(out))


def install(archive: Path, into: Path | None, output: Output) -> None:
    """Installs a packed bundle into the user's bundles.

    Raises:
        BundleError: The archive is damaged, unsafe, or there is such a bundle already.
    """
    target = into if into is not None else user_data_folder() / "bundles" / archive.stem
    target.parent.mkdir(parents=True, exist_ok=True)
    installed = install_bundle(archive, target)
    output.value({"folder": str(installed.folder), "sha256": installed.sha256})
    output.line("commands.bundle_installed", folder=str(installed.folder))
