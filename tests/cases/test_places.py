"""A home that cannot be written: a temporary store, told and removed; never a silent loss, never a dead program."""

from __future__ import annotations

import errno
import stat
import tempfile
from pathlib import Path

import pytest

from apnet_desktop.cases import places as tested
from apnet_desktop.cases.places import find_places
from apnet_desktop.cases.settings import Settings, SettingsFile
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import CaseError


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(tested, "user_data_folder", lambda: tmp_path / "家" / "apnet-desktop")
    monkeypatch.setattr(tested, "user_log_folder", lambda: tmp_path / "state" / "log")


def _refuse(monkeypatch: pytest.MonkeyPatch, folder: Path, number: int) -> None:
    """Makes `folder` refuse files; the tests may run as root, whom no right stops."""
    touch = Path.touch

    def refusing(path: Path, mode: int = 0o666, exist_ok: bool = True) -> None:
        if path.is_relative_to(folder):
            raise OSError(number, "refused")
        touch(path, mode, exist_ok)

    monkeypatch.setattr(Path, "touch", refusing)


def test_a_home_that_can_be_written_is_used_and_nothing_is_left_by_asking(tmp_path: Path) -> None:
    places = find_places()
    assert places.refused is None
    assert places.store == tmp_path / "家" / "apnet-desktop"
    assert places.log == tmp_path / "state" / "log"
    assert not list(places.store.iterdir())
    places.remove_temporary()
    assert places.store.exists()


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOENT])
def test_a_read_only_home_gives_a_private_temporary_store_that_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    home = tmp_path / "家" / "apnet-desktop"
    SettingsFile(home / "settings.json").save(Settings(reviewer="Dr Li"))
    _refuse(monkeypatch, home, number)
    places = find_places()
    assert places.refused == home
    assert stat.S_IMODE(places.store.parent.stat().st_mode) == 0o700
    assert SettingsFile(places.settings).load().reviewer == "Dr Li"
    with CaseStore(places.store) as store:
        store.create()
    places.remove_temporary()
    assert not list((tmp_path / "tmp").iterdir())


def test_a_full_disk_is_no_read_only_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _refuse(monkeypatch, tmp_path / "家", errno.ENOSPC)
    assert find_places().refused is None


def test_an_abandoned_temporary_store_goes_and_one_in_use_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(monkeypatch, tmp_path / "家", errno.EROFS)
    abandoned, used = find_places(), find_places()
    CaseStore(abandoned.store).close()
    with CaseStore(used.store):
        find_places()
        assert not abandoned.store.exists()
        assert used.store.exists()


def test_where_nothing_can_be_written_at_all_it_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _refuse(monkeypatch, tmp_path / "家", errno.EROFS)

    def refused(prefix: str) -> str:
        raise PermissionError(errno.EACCES, "refused", prefix)

    monkeypatch.setattr(tempfile, "mkdtemp", refused)
    with pytest.raises(CaseError) as error:
        find_places()
    assert error.value.message.id == "cases.read_only"


def test_a_log_folder_that_refuses_does_not_take_the_cases_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(monkeypatch, tmp_path / "state", errno.EACCES)
    places = find_places()
    assert places.refused is None
    assert places.log == tmp_path / "家" / "apnet-desktop" / "log"
