"""The process that takes the identity out of a CT: it reads files, so it is no window's and no command's. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from apnet_desktop.cases.deidentify import DeidentifiedSeries, deidentify_series
from apnet_desktop.ct.file_names import path_text, text_path
from apnet_desktop.errors import Stopped
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.worker.client import ProcessClient, Timing
from apnet_desktop.worker.limits import limit_memory
from apnet_desktop.worker.serve import Report, serve
from apnet_desktop.worker.task import Task

__all__ = ["ExportClient", "ExportProgress"]

# A file that takes longer than this to be read is a hostile one.
_SILENCE = 30.0


class DeidentifyJob(FrozenModel):
    """One series on its way out; see `deidentify_series`."""

    series_uid: str
    source: str
    folder: str
    secret: str
    name: str


class ExportProgress(FrozenModel):
    """How far a series is: 0 to 1."""

    fraction: float


def main(connection: Connection) -> None:
    """Runs the process on its end of the pipe."""
    serve(connection, {"deidentify": _deidentify}, prepare=_prepare)


def _prepare() -> None:
    # Imported before the limit is set: their address space is not the file's.
    import dicognito.anonymizer

    from apnet_desktop.ct import scan, volume_files
    from apnet_desktop.ct.decoders import load_decoders

    _ = (dicognito.anonymizer, scan, volume_files)
    load_decoders()
    limit_memory()


def _deidentify(body: Mapping[str, Any], report: Report) -> FrozenModel:
    job = DeidentifyJob.model_validate(body)
    return deidentify_series(
        job.series_uid,
        text_path(job.source),
        Path(job.folder),
        job.secret,
        job.name,
        lambda fraction: report(ExportProgress(fraction=fraction)),
    )


class ExportClient:
    """Starts the process with the first series, and ends it with `close`."""

    def __init__(self) -> None:
        self._client = ProcessClient(main, "apnet-export", Timing(progress=_SILENCE))
        self._closed = False

    def deidentify(self, series_uid: str, source: Path, folder: Path, secret: str, name: str) -> DeidentifiedSeries:
        """`deidentify_series`, in the process.

        Raises:
            CaseError, CtError: As `deidentify_series`.
            ProcessError: The process ended, hung or ran out of memory.
            Stopped: `close` was called meanwhile.
        """
        job = DeidentifyJob(
            series_uid=series_uid, source=path_text(source), folder=str(folder), secret=secret, name=name
        )
        try:
            return Task(self._client, "deidentify", job, ExportProgress, DeidentifiedSeries).run()
        except RuntimeError as error:
            # Stop came before the job: a closed client takes none.
            if self._closed:
                raise Stopped from error
            raise

    def close(self) -> None:
        """Ends the process; a series on its way ends with `Stopped`."""
        self._closed = True
        self._client.close()
