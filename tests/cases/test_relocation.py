"""A CT that moved is found by its UID and by nothing else; a copied one does not depend on where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apnet_desktop.cases.relocation import candidates, copy_series, find_moved, is_missing, series_contents
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.ct.scan import scan
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message
from tests.cases.dicom_files import SERIES, SLICES, read_pixels, write_ct
from tests.cases.samples import series


def _series_in(folder: Path) -> list[str]:
    return [one.description.series_uid for one in scan(folder).series]


@pytest.mark.parametrize("now", ["archive/2026/patient", "patient-renamed", "deep/er/still"])
def test_a_moved_folder_is_found_by_uid(tmp_path: Path, now: str) -> None:
    before = write_ct(tmp_path / "ward" / "patient")
    reference = series(uid=SERIES).model_copy(update={"path": str(before)})
    assert not is_missing(reference)
    (tmp_path / "ward" / now).parent.mkdir(parents=True, exist_ok=True)
    before.rename(tmp_path / "ward" / now)
    assert is_missing(reference)
    found = find_moved(reference, _series_in)
    assert found is not None
    assert SERIES in _series_in(found)
    assert (tmp_path / "ward" / now).is_relative_to(found)


def test_a_folder_of_the_same_name_with_another_series_is_not_taken(tmp_path: Path) -> None:
    write_ct(tmp_path / "ward" / "patient")
    reference = series(uid="1.2.3.4").model_copy(update={"path": str(tmp_path / "gone" / "patient")})
    assert find_moved(reference, _series_in, [tmp_path / "ward"]) is None


def test_folders_of_the_old_name_come_first_and_there_is_an_end(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"n{number}" / "patient").mkdir(parents=True)
        (tmp_path / f"n{number}" / "loop").symlink_to(tmp_path)
    reference = series().model_copy(update={"path": str(tmp_path / "gone" / "patient")})
    found = list(candidates(reference))
    assert len(found) == len(set(found)) == 61
    assert [folder.name for folder in found[:30]] == ["patient"] * 30


def test_a_copied_ct_is_the_same_and_outlives_its_source(store: CaseStore, tmp_path: Path) -> None:
    source = write_ct(tmp_path / "Zyxwv Qanary")
    pixels = read_pixels(source)
    case = store.create()
    reference = series(uid=SERIES).model_copy(update={"path": str(source)})
    copied = copy_series(store, case, reference, series_contents(scan(source).series[0]))
    for path in source.iterdir():
        path.unlink()
    assert store.load(case).series == copied
    assert copied.copied
    assert read_pixels(Path(copied.path)) == pixels
    assert len(list(Path(copied.path).iterdir())) == SLICES
    assert "qanary" not in copied.path.lower()


def test_a_copy_that_fails_leaves_nothing(store: CaseStore, tmp_path: Path) -> None:
    source = write_ct(tmp_path / "ct")
    case = store.create()
    reference = series(uid=SERIES).model_copy(update={"path": str(source)})

    def contents() -> Iterator[bytes]:
        for path in sorted(source.iterdir())[:5]:
            yield path.read_bytes()
        raise CtError(Message.of("ct.file_unreadable", file="6"))

    with pytest.raises(CtError):
        copy_series(store, case, reference, contents())
    assert store.load(case).series is None
    assert list((store.case_folder(case) / "ct").iterdir()) == []
