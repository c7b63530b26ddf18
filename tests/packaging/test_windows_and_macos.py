"""What cannot be run here is read: Windows' installer, its version resource and runtime, macOS' property list."""

from __future__ import annotations

import ast
import configparser
import plistlib
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from packager.icons import make_icons
from packager.platforms import (
    macos_bundle_arguments,
    macos_property_list,
    windows_runtime_libraries,
    windows_version_text,
)
from PIL import Image

_PACKAGING = Path(__file__).parents[2] / "packaging"


def _sections() -> dict[str, list[str]]:
    """The installer's script by section; comments and the preprocessor's lines left out."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in (_PACKAGING / "windows" / "apnet-desktop.iss").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
            found[name] = []
        elif line.strip() and not line.startswith((";", "#", "  #")):
            found[name].append(line)
    return found


def _entries(section: str) -> list[dict[str, str]]:
    """`Key: value; Key: "quoted"` lines as Inno Setup reads them: a doubled quote inside quotes is one."""
    found = []
    for line in _sections()[section]:
        pairs = re.findall(r'(\w+):\s*("(?:[^"]|"")*"|[^;]*)', line)
        found.append(
            {key: value[1:-1].replace('""', '"') if value.startswith('"') else value.strip() for key, value in pairs}
        )
    return found


def test_the_installer_needs_no_administrator_and_has_a_silent_mode() -> None:
    setup = configparser.ConfigParser(interpolation=None, delimiters="=", strict=True)
    setup.read_string("[Setup]\n" + "\n".join(_sections()["Setup"]))
    wanted = setup["Setup"]
    assert wanted["PrivilegesRequired"] == "lowest"
    assert wanted["DefaultDirName"].startswith("{localappdata}\\")
    assert re.fullmatch(r"\{\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", wanted["AppId"])
    assert wanted["ChangesAssociations"] == "yes"
    assert wanted["CloseApplications"] == "yes"
    assert (_PACKAGING / "windows" / wanted["LicenseFile"].replace("\\", "/")).resolve().is_file()
    # Silent: nothing that waits for a person runs, and nothing starts by itself.
    assert all("skipifsilent" in entry["Flags"] for entry in _entries("Run"))


def test_a_folder_and_a_dicom_file_open_in_the_program() -> None:
    registry = _entries("Registry")
    assert all(entry["Root"] == "HKA" for entry in registry)  # HKCU for a person, without rights
    commands = {entry["Subkey"]: entry["ValueData"] for entry in registry if entry["Subkey"].endswith("\\command")}
    program = '"{app}\\apnet-desktop.exe"'
    assert commands["Software\\Classes\\Directory\\shell\\APNet\\command"] == f'{program} "%1"'
    assert commands["Software\\Classes\\Directory\\Background\\shell\\APNet\\command"] == f'{program} "%V"'
    assert commands["Software\\Classes\\APNet.dicom\\shell\\open\\command"] == f'{program} "%1"'
    offered = next(entry for entry in registry if entry["Subkey"] == "Software\\Classes\\.dcm\\OpenWithProgids")
    assert offered["ValueName"] == "APNet.dicom"
    # The default viewer of .dcm is never taken over.
    assert not any(entry["Subkey"] == "Software\\Classes\\.dcm" for entry in registry)
    # Every key of our own goes with the program: it or a key above it is deleted, or its value is.
    deleted = [entry["Subkey"] for entry in registry if "uninsdeletekey" in entry.get("Flags", "")]
    for entry in registry:
        own_value = "uninsdeletevalue" in entry.get("Flags", "")
        assert own_value or any(f"{entry['Subkey']}\\".startswith(f"{key}\\") for key in deleted), entry


def test_an_update_removes_the_older_program_and_never_the_cases() -> None:
    assert _entries("InstallDelete") == [{"Type": "filesandordirs", "Name": "{app}\\_internal"}]
    assert "UninstallDelete" not in _sections()
    everything = (_PACKAGING / "windows" / "apnet-desktop.iss").read_text(encoding="utf-8")
    code = [line for line in everything.splitlines() if not line.startswith(";")]
    assert not any("{localappdata}\\apnet-desktop" in line for line in code)
    assert not re.search(r"https?://", "\n".join(code))  # nothing is fetched


def test_the_version_resource_is_what_pyinstaller_reads() -> None:
    text = windows_version_text("apnet-desktop", "1.2.3")
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Name)
    assert call.func.id == "VSVersionInfo"
    assert "filevers=(1, 2, 3, 0)" in text
    assert "'ProductVersion', '1.2.3'" in text
    assert "'OriginalFilename', 'apnet.exe'" in windows_version_text("apnet", "1.2.3")


def test_the_runtime_of_visual_c_lies_beside_the_program(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="VCToolsRedistDir"):
        windows_runtime_libraries(tmp_path)
    for folder, names in {
        "Microsoft.VC143.CRT": ("msvcp140.dll", "msvcp140_1.dll", "vcruntime140.dll", "vcruntime140_1.dll"),
        "Microsoft.VC143.OpenMP": ("vcomp140.dll",),
    }.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).touch()
    found = windows_runtime_libraries(tmp_path)
    assert {Path(source).name for source, _ in found} >= {"msvcp140.dll", "vcomp140.dll", "vcruntime140_1.dll"}
    assert {place for _, place in found} == {"."}


def test_the_property_list_offers_dicom_files_and_folders(tmp_path: Path) -> None:
    file = tmp_path / "Info.plist"
    file.write_bytes(plistlib.dumps(macos_property_list("1.2.3")))
    found = plistlib.loads(file.read_bytes())
    types = {name for one in found["CFBundleDocumentTypes"] for name in one["LSItemContentTypes"]}
    assert {"org.nema.dicom", "public.folder"} <= types
    assert all(one["LSHandlerRank"] == "Alternate" for one in found["CFBundleDocumentTypes"])
    (imported,) = found["UTImportedTypeDeclarations"]
    assert imported["UTTypeIdentifier"] == "org.nema.dicom"
    assert imported["UTTypeTagSpecification"]["public.mime-type"] == "application/dicom"
    assert found["LSApplicationCategoryType"] == "public.app-category.medical"
    assert found["NSHighResolutionCapable"] is True
    assert macos_bundle_arguments(tmp_path)["version"] == version("apnet-desktop")
    plistlib.loads((_PACKAGING / "macos" / "entitlements.plist").read_bytes())


def test_icons_of_windows_and_macos_are_made_from_the_one_picture(qapp: object, tmp_path: Path) -> None:
    make_icons(_PACKAGING.parent / "resources" / "icons" / "apnet.svg", tmp_path)
    with Image.open(tmp_path / "apnet.ico") as icon:
        assert {(16, 16), (256, 256)} <= icon.info["sizes"]
    with Image.open(tmp_path / "apnet.icns") as icon:
        assert max(size[0] for size in icon.info["sizes"]) >= 512


def test_what_was_not_run_is_written_down_with_the_steps() -> None:
    words = (_PACKAGING / "UNTESTED.md").read_text(encoding="utf-8")
    for step in ("张三", "/VERYSILENT", "self-test", "Open with APNet", "notarisation", "pip-audit --strict"):
        assert step in words
