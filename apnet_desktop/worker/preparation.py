"""The process that derives a bundle's graph for the CPU, once, while the worker goes on with torch. No Qt."""

from __future__ import annotations

import os
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.errors import ProcessError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.worker.client import ProcessClient, Timing
from apnet_desktop.worker.serve import Report, serve
from apnet_desktop.worker.task import Nothing, Task

__all__ = ["Preparation", "Prepared"]


class PrepareGraph(FrozenModel):
    """Derive the graph of the bundle in `bundle`, into `place` or this installation's own; answered by `Prepared`."""

    bundle: str
    place: str = ""


class Prepared(FrozenModel):
    """The folder of the graph."""

    folder: str


def main(connection: Connection) -> None:
    """Runs the process on its end of the pipe."""
    serve(connection, {"prepare": _prepare_graph}, prepare=_prepare)


def _prepare() -> None:
    # It has time: what a person waits for goes first.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if hasattr(os, "nice"):
        os.nice(15)


def _prepare_graph(body: Mapping[str, Any], report: Report) -> FrozenModel:
    job = PrepareGraph.model_validate(body)
    try:
        from apnet_desktop.model.graph_export import prepare_graph

        folder = prepare_graph(open_bundle(Path(job.bundle)), Path(job.place) if job.place else None)
    except ImportError as error:
        raise ProcessError(Message.of("worker.cannot_prepare", name=error.name or "torch")) from error
    return Prepared(folder=str(folder))


class Preparation:
    """Asks the process, which starts with the first job."""

    def __init__(self) -> None:
        self.client = ProcessClient(main, "apnet-prepare", Timing(start=120.0, beat=120.0))

    def prepare(self, bundle: Path, place: Path | None = None) -> Task[Nothing, Prepared]:
        """Derives the graph of a bundle unless it is there; some twenty seconds."""
        parameters = PrepareGraph(bundle=str(bundle), place=str(place) if place is not None else "")
        return Task(self.client, "prepare", parameters, Nothing, Prepared)

    def close(self) -> None:
        """Ends the process; an unfinished graph is not kept."""
        self.client.close()
