"""A process with handlers that behave well and badly, for the tests of the client."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import Any

from apnet_desktop.errors import CtError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message
from apnet_desktop.worker.serve import Report, serve
from apnet_desktop.worker.shared_memory import SharedArray, create, view


class Number(FrozenModel):
    value: float


class Name(FrozenModel):
    name: str


class Modules(FrozenModel):
    names: tuple[str, ...]


_blocks: list[SharedMemory] = []


def _double(body: Mapping[str, Any], report: Report) -> FrozenModel:
    number = Number.model_validate(body)
    for step in (1, 2, 3):
        report(Number(value=step / 3))
    return Number(value=2 * number.value)


def _sleep(body: Mapping[str, Any], report: Report) -> FrozenModel:
    report(Number(value=0.0))
    time.sleep(Number.model_validate(body).value)
    return Number(value=0.0)


def _refuse(body: Mapping[str, Any], report: Report) -> FrozenModel:
    raise CtError(Message.of("worker.no_demo", folder="a folder"))


def _fault(body: Mapping[str, Any], report: Report) -> FrozenModel:
    raise ZeroDivisionError("of Zhang San")


def _memory(body: Mapping[str, Any], report: Report) -> FrozenModel:
    raise MemoryError


def _die(body: Mapping[str, Any], report: Report) -> FrozenModel:
    os.kill(os.getpid(), int(Number.model_validate(body).value))
    time.sleep(30)
    return Number(value=0.0)


def _fill(body: Mapping[str, Any], report: Report) -> FrozenModel:
    memory, array = create(Name.model_validate(body).name, (4, 5, 6), "<i2")
    _blocks.append(memory)
    view(memory, array)[...] = 7
    return array


def _sum(body: Mapping[str, Any], report: Report) -> FrozenModel:
    from apnet_desktop.worker.shared_memory import attach

    memory, values = attach(SharedArray.model_validate(body))
    total = float(values.sum())
    del values
    memory.close()
    return Number(value=total)


def _garble(body: Mapping[str, Any], report: Report) -> FrozenModel:
    _connections[0].send_bytes(b"\x80\x04cos\nsystem\n")
    time.sleep(30)
    return Number(value=0.0)


def _modules(body: Mapping[str, Any], report: Report) -> FrozenModel:
    return Modules(names=tuple(sorted(sys.modules)))


HANDLERS = {
    "double": _double,
    "sleep": _sleep,
    "refuse": _refuse,
    "fault": _fault,
    "memory": _memory,
    "die": _die,
    "fill": _fill,
    "sum": _sum,
    "garble": _garble,
    "modules": _modules,
}
_connections: list[Connection] = []


def main(connection: Connection) -> None:
    _connections.append(connection)
    serve(connection, HANDLERS, prepare=lambda: None)


def never_starts(connection: Connection) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def with_quick_jobs(connection: Connection) -> None:
    serve(connection, HANDLERS, prepare=lambda: None, quick={"triple": _triple})


def _triple(body: Mapping[str, Any], report: Report) -> FrozenModel:
    return Number(value=3 * Number.model_validate(body).value)
