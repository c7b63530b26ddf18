"""The reader: first contact with files, in a process of its own, under a memory limit. No Qt, no torch."""

from __future__ import annotations

from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.errors import CaseError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.worker.limits import allow_more, limit_memory
from apnet_desktop.worker.reader_jobs import (
    DemoCasePaths,
    ExportRoi,
    FindProgress,
    FindSeries,
    FoundSeries,
    ImportedRoi,
    ImportRecord,
    ImportRoi,
    MakeDemoCase,
    ReadSeries,
    ScanPath,
    StageProgress,
    VolumeProgress,
    WriteVolume,
    Written,
)
from apnet_desktop.worker.serve import Report, serve
from apnet_desktop.worker.shared_memory import SharedArray, SharedRoi, SharedVolume, attach, create, view

__all__ = ["main"]

_DEMO_MEMORY = 4 << 30  # our own generator is not a hostile file

# The blocks of the last job stay open until the next one, because Windows removes a block with its last handle.
_open_blocks: list[SharedMemory] = []


def main(connection: Connection) -> None:
    """Runs the reader on its end of the pipe."""
    serve(
        connection,
        {
            "scan": _scan,
            "find_series": _find_series,
            "read": _read,
            "import_roi": _import_roi,
            "export_roi": _export_roi,
            "write_volume": _write_volume,
            "demo_case": _demo_case,
            "import_record": _import_record,
            "modules": _modules,
        },
        prepare=_prepare,
    )


def _prepare() -> None:
    # Imported before the limit is set: their address space is not the file's.
    from apnet_desktop.ct import read, roi_files, scan, volume_files
    from apnet_desktop.ct.decoders import load_decoders

    _ = (read, roi_files, scan, volume_files)
    load_decoders()
    limit_memory()


def _scan(body: Mapping[str, Any], report: Report) -> FrozenModel:
    from apnet_desktop.ct.file_names import text_path
    from apnet_desktop.ct.packing import packed
    from apnet_desktop.ct.scan import scan

    job = ScanPath.model_validate(body)
    result = scan(text_path(job.path), report, job.limits, job.requirements)
    return result.model_copy(update={"series": tuple(packed(summary) for summary in result.series)})


def _find_series(body: Mapping[str, Any], report: Report) -> FrozenModel:
    from apnet_desktop.cases.relocation import find_moved
    from apnet_desktop.ct.file_names import path_text, text_path
    from apnet_desktop.ct.series_uids import series_uids

    job = FindSeries.model_validate(body)
    roots = [text_path(root) for root in job.roots]
    found = find_moved(job.series, series_uids, roots, lambda count: report(FindProgress(folders=count)))
    return FoundSeries(path="" if found is None else path_text(found))


def _read(body: Mapping[str, Any], report: Report) -> FrozenModel:
    from apnet_desktop.ct.packing import unpacked
    from apnet_desktop.ct.read import ReadProgress, read_series

    job = ReadSeries.model_validate(body)
    block = _Block(job.name)

    def allocate(shape: tuple[int, int, int]) -> NDArray[np.int16]:
        array = block.allocate(shape)
        report(VolumeProgress(fraction=0.0, array=block.array, geometry=job.summary.geometry))
        return array

    def progress(value: ReadProgress) -> None:
        report(VolumeProgress(fraction=value.fraction, first=value.first, ready=value.ready))

    volume = read_series(unpacked(job.summary), allocate, progress)
    return SharedVolume.of(volume, block.array)


class _Block:
    """The shared block that a volume is read into."""

    def __init__(self, name: str) -> None:
        _open_blocks.clear()
        self._name = name
        self.array = SharedArray(name=name, shape=(0,), dtype="<i2")

    def allocate(self, shape: tuple[int, int, int]) -> NDArray[np.int16]:
        """Makes it; the memory limit grows by its size, which the headers announced and the scan bounded."""
        allow_more(2 * int(np.prod(shape, dtype=np.int64)))
        memory, self.array = create(self._name, shape, "<i2")
        _open_blocks.append(memory)
        values: NDArray[np.int16] = view(memory, self.array)  # type: ignore[assignment]
        return values


def _import_roi(body: Mapping[str, Any], report: Report) -> FrozenModel:
    from apnet_desktop.ct.file_names import text_path
    from apnet_desktop.ct.roi_files import OtherFrameOfReferenceError, read_roi

    job = ImportRoi.model_validate(body)
    _open_blocks.clear()
    size = int(np.prod(job.volume.array.shape, dtype=np.int64))
    allow_more(4 * size)
    volume_memory, hounsfield = attach(job.volume.array)
    _open_blocks.append(volume_memory)
    volume = job.volume.volume(hounsfield)  # type: ignore[arg-type]
    try:
        result = read_roi(
            text_path(job.path),
            volume,
            job.author,
            label=job.label,
            other_frame_of_reference=job.other_frame_of_reference,
            limits_ml=job.limits,
        )
    except OtherFrameOfReferenceError as error:
        return ImportedRoi(roi=None, consent=error.message)
    if result.roi is None:
        return ImportedRoi(roi=None, checks=result.checks, candidates=result.candidates)
    memory, array = create(job.name, result.roi.mask.shape, "|b1")
    _open_blocks.append(memory)
    view(memory, array)[...] = result.roi.mask
    return ImportedRoi(roi=SharedRoi.of(result.roi, array), checks=result.checks, candidates=result.candidates)


def _export_roi(body: Mapping[str, Any], report: Report) -> FrozenModel:
    from apnet_desktop.ct.roi_files import write_roi

    job = ExportRoi.model_validate(body)
    _open_blocks.clear()
    volume_memory, hounsfield = attach(job.volume.array)
    mask_memory, mask = attach(job.roi.array)
    _open_blocks.extend((volume_memory, mask_memory))
    write_roi(job.roi.roi(mask), Path(job.path), job.volume.volume(hounsfield))  # type: ignore[arg-type]
    return Written(path=job.path)


def _write_volume(body: Mapping[str, Any], report: Report) -> FrozenModel:
    from apnet_desktop.ct.volume_files import write_volume_file

    job = WriteVolume.model_validate(body)
    _open_blocks.clear()
    allow_more(4 * int(np.prod(job.volume.array.shape, dtype=np.int64)))
    memory, hounsfield = attach(job.volume.array)
    _open_blocks.append(memory)
    write_volume_file(job.volume.volume(hounsfield), Path(job.path))  # type: ignore[arg-type]
    return Written(path=job.path)


def _demo_case(body: Mapping[str, Any], report: Report) -> FrozenModel:
    from apnet_desktop.simulation.demo_case import make_demo_case

    job = MakeDemoCase.model_validate(body)
    allow_more(_DEMO_MEMORY)
    try:
        case = make_demo_case(Path(job.folder), lambda fraction: report(StageProgress(fraction=fraction)))
    except OSError as error:
        raise CaseError(Message.of("worker.no_demo", folder=job.folder)) from error
    return DemoCasePaths(ct=str(case.ct_folder), roi=str(case.roi_file), clinical=str(case.clinical_file))


def _import_record(body: Mapping[str, Any], report: Report) -> FrozenModel:
    from apnet_desktop.clinical.record_files import import_row
    from apnet_desktop.ct.file_names import text_path

    job = ImportRecord.model_validate(body)
    return import_row(text_path(job.path), job.factors, job.patient_id or None)


class Modules(FrozenModel):
    """The modules that this process has imported, so that a test can see what it keeps out."""

    names: tuple[str, ...]


def _modules(body: Mapping[str, Any], report: Report) -> FrozenModel:
    import sys

    return Modules(names=tuple(sorted(sys.modules)))
