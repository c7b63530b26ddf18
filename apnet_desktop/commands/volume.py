"""`apnet volume` and `apnet roi convert`: exchange formats without the window."""

from __future__ import annotations

from pathlib import Path

from apnet_desktop.commands.headless import Headless
from apnet_desktop.commands.output import Output

__all__ = ["convert_roi", "write_volume"]


def write_volume(path: Path, series: str | None, out: Path, output: Output) -> None:
    """Reads one series and writes it with its geometry as NIfTI or NRRD, by the extension of `out`.

    Raises:
        KnownError: The series cannot be read, or the file cannot be written.
    """
    with Headless(output.progress) as headless:
        ct = headless.open_ct(path, series)
        headless.reader.write_volume(ct.shared, out.absolute()).run()
    geometry = ct.shared.geometry
    output.value({"file": str(out), "geometry": geometry.model_dump(mode="json"), "digest": ct.shared.digest})
    size = " × ".join(str(n) for n in geometry.size)
    output.line("commands.volume_written", file=str(out), size=size)


def convert_roi(
    source: Path, ct_path: Path, out: Path, series: str | None, label: int | None, consent: bool, output: Output
) -> None:
    """Converts a ROI between NIfTI, NRRD, DICOM SEG and (in only) RTSTRUCT, on the grid of the CT.

    `consent` takes a file that lies in another frame of reference.

    Raises:
        KnownError: A file cannot be used, or several regions are in it and none was named.
    """
    with Headless(output.progress) as headless:
        ct = headless.open_ct(ct_path, series)
        roi = headless.import_roi(source, ct, "", label, consent)
        headless.reader.export_roi(roi, ct.shared, out.absolute()).run()
    output.value({"file": str(out), "volume_mL": roi.volume, "slices": len(roi.slices()), "digest": roi.digest()})
    output.line("commands.roi_written", file=str(out), volume=f"{roi.volume:.1f}", slices=len(roi.slices()))
