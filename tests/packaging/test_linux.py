"""The archive's scripts are run, with a stand-in for the program; the Debian package's files are read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from packager import linux
from packager.compare import differences
from packager.linux import debian_control, make_archive, make_debian_package, needed_glibc
from packager.parts import measure, table
from packager.variant import Variant, is_left_out

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's packages")
_PACKAGING = Path(__file__).parents[2] / "packaging"
_EPOCH = 1767225600
# A stand-in that keeps the launcher's entry as the real one does.
_PROGRAM = """#!/bin/sh
entry="$HOME/.local/share/applications/apnet-desktop.desktop"
case "$*" in
    "install-launcher") mkdir -p "$(dirname "$entry")" && echo "$0" >"$entry" ;;
    "install-launcher --remove") rm -f "$entry" ;;
    "version") echo VERSION ;;
esac
"""


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A small application: the program, a link, a library, an icon."""
    folder = tmp_path / "built" / "apnet-desktop"
    icons = folder / "_internal" / "apnet_desktop" / "data" / "resources" / "icons"
    icons.mkdir(parents=True)
    shutil.copyfile(_PACKAGING.parent / "resources" / "icons" / "apnet.svg", icons / "apnet.svg")
    (folder / "apnet-desktop").write_text(_PROGRAM.replace("VERSION", "one"))
    (folder / "apnet-desktop").chmod(0o755)
    (folder / "apnet").symlink_to("apnet-desktop")
    return folder


def _unpacked(archive: Path, target: Path) -> Path:
    target.mkdir()
    with tarfile.open(archive) as stream:
        stream.extractall(target, filter="data")
    (folder,) = target.iterdir()
    return folder


def _run(script: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    return subprocess.run(  # noqa: S603
        ["/bin/sh", str(script), *words], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_install_update_and_uninstall_leave_the_cases_alone(application: Path, tmp_path: Path) -> None:
    home = tmp_path / "家 of 张三"
    cases = home / ".local" / "share" / "apnet-desktop" / "cases.db"
    cases.parent.mkdir(parents=True)
    cases.write_bytes(b"cases")
    archive = make_archive(application, Variant.CPU, tmp_path, _EPOCH)
    first = _unpacked(archive, tmp_path / "first")
    done = _run(first / "install.sh", home)
    assert done.returncode == 0, done.stderr
    installed = home / ".local" / "lib" / "apnet-desktop"
    assert (home / ".local" / "bin" / "apnet").resolve() == installed / "apnet-desktop"
    assert (home / ".local" / "share" / "applications" / "apnet-desktop.desktop").exists()

    (installed / "_internal" / "only in the old one").touch()
    (application / "apnet-desktop").write_text(_PROGRAM.replace("VERSION", "two"))
    second = _unpacked(make_archive(application, Variant.CPU, tmp_path, _EPOCH), tmp_path / "second")
    assert _run(second / "install.sh", home).returncode == 0
    shown = subprocess.run([str(installed / "apnet"), "version"], capture_output=True, text=True, check=True)  # noqa: S603
    assert shown.stdout == "two\n"
    assert not (installed / "_internal" / "only in the old one").exists()
    assert sorted(path.name for path in installed.parent.iterdir()) == ["apnet-desktop"]

    (home / ".cache" / "apnet-desktop").mkdir(parents=True)
    done = _run(installed / "uninstall.sh", home)
    assert done.returncode == 0, done.stderr
    assert [path for path in home.rglob("*") if path.is_file() or path.is_symlink()] == [cases]


def test_a_folder_that_cannot_be_written_is_named_and_another_can_be_chosen(application: Path, tmp_path: Path) -> None:
    folder = _unpacked(make_archive(application, Variant.CPU, tmp_path, _EPOCH), tmp_path / "unpacked")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".local").write_text("a file in the way")
    done = _run(folder / "install.sh", home)
    assert done.returncode == 1
    assert "--into FOLDER" in done.stderr
    done = _run(folder / "install.sh", home, "--into", str(tmp_path / "elsewhere" / "apnet"))
    assert (tmp_path / "elsewhere" / "apnet" / "apnet-desktop").exists()


def test_the_same_application_gives_the_same_archive(application: Path, tmp_path: Path) -> None:
    one = make_archive(application, Variant.CPU, tmp_path / "a", _EPOCH)
    (application / "apnet-desktop").touch()
    two = make_archive(application, Variant.CPU, tmp_path / "b", _EPOCH)
    assert one.read_bytes() == two.read_bytes()
    with tarfile.open(one) as stream:
        members = stream.getmembers()
        words = stream.extractfile(next(m for m in members if m.name.endswith("READ-ME-FIRST.txt")))
        assert words is not None
        assert "{" not in words.read().decode()
    assert {member.uid for member in members} == {0}
    assert any(member.issym() and member.name.endswith("apnet-desktop/apnet") for member in members)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb makes the package")
def test_the_debian_package_has_all_that_policy_asks_for(application: Path, tmp_path: Path) -> None:
    package = make_debian_package(application, Variant.CPU, tmp_path, _EPOCH)
    listing = subprocess.run(["dpkg-deb", "-c", str(package)], capture_output=True, text=True, check=True).stdout  # noqa: S603, S607
    for place in (
        "./usr/bin/apnet-desktop -> ../lib/apnet-desktop/apnet-desktop",
        "./usr/share/applications/apnet-desktop.desktop",
        "./usr/share/icons/hicolor/scalable/apps/apnet-desktop.svg",
        "./usr/share/doc/apnet-desktop/copyright",
        "./usr/share/doc/apnet-desktop/changelog.Debian.gz",
        "./usr/share/man/man1/apnet-desktop.1.gz",
    ):
        assert place in listing, place
    assert not re.search(r"^[^ ]+ (?!root/root)", listing, re.MULTILINE)
    assert not re.search(r"\./(opt|etc|home)/", listing)
    unpacked = tmp_path / "unpacked"
    subprocess.run(["dpkg-deb", "-x", str(package), str(unpacked)], check=True)  # noqa: S603, S607
    entry = (unpacked / "usr/share/applications/apnet-desktop.desktop").read_text()
    assert 'Exec="/usr/bin/apnet-desktop" %f' in entry
    again = make_debian_package(application, Variant.CPU, tmp_path / "again", _EPOCH)
    assert again.read_bytes() == package.read_bytes()


def test_the_control_file_says_what_it_needs() -> None:
    control = debian_control(Variant.CUDA, 123, (2, 36))
    fields = dict(re.findall(r"^([A-Z][\w-]+): (.*)$", control, re.MULTILINE))
    assert fields["Depends"].startswith("libc6 (>= 2.36), ")
    assert {"Package", "Version", "Architecture", "Maintainer", "Description", "Installed-Size"} <= set(fields)
    assert len(fields["Description"]) < 80


def test_the_oldest_c_library_is_read_from_the_programs(tmp_path: Path) -> None:
    (tmp_path / "lib.so").write_bytes(b"\x7fELF....GLIBC_2.17\0GLIBC_2.34\0GLIBC_2.4\0")
    (tmp_path / "text").write_bytes(b"GLIBC_9.99")
    assert needed_glibc(tmp_path) == (2, 34)


def test_what_differs_between_two_builds_is_named(application: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(application, other, symlinks=True)
    assert differences(application, other) == []
    (other / "apnet-desktop").write_text("changed")
    (other / "apnet").unlink()
    (other / "apnet").symlink_to("elsewhere")
    (other / "more").touch()
    found = differences(application, other)
    assert f"only in {other}: more" in found
    assert any(line.startswith("apnet-desktop: ") and "content" in line for line in found)
    assert any(line.startswith("apnet: ") and "target" in line for line in found)


def test_sizes_are_told_by_part(application: Path) -> None:
    (application / "_internal" / "scipy").mkdir()
    (application / "_internal" / "scipy" / "x.so").write_bytes(b"0" * 5_000_000)
    graph = application / "_internal" / "apnet_desktop" / "data" / "models" / "graphs" / "1"
    graph.mkdir(parents=True)
    (graph / "network.bin").write_bytes(b"0" * 2_000_000)
    parts = {part.name: part for part in measure(application)}
    assert parts["NumPy and SciPy"].bytes == 5_000_000
    assert parts["exported graph"].files == 1
    lines = table(list(parts.values())).splitlines()
    assert lines[-1].split() == ["together", "7.0", "MB", "4", "files"]


@pytest.mark.parametrize(
    "script", ["linux/install.sh", "linux/uninstall.sh", "prove.sh", "prove_inside.sh", "macos/build.sh"]
)
def test_scripts_are_plain_shell(script: str) -> None:
    done = subprocess.run(["/bin/sh", "-n", str(_PACKAGING / script)], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr


def test_nothing_that_is_needed_is_left_out() -> None:
    for place in (
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqwayland.so",
        "PySide6/Qt/lib/libQt6WlShellIntegration.so.6",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6/Qt/plugins/imageformats/libqsvg.so",
        "PySide6/Qt/translations/qtbase_zh_CN.qm",
        "openvino/libs/libopenvino_intel_cpu_plugin.so",
        "openvino/libs/libopenvino_ir_frontend.so.2641",
        "reportlab/fonts/callig15.pfb",
        "pylopdf_fonts_zh_cn/NotoSansSC-Regular.otf",
    ):
        assert not is_left_out(place), place
    assert linux._debian_machine() in ("amd64", "arm64")
