"""`make package`: builds the application of one variant, prints what is in it, tries it, and packs it."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from packager.distributions import inside
from packager.licences import copy_licences, refused
from packager.linux import make_archive, make_debian_package
from packager.parts import measure, table
from packager.sbom import make_sbom, read_contents
from packager.sources import is_current, mark, sources_digest
from packager.staging import stage
from packager.system_libraries import copy_system_licences
from packager.variant import Variant

__all__ = ["EPOCH", "build", "main"]

ROOT = Path(__file__).parents[2]
EPOCH = 1767225600
"""2026-01-01: the time of every file, so that two builds can be compared."""

_SPECIFICATION = Path(__file__).with_name("application.spec")


def build(variant: Variant, work: Path, target: Path) -> Path:
    """Builds the application's folder.

    Args:
        variant: Which application.
        work: Folder for what is made on the way.
        target: Folder that gets `apnet-desktop/`.

    Returns:
        The application's folder.

    Raises:
        SystemExit: A licence is not allowed, or something is inside that the list of contents does not name.
    """
    forbidden = refused(inside(variant), variant)
    if forbidden:
        raise SystemExit(f"licences that are not allowed: {forbidden}")
    staged = work / f"staged-{variant.value}"
    stage(ROOT, staged, variant)
    environment = {
        **os.environ,
        "APNET_ROOT": str(ROOT),
        "APNET_STAGED": str(staged),
        "APNET_VARIANT": variant.value,
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": str(EPOCH),
    }
    folder = target / "apnet-desktop"
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "ERROR"]
    command += ["--distpath", str(target), "--workpath", str(work / f"pyinstaller-{variant.value}")]
    subprocess.run([*command, str(_SPECIFICATION)], check=True, env=environment, cwd=ROOT)
    _add_licences(folder, staged, variant)
    _finish(folder, staged)
    return folder


def _add_licences(folder: Path, staged: Path, variant: Variant) -> None:
    """Licence texts and the list of contents."""
    contents = read_contents(staged)
    target = folder / "licences"
    without = copy_licences(inside(variant), target)
    copy_system_licences((source for _, source in contents.binaries), target / "system")
    shutil.copyfile(ROOT / "LICENSE", target / "APNet-Desktop-LICENSE.txt")
    text, unnamed = make_sbom(variant, contents, folder, staged / "data" / "models" / "apnet-demo")
    (target / "sbom.cdx.json").write_text(text, encoding="utf-8")
    if without:
        print(f"no licence file in the wheels of: {', '.join(without)}")
    if unnamed:
        raise SystemExit("inside, but not in the list of contents:\n  " + "\n  ".join(unnamed))


def _finish(folder: Path, staged: Path) -> None:
    """What PyInstaller does not do: the command's name, and one time and right for every file."""
    if sys.platform == "linux":
        (folder / "apnet").symlink_to("apnet-desktop")
        _strip_python(folder)
    if sys.platform == "win32":
        shutil.copyfile(staged / "apnet.ico", folder / "apnet.ico")  # for the installer
    for path in list(folder.rglob("*")):
        if path.is_symlink() and not path.exists():
            path.unlink()  # to a library that is left out
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            executable = path.is_dir() or path == folder / "apnet-desktop"
            path.chmod(0o755 if executable else 0o644)
        os.utime(path, (EPOCH, EPOCH), follow_symlinks=False)


def _strip_python(folder: Path) -> None:
    """Takes the debugger's symbols out of Python's own library; what comes in wheels stays as it is."""
    for library in (folder / "_internal").glob("libpython*"):
        if not library.is_symlink():
            subprocess.run(["strip", "--strip-unneeded", str(library)], check=True)


def _self_test(folder: Path) -> int:
    program = folder / ("apnet.exe" if sys.platform == "win32" else "apnet-desktop")
    return subprocess.run([str(program), "--self-test"], check=False).returncode


def main(arguments: list[str] | None = None) -> int:
    """Builds, prints size and number of files by part, runs the self-test of what was built, and packs it."""
    parser = argparse.ArgumentParser(prog="python -m packager.build", description=__doc__)
    parser.add_argument("--variant", choices=[one.value for one in Variant], default=Variant.CPU.value)
    parser.add_argument("--out", type=Path, help="folder of the application and its packages; default: dist/VARIANT")
    parser.add_argument("--folder-only", action="store_true", help="no archive and no Debian package")
    parser.add_argument("--unless-current", action="store_true", help="not if the packages there are of these sources")
    chosen = parser.parse_args(arguments)
    variant = Variant(chosen.variant)
    target = (chosen.out or ROOT / "dist" / variant.value).absolute()
    started = time.monotonic()
    digest = sources_digest(ROOT, variant)
    if chosen.unless_current and is_current(target, digest):
        print(f"{target}: made from these sources, not built again")
        return 0
    folder = build(variant, ROOT / "build", target)
    print(table(measure(folder)))
    print(f"{folder}: built in {time.monotonic() - started:.0f} s")
    code = _self_test(folder)
    if code or chosen.folder_only or sys.platform != "linux":
        return code
    packages = [make_archive(folder, variant, target, EPOCH)]
    if shutil.which("dpkg-deb") is not None:
        packages.append(make_debian_package(folder, variant, target, EPOCH))
    for package in packages:
        content = hashlib.sha256(package.read_bytes()).hexdigest()
        print(f"{package.stat().st_size / 1e6:>9.1f} MB  {content}  {package}")
    mark(target, digest, packages)
    return 0


if __name__ == "__main__":
    sys.exit(main())
