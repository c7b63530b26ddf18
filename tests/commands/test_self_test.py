"""Each part of the self-test says in a sentence what fails; the whole of it runs in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.commands import self_test_parts as tested
from apnet_desktop.commands.self_test import Part, _tried
from apnet_desktop.commands.self_test_parts import EXPECTED_RISKS
from apnet_desktop.commands.system_libraries import MissingLibrary, missing_libraries, shipped_libraries
from apnet_desktop.errors import KnownError
from apnet_desktop.gui.screen_test import try_screen
from apnet_desktop.language import Language, Message

_PARTS = ["libraries", "screen", "fonts", "bundle", "device", "golden", "risk", "report", "store"]


def _run(folder: Path, *words: str) -> dict[str, Part]:
    """`apnet-desktop --self-test --json` as IT runs it, with a home of its own."""
    environment = {**os.environ, "HOME": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "apnet_desktop.desktop", "--self-test", "--json", "--device", "cpu", *words]
    done = subprocess.run(  # noqa: S603
        command, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    found = json.loads(done.stdout)
    assert done.returncode == (0 if found["good"] else 1), done.stderr
    return {one["part"]: Part(one["part"], one["good"], Message(id=one["id"])) for one in found["parts"]}


@pytest.mark.soak
def test_every_part_works_from_source_and_leaves_nothing(tmp_path: Path) -> None:
    parts = _run(tmp_path)
    assert list(parts) == _PARTS
    assert all(part.good for part in parts.values()), parts
    assert not list(Path(tempfile_folder()).glob("apnet-self-test-*"))
    assert not list((tmp_path / ".local" / "share" / "apnet-desktop").iterdir())


def tempfile_folder() -> str:
    import tempfile

    return tempfile.gettempdir()


def test_a_missing_system_library_is_named_with_its_package(tmp_path: Path) -> None:
    source = tmp_path / "needs.c"
    # A library that needs one which is then taken away: what a machine without it looks like to the loader.
    source.write_text("int needed(void); int needs(void) { return needed(); }\n")
    if shutil.which("cc") is None:
        pytest.skip("no C compiler to make a library with a missing one")
    (tmp_path / "needed.c").write_text("int needed(void) { return 1; }\n")
    gone = tmp_path / "libxcb-cursor.so.0"
    library = tmp_path / "libneeds.so"
    for command in (
        ["cc", "-shared", "-fPIC", "-Wl,-soname,libapnet-gone.so.0", "-o", str(gone), str(tmp_path / "needed.c")],
        ["cc", "-shared", "-fPIC", "-o", str(library), str(source), str(gone)],
    ):
        subprocess.run(command, check=True)  # noqa: S603
    gone.unlink()
    assert missing_libraries([library]) == [MissingLibrary("libapnet-gone.so.0", "")]
    assert all(one.is_file() for one in shipped_libraries())
    assert missing_libraries() == []


def test_the_sentence_for_a_missing_library_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = [MissingLibrary("libEGL.so.1", "libegl1"), MissingLibrary("libodd.so.3", "")]
    monkeypatch.setattr(tested, "missing_libraries", lambda: missing)
    part = _tried("libraries", tested.try_libraries)
    assert not part.good
    for language in Language:
        words = part.message.text(language)
        assert "libEGL.so.1 (libegl1)" in words
        assert "libodd.so.3" in words


def test_a_missing_font_and_a_gap_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from apnet_desktop.report import fonts

    assert _tried("fonts", tested.try_fonts).good
    monkeypatch.setattr(tested, "_SAMPLE", "\U0001f9e0")
    assert _tried("fonts", tested.try_fonts).message.values == {"names": "U+1F9E0"}
    monkeypatch.setattr(fonts, "donors", lambda: (fonts.Donor("Gone", tmp_path / "Gone.otf"),))
    assert _tried("fonts", tested.try_fonts).message.values == {"names": "Gone.otf"}


def test_a_damaged_bundle_is_a_sentence_and_what_follows_is_not_tried(shipped_bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(shipped_bundle, copy)
    with (copy / "calibration.json").open("ab") as stream:
        stream.write(b" ")
    run = tested.SelfTestRun(tmp_path, copy, "cpu", Language.ENGLISH)
    part = _tried("bundle", lambda: tested.try_bundle(run))
    assert not part.good
    assert "calibration.json" in part.message.text()
    assert _tried("risk", lambda: Message.of(str(tested.needed(run.bundle)))).message.id.endswith("not_tried")


def test_a_bug_in_a_part_is_said_without_its_words() -> None:
    def broken() -> Message:
        raise ValueError("张三 1956")

    part = _tried("store", broken)
    assert not part.good
    assert "张三" not in part.message.text()
    assert "ValueError" in part.message.text()


def test_the_expected_risk_holds_for_its_own_bundle_only(
    shipped_bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = open_bundle(shipped_bundle)
    monkeypatch.setattr(tested, "models_folder", lambda: tmp_path)
    assert tested.expected_risks(bundle) == {}
    listed = {"bundle_sha256": bundle.sha256, "risks": {"fused": 0.5}}
    (tmp_path / EXPECTED_RISKS).write_text(json.dumps(listed))
    assert tested.expected_risks(bundle) == {"fused": 0.5}
    (tmp_path / EXPECTED_RISKS).write_text(json.dumps({**listed, "bundle_sha256": "0" * 64}))
    assert tested.expected_risks(bundle) == {}


def test_the_store_part_says_what_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = tested.SelfTestRun(tmp_path, tmp_path, "cpu", Language.ENGLISH)
    monkeypatch.setattr(tested, "user_data_folder", lambda: tmp_path / "cases")
    assert _tried("store", lambda: tested.try_store(run)).good
    assert not list((tmp_path / "cases").iterdir())
    (tmp_path / "file").touch()
    monkeypatch.setattr(tested, "user_data_folder", lambda: tmp_path / "file" / "cases")
    part = _tried("store", lambda: tested.try_store(run))
    assert not part.good
    assert str(tmp_path / "file" / "cases") in part.message.text()


def test_a_screen_without_a_plugin_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("QT_QPA_PLATFORM", "no-such-window-system")
    with pytest.raises(KnownError) as refused:
        try_screen()
    assert refused.value.message.id == "gui.screen_fails"
