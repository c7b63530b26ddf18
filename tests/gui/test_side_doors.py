"""No identity leaves the real window by the side door, and it works with no network at all."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pypdf
import pytest

from apnet_desktop.simulation.demo_case import DemoCase

_CANARIES = ("zyxwv", "qanary", "qx-7741", "1961-02-28", "19610228")


@dataclass(frozen=True)
class Left:
    """What the session left behind."""

    home: Path
    calls: list[str]
    alone: bool


def _without_network() -> list[str]:
    """The start of a command that runs in a network namespace of its own, where even loopback is down."""
    if sys.platform != "linux":
        return []
    prefix = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    return prefix if not subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode else []  # noqa: S603


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory, demo_case: DemoCase) -> Left:
    home = tmp_path_factory.mktemp("window") / "home"
    ct = home / "asked-for" / "Zyxwv Qanary 1961"
    ct.mkdir(parents=True)
    (home / "tmp").mkdir()
    for path in demo_case.ct_folder.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "Qanary^Zyxwv", "QX-7741-CANARY", "19610228"
        dataset.StudyDescription, dataset.InstitutionName = "Abdomen of Zyxwv", "Qanary Hospital"
        dataset.save_as(ct / path.name, enforce_file_format=True)
    roi = Path(shutil.copy(demo_case.roi_file, home / "asked-for" / "Zyxwv Qanary.nii.gz"))
    folders = {
        name: str(home / name.rpartition("_")[0].rpartition("_")[2].lower())
        for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")
    }
    environment = {
        **folders, "HOME": str(home), "TMPDIR": str(home / "tmp"), "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
        "QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    prefix = _without_network()
    command = [*prefix, sys.executable, "-m", "tests.gui.window_session", str(home), str(ct), str(roi)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=600)  # noqa: S603
    assert done.stdout, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["code"] == 3, (said, done.stderr[-3000:])  # the fault at its end
    leaked = [canary for canary in _CANARIES if canary in done.stderr.casefold()]
    assert not leaked, done.stderr
    return Left(home, said["calls"], bool(prefix))


def _store(left: Left) -> Path:
    return left.home / "data" / "apnet-desktop"


def _allowed(left: Left, path: Path) -> bool:
    """The store, and what a person asked for."""
    store = _store(left)
    inside = path.is_relative_to(store / "cases") or path.is_relative_to(store / "backups") or (
        path.parent == store and path.name.startswith("cases.db")
    )  # fmt: skip
    return inside or path.is_relative_to(left.home / "asked-for")


def test_no_file_outside_store_and_exports_names_the_patient(left: Left) -> None:
    searched = []
    for path in left.home.rglob("*"):
        if _allowed(left, path):
            continue
        name = str(path.relative_to(left.home)).casefold()
        assert not any(canary in name for canary in _CANARIES), name
        if path.is_file():
            content = path.read_bytes().lower()
            searched.append(path.name)
            for canary in _CANARIES:
                for form in (canary.encode(), canary.encode("utf-16-le"), canary.encode("utf-16-be")):
                    assert form not in content, (path, canary)
    assert {"apnet-desktop.log", "crash-note.json", "settings.json", "clipboard.txt", "titles.txt", "fault.txt"} <= set(
        searched
    )


def test_file_names_in_the_store_name_nobody(left: Left) -> None:
    names = " ".join(str(path.relative_to(left.home / "data")) for path in (left.home / "data").rglob("*")).casefold()
    assert not any(canary in names for canary in _CANARIES)


def test_exports_show_what_they_should_and_no_more(left: Left) -> None:
    reader = pypdf.PdfReader(io.BytesIO((left.home / "asked-for" / "report.pdf").read_bytes()))
    assert "QX-7741" in "".join(page.extract_text() for page in reader.pages)
    xmp = reader.xmp_metadata
    properties = repr(dict(reader.metadata or {})) + (xmp.stream.get_data().decode("utf-8", "replace") if xmp else "")
    assert not any(canary in properties.casefold() for canary in _CANARIES)
    with zipfile.ZipFile(left.home / "asked-for" / "export.zip") as archive:
        inside = b"".join(archive.read(name) for name in archive.namelist()).lower()
    assert not any(canary.encode() in inside for canary in _CANARIES)


def test_everything_is_for_its_owner_only_and_no_temporary_file_is_left(left: Left) -> None:
    # Where a second start of the program finds this one: a folder for its owner only, and no file in it.
    meeting = list((left.home / "tmp").iterdir())
    assert [path.name for path in meeting] in ([], [f"apnet-desktop-{os.getuid()}"])
    for folder in meeting:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert not [path for path in folder.rglob("*") if path.is_file()]
    for folder in (_store(left), left.home / "state" / "apnet-desktop"):
        assert folder.is_dir()
        for path in [folder, *folder.rglob("*")]:
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_nothing_reaches_for_a_network(left: Left) -> None:
    assert left.calls == []
    if not left.alone:
        pytest.skip("a network namespace cannot be made here: only this process's own calls were watched")
