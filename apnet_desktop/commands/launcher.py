"""`apnet install-launcher`: desktop entry and icon for this user; a folder dropped on it opens.

Desktop Entry Specification 1.4; icon per the Icon Theme Specification (freedesktop.org).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from apnet_desktop.cases.files import write_file
from apnet_desktop.commands.output import Output
from apnet_desktop.errors import CaseError
from apnet_desktop.language import Message
from apnet_desktop.locations import resources_folder

__all__ = ["desktop_entry", "install_launcher", "launcher_files", "remove_launcher"]

_NAME = "apnet-desktop"


def launcher_files() -> tuple[Path, Path]:
    """Where desktop entry and icon of this user lie (XDG Base Directory Specification)."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return (
        data / "applications" / f"{_NAME}.desktop",
        data / "icons" / "hicolor" / "scalable" / "apps" / f"{_NAME}.svg",
    )


def install_launcher(output: Output) -> None:
    """Puts desktop entry and icon in the user's own folders.

    Raises:
        CaseError: This system has no desktop entries, or the folders cannot be written.
    """
    if sys.platform in ("win32", "darwin"):
        raise CaseError(Message.of("commands.launcher_linux_only"))
    entry, icon = launcher_files()
    entry.parent.mkdir(parents=True, exist_ok=True)
    icon.parent.mkdir(parents=True, exist_ok=True)
    write_file(icon, (resources_folder() / "icons" / "apnet.svg").read_bytes())
    write_file(entry, desktop_entry(_program()).encode())
    _tell_desktop(entry.parent)
    output.value({"entry": str(entry), "icon": str(icon)})
    output.line("commands.launcher_installed", file=str(entry))


def remove_launcher(output: Output) -> None:
    """Takes desktop entry and icon away."""
    removed = []
    for file in launcher_files():
        if file.exists():
            file.unlink()
            removed.append(str(file))
    _tell_desktop(launcher_files()[0].parent)
    output.value({"removed": removed})
    output.line("commands.launcher_removed", count=len(removed))


def _tell_desktop(folder: Path) -> None:
    """Renews the desktop's list of who opens what; a desktop without the tool reads the entries themselves.

    In a folder that holds no entry any more the list goes too: it was made for ours.
    """
    if not any(folder.glob("*.desktop")):
        (folder / "mimeinfo.cache").unlink(missing_ok=True)
        return
    tool = shutil.which("update-desktop-database")
    if tool is not None and folder.is_dir():
        subprocess.run([tool, "-q", str(folder)], check=False, capture_output=True, timeout=60)  # noqa: S603


def _program() -> Path:
    """The GUI script beside the running interpreter, else the one on the path.

    Raises:
        CaseError: There is none.
    """
    beside = Path(sys.executable).with_name(_NAME)
    if beside.exists():
        return beside
    found = shutil.which(_NAME)
    if found is None:
        raise CaseError(Message.of("commands.no_program", name=_NAME))
    return Path(found)


def desktop_entry(program: Path) -> str:
    """The desktop entry that starts `program`, for this person's folders and for the Debian package alike."""
    return "\n".join(
        (
            "[Desktop Entry]",
            "Type=Application",
            "Version=1.4",
            "Name=APNet Desktop",
            "GenericName=Pancreatitis recurrence risk",
            "GenericName[zh_CN]=胰腺炎复发风险",
            "Comment=Recurrence risk after acute pancreatitis from CT and clinical factors",
            "Comment[zh_CN]=由 CT 与临床因素估计急性胰腺炎复发风险",
            f"Exec={_quoted(program)} %f",
            f"TryExec={program}",
            f"Icon={_NAME}",
            "Terminal=false",
            "Categories=Science;MedicalSoftware;",
            "MimeType=application/dicom;inode/directory;application/zip;",
            f"StartupWMClass={_NAME}",
            "",
        )
    )


def _quoted(program: Path) -> str:
    """The path as an argument of Exec: quoted, with the characters escaped that the specification names."""
    text = str(program)
    for character in ("\\", '"', "`", "$"):
        text = text.replace(character, f"\\{character}")
    return '"' + text.replace("\\", "\\\\").replace("%", "%%") + '"'
