"""`apnet scan PATH`: what series are there, and which can be used."""

from __future__ import annotations

from pathlib import Path

from apnet_desktop.commands.headless import Headless
from apnet_desktop.commands.output import Output
from apnet_desktop.ct.series import ScanResult

__all__ = ["scan"]


def scan(path: Path, output: Output) -> None:
    """Lists the series in a folder, file, ZIP or DICOMDIR: what each is, usable or why not.

    Raises:
        KnownError: The path cannot be read.
    """
    with Headless(output.progress) as headless:
        result = headless.scan(path)
    output.value(_as_json(result))
    for number, summary in enumerate(result.series):
        series = summary.description
        mark = "→" if number == result.preselected else " "
        spacing = (
            "" if summary.geometry is None or summary.slice_count < 2 else f", {summary.geometry.spacing[2]:g} mm apart"
        )
        title = series.description or "–"
        output.raw(f"{mark} {series.number if series.number is not None else '–'}  {title}  [{series.modality}]")
        slices = "slice" if summary.slice_count == 1 else "slices"
        output.raw(f"     {summary.slice_count} {slices}{spacing}, {series.phase}, {series.series_uid}")
        output.raw(f"     {summary.state.value}: {summary.sentence.text(output.language)}")
    output.raw(result.why.text(output.language))
    for skipped in result.skipped:
        output.raw(f"  {skipped.count}  {skipped.reason.text(output.language)}")


def _as_json(result: ScanResult) -> dict[str, object]:
    series = [
        {
            "series_uid": summary.description.series_uid,
            "description": summary.description.model_dump(mode="json"),
            "slices": summary.slice_count,
            "spacing": list(summary.geometry.spacing) if summary.geometry else None,
            "state": summary.state.value,
            "sentence": summary.sentence.model_dump(mode="json") | {"text": summary.sentence.text()},
            "checks": [check.model_dump(mode="json") for check in summary.checks],
        }
        for summary in result.series
    ]
    return {
        "series": series,
        "preselected": result.preselected,
        "why": result.why.model_dump(mode="json") | {"text": result.why.text()},
        "skipped": [skipped.model_dump(mode="json") for skipped in result.skipped],
        "files": result.files,
    }
