from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from apnet_desktop.bundle import archive as archive_module
from apnet_desktop.bundle.archive import install_bundle, pack_bundle
from apnet_desktop.errors import BundleError
from tests.bundle import factory


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(BundleError) as caught:
        call()
    return caught.value.message.id


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".bundle-")]


def test_a_packed_bundle_installs_to_the_same_bundle(tmp_path: Path) -> None:
    bundle = factory.write_bundle(tmp_path / "b")
    pack_bundle(bundle.folder, tmp_path / "b.zip")
    installed = install_bundle(tmp_path / "b.zip", tmp_path / "models" / "new")
    assert installed.sha256 == bundle.sha256
    assert {path.name for path in installed.folder.iterdir()} == {path.name for path in bundle.folder.iterdir()}


def test_packing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    bundle = factory.write_bundle(tmp_path / "b")
    pack_bundle(bundle.folder, tmp_path / "1.zip")
    pack_bundle(bundle.folder, tmp_path / "2.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_a_damaged_bundle_is_not_packed(tmp_path: Path) -> None:
    bundle = factory.write_bundle(tmp_path / "b")
    (bundle.folder / "MODEL_CARD.md").write_text("other", encoding="utf-8")
    assert refusal(lambda: pack_bundle(bundle.folder, tmp_path / "b.zip")) == "bundle.changed"
    assert not (tmp_path / "b.zip").exists()


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/srv/evil.txt", "a/../../evil.txt", "C:\\evil.txt", "sub/", "sub/a.txt"]
)
def test_members_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    bundle = factory.write_bundle(tmp_path / "b")
    pack_bundle(bundle.folder, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip", "a") as packed:
        packed.writestr(zipfile.ZipInfo(name), b"evil")
    assert refusal(lambda: install_bundle(tmp_path / "b.zip", tmp_path / "in" / "new")) == "bundle.outside"
    assert not (tmp_path / "in" / "new").exists()
    assert not (tmp_path / "evil.txt").exists()
    assert not leftovers(tmp_path / "in")


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as packed:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    assert refusal(lambda: install_bundle(tmp_path / "b.zip", tmp_path / "new")) == "bundle.link"


def test_a_bomb_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """C-06: 64 MiB of zeros pack to 64 KiB; what counts is what comes out."""
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros.txt", bytes(64 * 2**20))
    monkeypatch.setattr(archive_module, "LARGEST_BUNDLE", 2**20)
    assert refusal(lambda: install_bundle(tmp_path / "b.zip", tmp_path / "new")) == "bundle.too_large"
    assert not leftovers(tmp_path)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as packed:
        for n in range(300):
            packed.writestr(f"f{n}.txt", b"")
    assert refusal(lambda: install_bundle(tmp_path / "b.zip", tmp_path / "new")) == "bundle.too_large"


def test_what_is_no_zip_or_a_truncated_one_is_refused(tmp_path: Path) -> None:
    bundle = factory.write_bundle(tmp_path / "b")
    pack_bundle(bundle.folder, tmp_path / "b.zip")
    content = (tmp_path / "b.zip").read_bytes()
    for cut in (0, 10, len(content) // 2, len(content) - 5):
        (tmp_path / "cut.zip").write_bytes(content[:cut])
        assert refusal(lambda: install_bundle(tmp_path / "cut.zip", tmp_path / "new")) == "bundle.archive_damaged"
    assert refusal(lambda: install_bundle(tmp_path / "none.zip", tmp_path / "new")) == "bundle.archive_damaged"


def test_an_archive_whose_bundle_does_not_verify_leaves_nothing(tmp_path: Path) -> None:
    bundle = factory.write_bundle(tmp_path / "b")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as packed:
        for path in bundle.folder.iterdir():
            packed.writestr(path.name, path.read_bytes() + (b"x" if path.suffix == ".md" else b""))
    assert refusal(lambda: install_bundle(tmp_path / "b.zip", tmp_path / "new")) == "bundle.changed"
    assert not (tmp_path / "new").exists()
    assert not leftovers(tmp_path)


def test_an_existing_folder_is_not_touched(tmp_path: Path) -> None:
    bundle = factory.write_bundle(tmp_path / "b")
    pack_bundle(bundle.folder, tmp_path / "b.zip")
    assert refusal(lambda: install_bundle(tmp_path / "b.zip", bundle.folder)) == "bundle.target_exists"
