"""Linux: the archive that a person unpacks, and the Debian package for the administrator."""

from __future__ import annotations

import gzip
import os
import platform
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from packager.variant import Variant

__all__ = ["debian_control", "make_archive", "make_debian_package", "needed_glibc"]

_SHIPPED = Path(__file__).parents[1] / "linux"
_LIBRARY = Path("usr/lib/apnet-desktop")
_MAINTAINER = "APNet Desktop maintainers <maintainers@apnet-desktop.invalid>"
# Machine-readable copyright file (DEP-5).
_COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: APNet Desktop
Comment: The licences of Python, Qt and the other libraries inside are in
 /usr/lib/apnet-desktop/licences, with a CycloneDX list of all of them.

Files: *
Copyright: 2026 APNet Desktop maintainers
License: Apache-2.0

License: Apache-2.0
 On Debian systems the text of the Apache License, Version 2.0 is in
 /usr/share/common-licenses/Apache-2.0
"""
_NUMBER = re.compile(rb"GLIBC_(\d+)\.(\d+)")
# What the application takes from the system: the C library, the screen's driver and window system, D-Bus, fonts.
_DEPENDENCIES = (
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libfreetype6",
    "libgcc-s1",
    "libgl1",
    "libglib2.0-0 | libglib2.0-0t64",
    "libstdc++6",
    "libx11-6",
    "libx11-xcb1",
    "libxcb1",
)


def needed_glibc(folder: Path) -> tuple[int, int]:
    """The oldest version of the C library that every program and library in `folder` runs with."""
    newest = (2, 17)
    for path in _binaries(folder):
        for major, minor in _NUMBER.findall(path.read_bytes()):
            newest = max(newest, (int(major), int(minor)))
    return newest


def _binaries(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as stream:
                if stream.read(4) == b"\x7fELF":
                    yield path


def make_archive(folder: Path, variant: Variant, target: Path, epoch: int) -> Path:
    """The `tar.xz` with the application, `install.sh` and `uninstall.sh`; the same bytes for the same folder.

    Args:
        folder: The application.
        variant: Which one.
        target: Folder for the archive.
        epoch: Time of every member, in seconds since 1970.
    """
    release, machine = version("apnet-desktop"), platform.machine()
    name = f"apnet-desktop-{release}-linux-{machine}-{variant.value}"
    words = (_SHIPPED / "READ-ME-FIRST.txt").read_text(encoding="utf-8")
    glibc = "{}.{}".format(*needed_glibc(folder))
    words = words.format(version=release, variant=variant.value.upper(), machine=machine, glibc=glibc)
    staged = target / f".{name}"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    (staged / "READ-ME-FIRST.txt").write_text(words, encoding="utf-8")
    for script in ("install.sh", "uninstall.sh"):
        shutil.copyfile(_SHIPPED / script, staged / script)
        (staged / script).chmod(0o755)
    archive = target / f"{name}.tar.xz"

    def clean(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = epoch
        return member

    # xz on all cores would give other bytes on a machine with another number of them. Level 4, as in the Debian
    # package: level 6 takes 1.4 times as long for 4 % less.
    with tarfile.open(archive, "w:xz", preset=4, format=tarfile.PAX_FORMAT) as stream:
        for source in sorted(staged.iterdir()):
            stream.add(source, f"{name}/{source.name}", filter=clean)
        for source in (folder, *sorted(folder.rglob("*"))):
            place = Path(name, "apnet-desktop", source.relative_to(folder))
            stream.add(source, str(place), recursive=False, filter=clean)
    shutil.rmtree(staged)
    return archive


def debian_control(variant: Variant, installed_kilobytes: int, glibc: tuple[int, int]) -> str:
    """The control file of the Debian package (Debian Policy 5.3).

    Args:
        variant: Which application.
        installed_kilobytes: Size once installed.
        glibc: Oldest C library.
    """
    depends = ", ".join(("libc6 (>= {}.{})".format(*glibc), *_DEPENDENCIES))
    return "\n".join(
        (
            "Package: apnet-desktop",
            f"Version: {version('apnet-desktop')}-1",
            "Section: science",
            "Priority: optional",
            f"Architecture: {_debian_machine()}",
            f"Maintainer: {_MAINTAINER}",
            f"Installed-Size: {installed_kilobytes}",
            f"Depends: {depends}",
            "Recommends: libcups2 | libcups2t64",
            "Description: recurrence risk after acute pancreatitis from CT and clinical factors",
            " Joins a patient's contrast-enhanced CT with clinical factors into a risk of",
            " recurrence after moderately severe or severe acute pancreatitis, locally and",
            " offline, as a report that can be signed.",
            " .",
            " The model that ships was trained on simulated patients: a demonstration, not",
            " for clinical use.",
            " .",
            f" This is the {variant.value.upper()} application.",
            "",
        )
    )


def _debian_machine() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]


def make_debian_package(folder: Path, variant: Variant, target: Path, epoch: int) -> Path:
    """The `.deb`, for all users of a machine; needs `dpkg-deb`.

    Args:
        folder: The application.
        variant: Which one.
        target: Folder for the package.
        epoch: Time of every file, in seconds since 1970.
    """
    from apnet_desktop.commands.launcher import desktop_entry

    tree = target / ".debian"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(folder, tree / _LIBRARY, symlinks=True)
    share, documents = tree / "usr/share", tree / "usr/share/doc/apnet-desktop"
    _write(share / "applications/apnet-desktop.desktop", desktop_entry(Path("/usr/bin/apnet-desktop")))
    icon = folder / "_internal/apnet_desktop/data/resources/icons/apnet.svg"
    _write(share / "icons/hicolor/scalable/apps/apnet-desktop.svg", icon.read_text(encoding="utf-8"))
    _write(documents / "copyright", _COPYRIGHT)
    _write(documents / "changelog.Debian.gz", _changelog(epoch))
    overrides = (_SHIPPED / "lintian-overrides").read_text(encoding="utf-8")
    _write(share / "lintian/overrides/apnet-desktop", overrides.format(package="apnet-desktop"))
    for page in ("apnet.1", "apnet-desktop.1"):
        _write(share / f"man/man1/{page}.gz", (_SHIPPED / page).read_text(encoding="utf-8"))
    (tree / "usr/bin").mkdir()
    for name in ("apnet", "apnet-desktop"):
        (tree / "usr/bin" / name).symlink_to(f"../lib/apnet-desktop/{name}")
    kilobytes = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file() and not path.is_symlink()) // 1024
    control = debian_control(variant, kilobytes, needed_glibc(folder))
    _write(tree / "DEBIAN/control", control)
    _settle(tree, epoch)
    package = target / f"apnet-desktop_{version('apnet-desktop')}-1_{_debian_machine()}-{variant.value}.deb"
    command = ["dpkg-deb", "--root-owner-group", "--build", "-Zxz", "-z4", str(tree), str(package)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return package


def _write(path: Path, text: str) -> None:
    """Writes text; compressed, without name and time, where the file's name says so (Debian Policy 12)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.encode()
    path.write_bytes(gzip.compress(content, 9, mtime=0) if path.suffix == ".gz" else content)


def _settle(tree: Path, epoch: int) -> None:
    """One time for every file, and rights that a package may have."""
    for path in sorted(tree.rglob("*"), reverse=True):
        if not path.is_symlink():
            executable = path.is_dir() or (path.name == "apnet-desktop" and path.parent.name == "apnet-desktop")
            path.chmod(0o755 if executable and not path.suffix else 0o644)
            if path.is_dir():
                path.chmod(0o755)
        os.utime(path, (epoch, epoch), follow_symlinks=False)


def _changelog(epoch: int) -> str:
    from datetime import UTC, datetime
    from email.utils import format_datetime

    day = format_datetime(datetime.fromtimestamp(epoch, UTC))
    return (
        f"apnet-desktop ({version('apnet-desktop')}-1) unstable; urgency=medium\n\n"
        f"  * The application as built from its source.\n\n -- {_MAINTAINER}  {day}\n"
    )
