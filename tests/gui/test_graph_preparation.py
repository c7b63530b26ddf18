"""The window has a missing graph made in the background, once.

That the process makes the right graph is shown where `apnet bundle prepare` asks it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.bundle.prediction import Compute, Device, EngineFacts, Precision
from apnet_desktop.cases.settings import Settings, SettingsFile
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import ProcessError
from apnet_desktop.gui.flow import risk_flow
from apnet_desktop.gui.jobs import RunningJob
from apnet_desktop.gui.main_window import MainWindow
from apnet_desktop.gui.services import Services
from apnet_desktop.language import Message
from apnet_desktop.worker.client import ProcessClient
from apnet_desktop.worker.inference_jobs import Warmed
from apnet_desktop.worker.job import Job
from tests.gui import window_driver as driver

_COMPUTE = Compute(
    device=Device.CPU, device_name="test", reason="test", precision=Precision.FLOAT32, batch=8, threads=1
)


def _warmed(**facts: str) -> Warmed:
    known = {"torch": "2", "openvino": "2026", "graph": "", **facts}
    return Warmed(compute=_COMPUTE, bundle_sha256="", facts=EngineFacts(architectures=(), **known))


def test_a_missing_graph_is_made_once_in_the_background(
    qtbot: QtBot, tmp_path: Path, shipped_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def refuses(client: ProcessClient, job: Job) -> Job:
        """The process says that it cannot: the window goes on without a word."""
        asked.append(Path(job.body["bundle"]))
        job.error = ProcessError(Message.of("worker.cannot_prepare", name="torch"))
        job.on_done(job)
        return job

    monkeypatch.setattr(ProcessClient, "submit", refuses)
    monkeypatch.setattr(risk_flow, "_PREPARE_AFTER", 20)
    file = SettingsFile(tmp_path / "settings.json")
    window = MainWindow(Services.start(CaseStore(tmp_path / "store"), file, Settings(), None))
    qtbot.addWidget(window)
    deliver, ended = window.runner.jobs._deliver, list[str]()

    def seen(running: RunningJob, job: Job, *rest: Any) -> None:
        deliver(running, job, *rest)
        ended.append(job.name)

    monkeypatch.setattr(window.runner.jobs, "_deliver", seen)
    window.keeper.set_bundle(open_bundle(shipped_bundle))
    for there in ({"graph": "there"}, {"openvino": ""}):  # it is made, or nothing could run it
        window.risk_flow._is_warm(_warmed(**there))
    qtbot.wait(100)
    assert asked == []
    for _ in range(2):  # warmed, and warmed again after a Stop
        window.risk_flow._is_warm(_warmed())
    driver.wait_for(qtbot, lambda: ended == ["prepare"])
    qtbot.wait(50)
    assert asked == [shipped_bundle]
    assert not window.runner.busy
    assert window.notice.message is None
    window.close()
