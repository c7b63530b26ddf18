"""No name that a person or a file carries becomes a path, a device, an option or a formula."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnet_desktop.cases.names import safe_name
from apnet_desktop.cases.spreadsheet import harmless, read_table, table_bytes
from apnet_desktop.errors import CaseError
from tests.cases.promises import tries

ATTACKS = (
    "../../x", "..", ".", "/etc/passwd", "\\\\server\\share", "C:\\x", "a:b", "CON", "con.txt", "NUL", "COM1",
    "lpt9.pdf", "COM¹", "x" * 300, "张" * 300, "a\u202etxt.exe", "a\0b", "~", "~root", "a\nb", "😀", "e\u0301",
    "\u00e9", "", "   ",
    "-rf", "--help", ".hidden", "trailing.", "trailing ", "a/b", "a|b", "a?b*c", "<a>", '"', "$HOME", "%TEMP%",
    "\ud800", "aux.", "prn ", "CLOCK$", "a\u200bb", "\ufeffa", "x\x1b[2J",
)  # fmt: skip
DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}


def _check(text: str, folder: Path) -> None:
    name = safe_name(text)
    path = (folder / f"{name}.pdf").resolve()
    assert path.parent == folder.resolve()
    path.write_bytes(b"x")
    path.unlink()
    assert name
    assert len(f"{name}.pdf".encode()) <= 255
    assert name[0] not in "-.~ $%"
    assert name.split(".")[0].strip().casefold() not in DEVICES
    assert not set(name) & set('<>:"/\\|?*\0')
    assert name.isprintable()


@tries("C-51", "CVE path from a tag")
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_name_stays_in_its_folder(tmp_path: Path, attack: str) -> None:
    _check(attack, tmp_path)


@tries("C-51")
@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=400))
def test_any_text_becomes_a_child_of_the_folder(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    _check(text, tmp_path_factory.getbasetemp())


def test_twins_of_one_name_become_one() -> None:
    assert safe_name("e\u0301") == safe_name("\u00e9")


def test_a_chinese_name_stays_readable() -> None:
    assert safe_name("张 三") == "张_三"


@tries("C-52")
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", " =", "＝", "\t=", '"='])
def test_a_cell_is_never_run(start: str) -> None:
    cell = f"{start}cmd|' /C calc'!A0"
    written = table_bytes([["patient"], [cell]])
    read = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))[1][0]
    assert not read.lstrip(" \t\r\n\0").startswith(("=", "+", "-", "@", "＝"))


@tries("C-52")
@pytest.mark.parametrize("number", ["-1.5", "+2", "-0", "1e-3", "-.5"])
def test_numbers_stay_numbers(number: str) -> None:
    assert harmless(number) == number


@tries("C-52")
@settings(max_examples=200, deadline=None)
@given(rows=st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=3, max_size=3), min_size=2))
def test_any_table_is_a_table_again(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(table_bytes(rows).decode("utf-8-sig"), newline="")))
    assert len(read) == len(rows)
    assert all(len(row) == 3 for row in read)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_however_it_was_saved(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(
        "\r\n".join(delimiter.join(row) for row in (["编号", "姓名"], ["7", "张三"], ["", ""])).encode(encoding)
    )
    assert read_table(path) == [["编号", "姓名"], ["7", "张三"]]


@pytest.mark.parametrize("content", [b"", b"only a header\n", b"\xff\xff\xff\xff\n\xff", b'a,b\n"open,1\n'])
def test_what_is_no_table_gets_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(CaseError) as caught:
        read_table(path)
    assert "list.csv" in str(caught.value)


def test_a_name_can_be_written_to_this_disk_in_full(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("the whole path is limited there")
    (tmp_path / f"{safe_name('张' * 500)}.tar.gz").write_bytes(b"x")
