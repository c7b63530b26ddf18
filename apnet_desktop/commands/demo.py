"""`apnet demo` without a display: the simulated demo case, straight to its report."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from apnet_desktop.cases.files import user_data_folder
from apnet_desktop.commands.headless import Headless
from apnet_desktop.commands.output import Output
from apnet_desktop.commands.predict import PatientFiles, ReportOptions, Wishes, report
from apnet_desktop.language import text

__all__ = ["demo_report", "has_display"]


def has_display() -> bool:
    """True if a window can be shown."""
    if os.environ.get("QT_QPA_PLATFORM", "") in ("offscreen", "minimal"):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def demo_report(out: Path | None, device: str, output: Output) -> None:
    """Writes the report of the demo case.

    Raises:
        KnownError: The case cannot be written or predicted.
    """
    folder = user_data_folder() / "demo-case"
    with Headless(output.progress) as processes:
        paths = processes.demo_case(folder)
    files = PatientFiles(ct=Path(paths.ct), roi=Path(paths.roi), clinical=Path(paths.clinical))
    options = ReportOptions(
        out=out if out is not None else folder.parent / "demo-report.pdf",
        languages=(output.language,),
        case_id="demo",
        confirmed_by=text("commands.demo_person", output.language),
    )
    report(files, Wishes(device=device), options, output)
