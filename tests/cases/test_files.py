"""A save that fails at its first, second, ... nth call leaves the old file or the new one, and nothing beside it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from apnet_desktop.cases.files import known_errors, private_folder, write_file
from apnet_desktop.cases.open_case import OpenCase
from apnet_desktop.cases.settings import Settings, SettingsFile
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import CaseError
from tests.cases.promises import tries
from tests.cases.samples import roi, series

CALLS = ("open", "fsync", "replace")
CODES = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.ESTALE, errno.EDQUOT)


def _refused(save: Callable[[], object], nth: int, code: int) -> CaseError:
    """The error of a save whose nth call fails."""
    with pytest.MonkeyPatch.context() as patch:
        FailingCalls(patch, nth, code)
        try:
            save()
        except CaseError as error:
            return error
    raise AssertionError(f"call {nth} failed and nobody was told")


class FailingCalls:
    """Wraps the calls of a save and raises at the nth."""

    def __init__(self, patch: pytest.MonkeyPatch, fail_at: int, code: int) -> None:
        self.count = 0
        self._fail_at = fail_at
        self._code = code
        for name in CALLS:
            patch.setattr(os, name, self._wrap(getattr(os, name)))

    def _wrap(self, call: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: object, **named: object) -> object:
            self.count += 1
            if self.count == self._fail_at:
                raise OSError(self._code, os.strerror(self._code))
            return call(*arguments, **named)

        return wrapped


def _count_calls(save: Callable[[], object]) -> int:
    with pytest.MonkeyPatch.context() as patch:
        calls = FailingCalls(patch, 0, 0)
        save()
        return calls.count


@tries("C-41")
@pytest.mark.parametrize("code", CODES)
def test_a_file_is_old_or_new_whatever_fails(tmp_path: Path, code: int) -> None:
    path = tmp_path / "saved"
    write_file(path, b"old")
    calls = _count_calls(lambda: write_file(path, b"old"))
    assert calls >= 4
    for nth in range(1, calls + 1):
        assert str(path) in str(_refused(lambda: write_file(path, b"new"), nth, code))
        assert path.read_bytes() in (b"old", b"new")
        assert [one.name for one in tmp_path.iterdir()] == ["saved"]


@tries("C-41")
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_case_is_old_or_new_whatever_fails(tmp_path: Path, code: int) -> None:
    with CaseStore(tmp_path / "store") as store:
        case = OpenCase.new(store)
        case.set_series(series())
        case.set_roi(roi(0))
        calls = _count_calls(lambda: case.set_roi(roi(1)))
        for nth in range(1, calls + 1):
            before, after = roi(nth), roi(nth + 100)
            case.set_roi(before)
            _refused(lambda after=after: case.set_roi(after), nth, code)  # type: ignore[misc]
            assert case.assessment.roi is before
            kept = store.load(case.case_id).roi
            assert kept is not None
            assert kept.digest() == before.digest()
            assert store.audit.verify().passed
            assert list((tmp_path / "store" / "partial").iterdir()) == []


@tries("C-41")
def test_settings_are_old_or_new_whatever_fails(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.json")
    file.save(Settings(reviewer="old"))
    for nth in range(1, 5):
        _refused(lambda: file.save(Settings(reviewer="new")), nth, errno.ENOSPC)
        assert file.load().reviewer in ("old", "new")


def test_files_and_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "private")
    write_file(folder / "file", b"x")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "file").stat().st_mode) == 0o600


@tries("C-56")
def test_everything_in_a_store_is_for_its_owner_only(tmp_path: Path) -> None:
    with CaseStore(tmp_path / "store") as store:
        case = OpenCase.new(store)
        case.set_series(series())
        case.set_roi(roi())
        SettingsFile(tmp_path / "store" / "settings.json").save(Settings())
    for path in [tmp_path / "store", *(tmp_path / "store").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_bug_is_not_taken_for_the_world(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), known_errors(tmp_path):
        raise ZeroDivisionError
