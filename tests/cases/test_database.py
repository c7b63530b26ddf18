"""Stores from other versions, damage, locks, and a disk that refuses: a sentence each, and nothing lost."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from apnet_desktop.cases import database as database_module
from apnet_desktop.cases import schema
from apnet_desktop.cases.backup import list_backups, restore_backup
from apnet_desktop.cases.database import Database
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import CaseError
from tests.cases.promises import tries
from tests.cases.samples import roi, series


def _bytes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name.startswith("cases.db")
    }


def _store_of_version(folder: Path, version: int) -> None:
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "cases.db", isolation_level=None)) as database:
        for number, script in enumerate(schema.MIGRATIONS[:version], start=1):
            database.executescript(script)
            database.execute(f"PRAGMA user_version = {number}")
        database.execute(
            "INSERT INTO cases (id, change, created, modified, name) "
            "VALUES ('abc', 1, '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00', 'Old Case')"
        )


@tries("C-44")
@pytest.mark.parametrize("version", range(1, schema.CURRENT_VERSION + 1))
def test_every_earlier_version_opens_and_keeps_its_cases(tmp_path: Path, version: int) -> None:
    _store_of_version(tmp_path / "store", version)
    with CaseStore(tmp_path / "store") as store:
        assert [case.name for case in store.list_cases()] == ["Old Case"]
        store.save_series("abc", series())
        store.save_roi("abc", roi())
        assert store.audit.verify().passed
    with closing(sqlite3.connect(tmp_path / "store" / "cases.db")) as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] == schema.CURRENT_VERSION


@tries("C-44")
def test_a_newer_store_is_refused_and_byte_identical(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with CaseStore(folder) as store:
        store.create()
    with closing(sqlite3.connect(folder / "cases.db")) as database:
        database.execute(f"PRAGMA user_version = {schema.CURRENT_VERSION + 1}")
        database.commit()
    before = _bytes(folder)
    for read_only in (False, True):
        with pytest.raises(CaseError) as caught:
            CaseStore(folder, read_only=read_only)
        assert caught.value.message.id == "cases.newer_store"
    assert {name: digest for name, digest in _bytes(folder).items() if not name.endswith("-shm")} == before


@tries("C-44")
def test_a_newer_store_that_crashed_is_byte_identical_too(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with CaseStore(folder) as store:
        store.create()
    # The newer program died with its migration in the write-ahead log only.
    script = (
        "import os, sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "database.execute('PRAGMA wal_autocheckpoint = 0')\n"
        f"database.execute('PRAGMA user_version = {schema.CURRENT_VERSION + 1}')\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(folder / "cases.db")], check=False)  # noqa: S603
    before = {name: digest for name, digest in _bytes(folder).items() if not name.endswith("-shm")}
    assert "cases.db-wal" in before
    with pytest.raises(CaseError) as caught:
        CaseStore(folder)
    assert caught.value.message.id == "cases.newer_store"
    assert {name: digest for name, digest in _bytes(folder).items() if not name.endswith("-shm")} == before


@tries("C-44")
def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "store"
    with CaseStore(folder) as store:
        case = store.create()
    broken = (*schema.MIGRATIONS, "CREATE TABLE extra (a TEXT) STRICT;\nCREATE TABLE cases (a TEXT) STRICT;\n")
    with monkeypatch.context() as patch:
        patch.setattr(database_module, "MIGRATIONS", broken)
        with pytest.raises(sqlite3.OperationalError):
            CaseStore(folder)
    with CaseStore(folder) as store:
        assert store.list_cases()[0].case_id == case
        assert not store._database.rows("SELECT 1 FROM sqlite_master WHERE name = 'extra'")


@tries("C-45")
def test_every_damaged_page_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with CaseStore(folder) as store:
        for _ in range(40):
            store.save_series(store.create(), series())
    path = folder / "cases.db"
    sound = path.read_bytes()
    page = int.from_bytes(sound[16:18], "big")
    missed = []
    for start in range(0, len(sound), page):
        damaged = bytearray(sound)
        for offset in range(start + 8, start + page, 97):
            damaged[offset] ^= 0xFF
        path.write_bytes(damaged)
        if not _finds_damage(folder):
            missed.append(start // page)
    # Pages without content (all zeros but for their head) have nothing to lose.
    content = [number for number in missed if sum(b != 0 for b in sound[number * page : (number + 1) * page]) > 64]
    assert content == []


def _finds_damage(folder: Path) -> bool:
    try:
        with CaseStore(folder, read_only=True) as store:
            if store.health() or not store.audit.verify().passed:
                return True
            return [store.load(case.case_id).series for case in store.list_cases()] != [series()] * 40
    except CaseError as error:
        return error.message.id in (
            "cases.damaged", "cases.newer_store", "cases.audit_unreadable", "cases.case_damaged"
        )  # fmt: skip


@tries("C-45")
def test_a_damaged_store_is_replaced_by_its_back_up(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with CaseStore(folder) as store:
        case = store.create()
        store.save_series(case, series())
        first = roi(1)
        store.save_roi(case, first)
    with CaseStore(folder) as store:
        store.save_roi(case, roi(2))
    for backup, expected in zip(list_backups(folder), (roi(2), first), strict=True):
        (folder / "cases.db").write_bytes(b"not a database at all" * 500)
        with pytest.raises(CaseError) as caught:
            CaseStore(folder)
        assert caught.value.message.id == "cases.damaged"
        assert "backups" in str(caught.value)
        aside = restore_backup(folder, backup)
        assert aside.read_bytes().startswith(b"not a database")
        with CaseStore(folder, read_only=True) as store:
            restored = store.load(case).roi
            assert restored is not None
            assert restored.digest() == expected.digest()


def test_back_ups_are_three_and_only_after_a_change(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    for _ in range(5):
        with CaseStore(folder) as store:
            store.create()
    names = [path.name for path in list_backups(folder)]
    assert len(names) == 3
    with CaseStore(folder):
        pass
    assert [path.name for path in list_backups(folder)] == names


def test_a_locked_database_gets_a_sentence_and_then_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_LOCK_WAIT", 0.05)
    with CaseStore(tmp_path / "store") as store:
        case = store.create()
        with closing(sqlite3.connect(tmp_path / "store" / "cases.db", isolation_level=None)) as browser:
            browser.execute("BEGIN IMMEDIATE")
            with pytest.raises(CaseError) as caught:
                store.save_series(case, series())
            assert caught.value.message.id == "cases.locked"
            assert "cases.db" in str(caught.value)
            browser.execute("ROLLBACK")
        store.save_series(case, series())
        assert store.load(case).series == series()


@tries("C-46")
def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with CaseStore(folder) as store:
        case = store.create()
        with pytest.raises(CaseError) as caught:
            CaseStore(folder)
        assert caught.value.message.id == "cases.in_use"
        with CaseStore(folder, read_only=True) as reader:
            assert reader.list_cases()[0].case_id == case
    with CaseStore(folder):
        pass


@tries("C-46")
def test_a_second_process_is_refused_and_the_lock_of_a_killed_one_is_free(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    script = (
        "import sys, time; from pathlib import Path; from apnet_desktop.cases.store import CaseStore\n"
        "store = CaseStore(Path(sys.argv[1])); print('open', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True) as child:  # noqa: S603
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        with pytest.raises(CaseError) as caught:
            CaseStore(folder)
        assert str(child.pid) in str(caught.value)
        child.kill()
    with CaseStore(folder) as store:
        store.create()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "cases.db")

    def fail() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO facts VALUES ('a', 'b')")
            with database.transaction() as inner:
                inner.execute("INSERT INTO facts VALUES ('c', 'd')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert database.rows("SELECT * FROM facts") == []
    database.close()
