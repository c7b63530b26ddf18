from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from apnet_desktop.commands import launcher
from apnet_desktop.commands.output import Output


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "数据 folder"))


def test_the_entry_is_valid_opens_a_folder_and_goes_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "apnet-desktop"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(launcher, "_program", lambda: program)
    launcher.install_launcher(Output(as_json=True))
    entry, icon = launcher.launcher_files()
    assert icon.read_text().lstrip().startswith("<svg")
    lines = entry.read_text().splitlines()
    assert f'Exec="{program}" %f' in lines
    assert any(line.startswith("MimeType=") and "inode/directory" in line for line in lines)
    validator = shutil.which("desktop-file-validate")
    assert validator, "desktop-file-utils is not installed: run make test"
    done = subprocess.run([validator, str(entry)], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout
    assert "error" not in done.stdout
    launcher.remove_launcher(Output(as_json=True))
    assert not entry.exists()
    assert not icon.exists()
    assert list(entry.parent.iterdir()) == []


def test_the_list_of_who_opens_what_stays_while_another_program_is_in_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(launcher, "_program", lambda: tmp_path / "apnet-desktop")
    other = launcher.launcher_files()[0].with_name("other.desktop")
    other.parent.mkdir(parents=True)
    other.write_text("[Desktop Entry]\nType=Application\nName=Other\nExec=true\nMimeType=text/plain;\n")
    launcher.install_launcher(Output(as_json=True))
    launcher.remove_launcher(Output(as_json=True))
    cache = other.with_name("mimeinfo.cache")
    assert other.is_file()
    if shutil.which("update-desktop-database"):
        assert "other.desktop" in cache.read_text()
        assert "apnet-desktop" not in cache.read_text()


@pytest.mark.parametrize("folder", ["plain", "with space", 'quote"$`', "per%cent", "张三"])
def test_a_program_in_an_odd_folder_is_quoted(folder: str) -> None:
    # The specification's own rules, read backwards.
    program = Path("/opt") / folder / "apnet-desktop"
    quoted = launcher._quoted(program)
    assert quoted.startswith('"')
    assert quoted.endswith('"')
    inner = quoted[1:-1].replace("%%", "%").replace("\\\\", "\\")
    restored = []
    escaped = False
    for character in inner:
        if character == "\\" and not escaped:
            escaped = True
            continue
        restored.append(character)
        escaped = False
    assert "".join(restored) == str(program)
