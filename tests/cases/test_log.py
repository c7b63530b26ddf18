"""The log and the crash notes: places and ids, never a patient's value; for their owner only; shown once."""

from __future__ import annotations

import contextlib
import logging
import stat
import subprocess
import sys
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from apnet_desktop.cases.crash import CrashWatch
from apnet_desktop.cases.log import RedactingFormatter, start_logging
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message
from tests.cases.samples import CANARY

LOG = logging.getLogger("apnet_desktop.cases.test")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    path = start_logging(tmp_path / "log")
    yield path
    for handler in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def test_numbers_and_ids_are_kept_and_texts_are_withheld(log: Path) -> None:
    LOG.info("case %s: %d slices in %.2f s, %s", CANARY.name, 300, 1.5, Message.of("cases.disk_full", path="/Zyxwv"))
    assert log.read_text().endswith("case <withheld>: 300 slices in 1.50 s, cases.disk_full\n")


@pytest.mark.parametrize("arguments", [({"name": "Zyxwv"},), ("Zyxwv",), (CANARY,), (b"Zyxwv",), (["Zyxwv"],)])
def test_no_kind_of_argument_gets_through(log: Path, arguments: tuple[object, ...]) -> None:
    LOG.warning("value %s", *arguments)
    LOG.warning("value", extra={"patient": "Zyxwv"})
    assert "zyxwv" not in log.read_text().casefold()
    assert log.read_text().count("value") == 2


def test_an_exception_gives_its_place_and_what_caused_it(log: Path) -> None:
    def open_it() -> None:
        try:
            dict[str, str]()[CANARY.name]
        except KeyError as error:
            raise CtError(Message.of("ct.path_missing", path="/home/Zyxwv")) from error

    try:
        open_it()
    except CtError:
        LOG.exception("could not open")
    text = log.read_text()
    assert "apnet_desktop.errors.CtError ct.path_missing" in text
    assert "builtins.KeyError" in text
    assert "test_log.py" in text
    assert "in open_it" in text
    assert "zyxwv" not in text.casefold()


def test_a_sentence_that_does_not_fit_its_values_loses_no_line() -> None:
    record = logging.LogRecord("apnet_desktop.x", logging.INFO, "x.py", 1, "%d slices", ("many",), None)
    assert RedactingFormatter().format(record).endswith("INFO apnet_desktop.x: %d slices")


def test_the_log_turns_over_and_stays_private(log: Path) -> None:
    for number in range(14_000):
        LOG.info(
            "line %d of a long log that has to turn over at some time or other, here after a million bytes", number
        )
    files = sorted(log.parent.iterdir())
    assert 2 <= len(files) <= 6
    assert sum(path.stat().st_size for path in files) < 7_000_000
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_log_that_cannot_be_written_costs_lines_only(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    handler = next(one for one in logging.getLogger().handlers if isinstance(one, RotatingFileHandler))
    good, handler.stream = handler.stream, open("/dev/full", "w")  # noqa: SIM115, PTH123
    LOG.info("line of %s", CANARY.name)
    assert "Zyxwv" not in capfd.readouterr().err
    with contextlib.suppress(OSError):
        handler.stream.close()
    handler.stream = good
    LOG.info("goes on")
    assert log.read_text().endswith("goes on\n")


_CRASH = """
import sys
from pathlib import Path
from apnet_desktop.cases.crash import CrashWatch
watch = CrashWatch(Path(sys.argv[1]))
watch.start(lambda note: print("told"))
if sys.argv[2] == "native":
    import faulthandler
    faulthandler._sigsegv()
raise ValueError("Zyxwv Qanary")
"""


@pytest.mark.parametrize("kind", ["native", "python"])
def test_the_next_start_finds_the_note_of_a_crash_once(tmp_path: Path, kind: str) -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _CRASH, str(tmp_path), kind], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Zyxwv" not in done.stderr
    assert (done.stdout == "told\n") is (kind == "python")
    last = CrashWatch(tmp_path).last
    assert last is not None
    assert ("Segmentation fault" if kind == "native" else "builtins.ValueError") in last.text
    assert "Zyxwv" not in last.text
    assert CrashWatch(tmp_path).last is None


def test_a_run_that_ends_well_leaves_no_note(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from apnet_desktop.cases.crash import CrashWatch\n"
        "watch = CrashWatch(Path(sys.argv[1])); watch.start(); watch.stop()\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)  # noqa: S603
    assert list(tmp_path.iterdir()) == []
