"""What Windows and macOS want to be told of a program: version resource, document types."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

__all__ = [
    "macos_bundle_arguments",
    "macos_property_list",
    "windows_runtime_libraries",
    "windows_version_file",
    "windows_version_text",
]

_IDENTIFIER = "org.apnet.desktop"
# vcomp140 is LightGBM's.
_WINDOWS_RUNTIME = ("msvcp140.dll", "msvcp140_1.dll", "vcomp140.dll", "vcruntime140.dll", "vcruntime140_1.dll")
_VERSION_TEXT = """VSVersionInfo(
  ffi=FixedFileInfo(
    filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0x0, OS=0x40004, fileType=0x1, subtype=0x0
  ),
  kids=[
    StringFileInfo([StringTable('040904B0', [
      StringStruct('CompanyName', 'APNet Desktop'),
      StringStruct('FileDescription', '{description}'),
      StringStruct('FileVersion', '{version}'),
      StringStruct('InternalName', '{name}'),
      StringStruct('LegalCopyright', 'Apache-2.0'),
      StringStruct('OriginalFilename', '{name}.exe'),
      StringStruct('ProductName', 'APNet Desktop'),
      StringStruct('ProductVersion', '{version}')])]),
    VarFileInfo([VarStruct('Translation', [1033, 1200])])
  ]
)
"""


def windows_version_text(name: str, release: str) -> str:
    """The version resource of one program, as PyInstaller reads it.

    Args:
        name: The program's name without `.exe`.
        release: The application's version, numbers with dots.
    """
    numbers = tuple((*(int(part) for part in release.split(".")[:4]), 0, 0, 0, 0)[:4])
    description = "APNet Desktop" if name == "apnet-desktop" else "APNet Desktop, command line"
    return _VERSION_TEXT.format(numbers=numbers, description=description, version=release, name=name)


def windows_version_file(folder: Path, name: str) -> str:
    """Writes `windows_version_text` into `folder` and gives the file's path."""
    path = folder / f"{name}-version.txt"
    path.write_text(windows_version_text(name, version("apnet-desktop")), encoding="utf-8")
    return str(path)


def windows_runtime_libraries(redistributable: Path | None = None) -> list[tuple[str, str]]:
    """Microsoft's C++ and OpenMP runtime, put beside the program (app-local): its own installer asks for rights.

    Args:
        redistributable: `x64` in the folder `VCToolsRedistDir` of a Visual Studio command prompt; None asks for it.

    Returns:
        Source and place of each, for PyInstaller.

    Raises:
        FileNotFoundError: A library is not there.
    """
    folder = redistributable or Path(os.environ.get("VCTOOLSREDISTDIR", "")) / "x64"
    found = []
    for name in _WINDOWS_RUNTIME:
        matches = sorted(folder.glob(f"Microsoft.VC*/{name}"))
        if not matches:
            raise FileNotFoundError(f"{name}: build in a Visual Studio command prompt, which sets VCToolsRedistDir")
        found.append((str(matches[-1]), "."))
    return found


def macos_property_list(release: str) -> dict[str, object]:
    """`Info.plist`: what the Finder may open with the application.

    Apple, Information Property List: CFBundleDocumentTypes, UTImportedTypeDeclarations.
    """
    return {
        "CFBundleDisplayName": "APNet Desktop",
        "CFBundleShortVersionString": release,
        "CFBundleVersion": release,
        "LSApplicationCategoryType": "public.app-category.medical",
        "LSMinimumSystemVersion": "13.0",
        "NSHighResolutionCapable": True,
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "DICOM file",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": ["org.nema.dicom"],
            },
            {
                "CFBundleTypeName": "Folder",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": ["public.folder", "public.zip-archive"],
            },
        ],
        "UTImportedTypeDeclarations": [
            {
                "UTTypeIdentifier": "org.nema.dicom",
                "UTTypeDescription": "DICOM file",
                "UTTypeConformsTo": ["public.data", "public.image"],
                "UTTypeTagSpecification": {
                    "public.filename-extension": ["dcm", "dicom"],
                    "public.mime-type": "application/dicom",
                },
            }
        ],
    }


def macos_bundle_arguments(folder: Path) -> dict[str, object]:
    """Arguments of PyInstaller's BUNDLE.

    Args:
        folder: Where `apnet.icns` lies.
    """
    release = version("apnet-desktop")
    return {
        "name": "APNet Desktop.app",
        "icon": str(folder / "apnet.icns"),
        "bundle_identifier": _IDENTIFIER,
        "version": release,
        "info_plist": macos_property_list(release),
    }
