"""Where the files that ship with the application lie, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

__all__ = ["manual_folder", "models_folder", "resources_folder"]

_PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    installed = _PACKAGE / "data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def resources_folder() -> Path:
    """Icons, translations, the default factor schema, the demo case recipe."""
    return _shipped("resources")


def models_folder() -> Path:
    """The model bundles that ship."""
    return _shipped("models")


def manual_folder() -> Path:
    """The manual: a folder of Markdown a language, and pictures."""
    installed = _PACKAGE / "data" / "manual"
    return installed if installed.is_dir() else _PACKAGE.parent / "docs" / "manual"
