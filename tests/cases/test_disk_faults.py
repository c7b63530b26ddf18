"""A real full disk, a real read-only folder, a network folder that vanishes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from apnet_desktop.cases.open_case import OpenCase
from apnet_desktop.cases.settings import Settings, SettingsFile
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.ct.roi import Roi
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Language
from tests.cases.promises import tries
from tests.cases.samples import GEOMETRY, prediction, roi, series

_NOBODY = 65534


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a small file system can be mounted by root on Linux only")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(  # noqa: S603
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", str(folder)],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607


def _noise(seed: int) -> Roi:
    """A mask that cannot be compressed."""
    return Roi(np.random.default_rng(seed).random(GEOMETRY.shape) < 0.5, GEOMETRY)


@tries("C-42")
def test_a_full_disk_costs_nothing(small_disk: Path) -> None:
    store = CaseStore(small_disk / "store")
    case = OpenCase.new(store)
    case.set_series(series())
    case.set_roi(roi(1))
    safe = case.assessment.roi
    assert safe is not None
    (small_disk / "filler").write_bytes(b"\0" * (os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize))
    refused: CaseError | None = None
    for seed in range(30):
        edit = _noise(seed)
        try:
            case.set_roi(edit)
            safe = edit
        except CaseError as error:
            refused = error
            break
    assert refused is not None
    assert refused.message.id == "cases.disk_full"
    assert str(small_disk / "store") in str(refused)
    with pytest.raises(CaseError) as caught:
        case.set_roi(_noise(99))
    assert caught.value.message.id == "cases.disk_full"
    assert list((small_disk / "store" / "partial").iterdir()) == []
    # Memory shows what is safe, the disk holds it, and with room again the same edit goes through.
    assert case.assessment.roi is safe
    held = store.load(case.case_id).roi
    assert held is not None
    assert held.digest() == safe.digest()
    (small_disk / "filler").unlink()
    case.set_roi(_noise(99))
    assert store.audit.verify().passed
    assert store.health() == ()
    store.close()
    with CaseStore(small_disk / "store", read_only=True) as again:
        kept = again.load(case.case_id).roi
        assert kept is not None
        assert kept.digest() == _noise(99).digest()


@tries("C-42")
def test_settings_and_reports_on_a_full_disk(small_disk: Path) -> None:
    store = CaseStore(small_disk / "store")
    case = OpenCase.new(store)
    case.set_series(series())
    case.set_prediction(prediction(case.assessment.current_inputs("b", "c", "r")))
    settings = SettingsFile(small_disk / "settings.json")
    settings.save(Settings(reviewer="kept"))
    filler = small_disk / "filler"
    filler.write_bytes(b"\0" * (os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize))
    with pytest.raises(CaseError) as caught:
        settings.save(Settings(reviewer="x" * 200))
    assert caught.value.message.id == "cases.disk_full"
    assert settings.load().reviewer == "kept"
    with pytest.raises(CaseError) as caught:
        case.add_report(b"%PDF" * 100_000, person="Dr Reader", language=Language.ENGLISH)
    assert caught.value.message.id == "cases.disk_full"
    assert case.assessment.reports == ()
    filler.unlink()
    assert case.add_report(b"%PDF" * 1000, person="Dr Reader", language=Language.ENGLISH).version == 1
    store.close()


def _as_nobody(script: str, folder: Path) -> str:
    """Runs Python as an account that rights apply to; root ignores them."""
    if sys.platform == "win32":
        pytest.skip("folder rights are of another kind on Windows")
    drop = f"import os; os.setgid({_NOBODY}); os.setuid({_NOBODY})" if os.geteuid() == 0 else ""
    script = script.replace("# drop rights", drop)
    environment = {**os.environ, "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_OPEN = """
import sys
from pathlib import Path
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import CaseError
from apnet_desktop.language import text
text("cases.read_only", path="")
# drop rights
try:
    with CaseStore(Path(sys.argv[1]) / "store", read_only={read_only}) as store:
        print("open", len(store.list_cases()))
except CaseError as error:
    print(error.message.id)
"""


@tries("C-43")
def test_a_read_only_folder_gets_a_sentence(tmp_path: Path) -> None:
    shared = Path("/tmp") / f"apnet-read-only-{os.getpid()}"  # noqa: S108 - pytest's own folder is closed to others
    try:
        shared.mkdir(mode=0o755)
        with CaseStore(shared / "store") as store:
            store.create()
        # All may read, none may write.
        for path in [shared, *shared.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = {path: path.read_bytes() for path in shared.rglob("*") if path.is_file()}
        assert _as_nobody(_OPEN.format(read_only=False), shared) == "cases.read_only"
        # Looking at it is still possible.
        assert _as_nobody(_OPEN.format(read_only=True), shared) == "open 1"
        assert {path: path.read_bytes() for path in shared.rglob("*") if path.is_file()} == before
    finally:
        for path in [shared, *shared.rglob("*")]:
            path.chmod(0o755)
        shutil.rmtree(shared)


@tries("C-43")
def test_a_folder_that_vanishes_gets_a_sentence_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "network" / "store"
    store = CaseStore(folder)
    case = OpenCase.new(store)
    case.set_series(series())
    case.set_roi(roi(1))
    away = tmp_path / "elsewhere"
    (tmp_path / "network").rename(away)
    with pytest.raises(CaseError) as caught:
        case.set_roi(roi(2))
    assert caught.value.message.id == "cases.vanished"
    assert str(folder) in str(caught.value)
    assert case.assessment.roi is not None
    assert case.assessment.roi.digest() == roi(1).digest()
    away.rename(tmp_path / "network")
    case.set_roi(roi(2))
    store.close()
    with CaseStore(folder) as again:
        kept = again.load(case.case_id).roi
        assert kept is not None
        assert kept.digest() == roi(2).digest()
