"""Names in every script that hospitals write, declared rightly, wrongly or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnet_desktop.checks import CheckState
from apnet_desktop.ct.character_sets import name_text
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.series import ScanLimits, SeriesSummary
from tests.ct.dicom_series import SeriesRecipe


def _scanned(folder: Path, declared: str | None, raw: bytes, limits: ScanLimits | None = None) -> SeriesSummary:
    """A series whose name and character set are put in as bytes, as a modality would."""
    paths = SeriesRecipe(slices=6).write(folder)
    for path in paths:
        data = path.read_bytes()
        start = data.index(b"\x10\x00\x10\x00PN")
        length = int.from_bytes(data[start + 6 : start + 8], "little")
        padded = raw + b" " * (len(raw) % 2)
        data = data[: start + 6] + len(padded).to_bytes(2, "little") + padded + data[start + 8 + length :]
        if declared is not None:
            value = declared.encode() + b" " * (len(declared) % 2)
            element = b"\x08\x00\x05\x00CS" + len(value).to_bytes(2, "little") + value
            at = data.index(b"\x08\x00\x08\x00CS")
            data = data[:at] + element + data[at:]
        path.write_bytes(data)
    return scan(folder, limits=limits).series[0]


# PS3.5 annexes H.3, I.2, J.1, J.2 give the Japanese, Korean and Chinese examples byte by byte.
EXAMPLES = [
    ("GB18030", "Wang^XiaoDong=王^小东".encode("gb18030"), "王小东"),
    ("GBK", "Zhang^San=张^三".encode("gbk"), "张三"),
    ("ISO_IR 192", "Wang^XiaoDong=王^小東=".encode(), "王小東"),
    ("ISO_IR 192", "喆^堃".encode(), "喆堃"),
    ("GB18030", "𠅤^㛃".encode("gb18030"), "𠅤㛃"),
    ("ISO_IR 100", "Müller^Jürgen".encode("latin-1"), "Müller Jürgen"),
    ("ISO_IR 144", "Люксембург^Роза".encode("iso8859_5"), "Люксембург Роза"),
    ("\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "山田太郎"),
    ("\\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "洪吉洞"),
    ("\\ISO 2022 IR 58", b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab", "张小东"),
    (None, b"Doe^John", "Doe John"),
]


@pytest.mark.parametrize(("declared", "raw", "expected"), EXAMPLES)
def test_declared_scripts(tmp_path: Path, declared: str | None, raw: bytes, expected: str) -> None:
    summary = _scanned(tmp_path, declared, raw)
    assert summary.identity.name == expected
    assert summary.other_names == () or declared == "ISO_IR 100"
    assert name_text(summary.identity.dicom_name) == expected


def test_an_archive_gets_the_name_with_all_its_groups(tmp_path: Path) -> None:
    """What is filed beside the CT must carry the CT's own name, not the one that a person reads."""
    summary = _scanned(tmp_path, "GB18030", "Wang^XiaoDong=王^小东".encode("gb18030"))
    assert summary.identity.dicom_name == "Wang^XiaoDong=王^小东"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_name_without_a_declared_script_is_guessed_and_said_so(tmp_path: Path, encoding: str) -> None:
    summary = _scanned(tmp_path, None, "张^三".encode(encoding))
    assert summary.identity.name == "张三"
    check = next(check for check in summary.checks if check.id == "ct.character_set")
    assert check.state is CheckState.WARNED


def test_a_wrongly_declared_script_is_offered_and_can_be_chosen(tmp_path: Path) -> None:
    raw = "张^三".encode("gb18030")
    summary = _scanned(tmp_path / "a", "ISO_IR 100", raw)
    assert summary.identity.name != "张三"
    offered = {reading.character_set: reading.name for reading in summary.other_names}
    assert offered["GB18030"] == "张三"
    chosen = _scanned(tmp_path / "b", "ISO_IR 100", raw, ScanLimits(character_set="GB18030"))
    assert chosen.identity.name == "张三"


@pytest.mark.parametrize("declared", ["ISO_IR 192", "ISO_IR 999", "nonsense", "\\ISO 2022 IR 87"])
def test_bytes_that_do_not_fit_their_declared_script_never_end_the_scan(tmp_path: Path, declared: str) -> None:
    summary = _scanned(tmp_path, declared, "张^三".encode("gb18030") + b"\x1b\xff")
    assert summary.identity.name
    assert summary.model_dump_json()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("^^^^", ""),
        ("Doe", "Doe"),
        ("Doe^John^Q^Dr^Jr", "Doe John Q"),
        ("=张^三", "张三"),
        ("Doe^J=", "Doe J"),
    ],
)
def test_person_names_as_people_write_them(text: str, expected: str) -> None:
    assert name_text(text) == expected
