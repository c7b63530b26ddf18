from __future__ import annotations

import io
import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apnet_desktop.bundle.files import check_name, open_bundle, write_manifest
from apnet_desktop.errors import BundleError
from apnet_desktop.language import Language
from tests.bundle import factory


def refusal(folder: Path) -> str:
    """Id of the sentence with which a folder is refused; the sentence exists in both languages."""
    with pytest.raises(BundleError) as caught:
        open_bundle(folder)
    assert all(caught.value.message.text(language) for language in Language)
    return caught.value.message.id


def edit_manifest(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content.update(changes)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_a_bundle_opens_and_gives_its_files(tmp_path: Path) -> None:
    bundle = factory.write_bundle(tmp_path / "b")
    assert bundle.read("MODEL_CARD.md") == b"# Card\n"
    assert bundle.has("reference.npz")
    assert not bundle.has("other.txt")
    assert {file.name for file in bundle.manifest.files} == {"apnet.safetensors", "MODEL_CARD.md", "reference.npz"}


def test_every_flipped_byte_of_every_file_is_refused(tmp_path: Path) -> None:
    """C-30: whatever byte changes, the bundle is not opened."""
    folder = factory.write_bundle(tmp_path / "b").folder
    tried = 0
    for path in sorted(folder.iterdir()):
        if path.name == "manifest.json":
            continue
        content = path.read_bytes()
        for place in range(len(content)):
            path.write_bytes(content[:place] + bytes([content[place] ^ 0x40]) + content[place + 1 :])
            assert refusal(folder) == "bundle.changed"
            tried += 1
        path.write_bytes(content)
    assert tried > 400
    open_bundle(folder)


def test_a_changed_hash_or_size_in_the_manifest_is_refused(tmp_path: Path) -> None:
    folder = factory.write_bundle(tmp_path / "b").folder
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    edit_manifest(folder, files=[{**files[0], "sha256": "0" * 64}, *files[1:]])
    assert refusal(folder) == "bundle.changed"
    edit_manifest(folder, files=[{**files[0], "size": files[0]["size"] + 1}, *files[1:]])
    assert refusal(folder) == "bundle.changed"


def test_the_identity_changes_with_the_manifest(tmp_path: Path) -> None:
    first = factory.write_bundle(tmp_path / "b")
    edit_manifest(first.folder, version="2")
    assert open_bundle(first.folder).sha256 != first.sha256


def test_missing_and_extra_files_are_refused(tmp_path: Path) -> None:
    folder = factory.write_bundle(tmp_path / "b").folder
    extra = folder / "extra.txt"
    extra.write_text("x", encoding="utf-8")
    assert refusal(folder) == "bundle.extra_file"
    extra.unlink()
    (folder / "sub").mkdir()
    assert refusal(folder) == "bundle.extra_file"
    (folder / "sub").rmdir()
    (folder / "MODEL_CARD.md").unlink()
    assert refusal(folder) == "bundle.missing_file"


def test_links_are_refused_even_to_the_right_bytes(tmp_path: Path) -> None:
    folder = factory.write_bundle(tmp_path / "b").folder
    card = folder / "MODEL_CARD.md"
    (tmp_path / "elsewhere").write_bytes(card.read_bytes())
    card.unlink()
    card.symlink_to(tmp_path / "elsewhere")
    assert refusal(folder) == "bundle.link"
    (tmp_path / "link").symlink_to(folder)
    assert refusal(tmp_path / "link") == "bundle.no_folder"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    folder = factory.write_bundle(tmp_path / "b").folder
    (folder / "MODEL_CARD.md").unlink()
    os.mkfifo(folder / "MODEL_CARD.md")
    assert refusal(folder) == "bundle.not_a_file"


@pytest.mark.parametrize(
    "name",
    [
        "../x.txt",
        "/etc/passwd",
        "a/b.txt",
        "a\\b.txt",
        "..",
        ".hidden.txt",
        "CON.txt",
        "lpt1.txt",
        "x\0.txt",
        "x.txt.",
        "",
    ],
)
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BundleError) as caught:
        check_name(name)
    assert caught.value.message.id == "bundle.outside"
    folder = factory.write_bundle(tmp_path / "b").folder
    edit_manifest(folder, files=[{"name": name, "size": 1, "sha256": "0" * 64}])
    assert refusal(folder) == "bundle.outside"


@pytest.mark.parametrize("name", ["model.pkl", "model.pt", "model.pth", "run.py", "lib.so", "model.joblib", "noending"])
def test_kinds_of_file_that_can_run_are_refused(name: str) -> None:
    with pytest.raises(BundleError) as caught:
        check_name(name)
    assert caught.value.message.id == "bundle.kind"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_under_another_name_is_refused(tmp_path: Path, protocol: int) -> None:
    """C-31: its hash is right and its name allowed, and still it is not accepted."""
    folder = factory.write_bundle(tmp_path / "b").folder
    (folder / "apnet.safetensors").write_bytes(pickle.dumps({"weights": [1]}, protocol))
    with pytest.raises(BundleError) as caught:
        write_manifest(folder, factory.manifest())
    assert caught.value.message.id == "bundle.pickle"


def test_an_archive_with_objects_is_refused(tmp_path: Path) -> None:
    folder = factory.write_bundle(tmp_path / "b").folder
    stream = io.BytesIO()
    np.savez(stream, rows=np.array([{"a": 1}], dtype=object))
    (folder / "reference.npz").write_bytes(stream.getvalue())
    with pytest.raises(BundleError) as caught:
        write_manifest(folder, factory.manifest())
    assert caught.value.message.id == "bundle.pickle"


def test_a_zip_in_place_of_weights_is_refused(tmp_path: Path) -> None:
    folder = factory.write_bundle(tmp_path / "b").folder
    (folder / "apnet.safetensors").write_bytes((folder / "reference.npz").read_bytes())
    with pytest.raises(BundleError) as caught:
        write_manifest(folder, factory.manifest())
    assert caught.value.message.id == "bundle.pickle"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"format_version": 2}, "bundle.unknown_version"),
        ({"format_version": "1"}, "bundle.unknown_version"),
        ({"format": "other"}, "bundle.manifest_damaged"),
        ({"status": "approved"}, "bundle.manifest_damaged"),
        ({"surprise": 1}, "bundle.manifest_damaged"),
        ({"threshold": None}, "bundle.manifest_damaged"),
    ],
)
def test_unknown_versions_and_fields_are_refused(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    folder = factory.write_bundle(tmp_path / "b").folder
    edit_manifest(folder, **changes)
    assert refusal(folder) == expected


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 200_000, b'{"format": NaN}'])
def test_a_manifest_that_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = factory.write_bundle(tmp_path / "b").folder
    (folder / "manifest.json").write_bytes(content)
    assert refusal(folder) == "bundle.manifest_damaged"


def test_two_names_for_one_file_are_refused(tmp_path: Path) -> None:
    folder = factory.write_bundle(tmp_path / "b").folder
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    edit_manifest(folder, files=[*files, files[0]])
    assert refusal(folder) == "bundle.manifest_damaged"


def test_a_file_that_changes_after_opening_is_not_read(tmp_path: Path) -> None:
    bundle = factory.write_bundle(tmp_path / "b")
    (bundle.folder / "MODEL_CARD.md").write_bytes(b"# Cart\n")
    with pytest.raises(BundleError) as caught:
        bundle.read("MODEL_CARD.md")
    assert caught.value.message.id == "bundle.changed"


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nothing") == "bundle.no_folder"
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty") == "bundle.missing_file"
