"""What a person can send to whoever helps them: versions, health and the last log lines, without patient data."""

from __future__ import annotations

import platform
import sqlite3
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from apnet_desktop.cases.files import user_log_folder
from apnet_desktop.cases.listing import CaseQuery, CaseState
from apnet_desktop.cases.settings import Settings
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.errors import CaseError

__all__ = ["diagnostics"]

_PACKAGES = (
    "apnet-desktop", "PySide6-Essentials", "openvino", "numpy", "pydicom", "imagecodecs", "torch", "timm", "lightgbm",
    "reportlab", "pydantic",
)  # fmt: skip
_LOG_LINES = 60


def diagnostics(
    store: CaseStore | None, settings: Settings, log_folder: Path | None = None, extra: dict[str, str] | None = None
) -> str:
    """Plain text for the clipboard. In English, because whoever helps may not read the user's language.

    Args:
        store: The open store, None if it could not be opened.
        settings: The settings; the reviewer's name and the base rate's source stay out.
        log_folder: Where the log lies; the user's own if None.
        extra: More lines, such as the device that was found.
    """
    lines = [f"{name} {_version(name)}" for name in _PACKAGES]
    lines += [f"Python {sys.version.split()[0]}", f"SQLite {sqlite3.sqlite_version}", f"System {platform.platform()}"]
    lines += [f"{key}: {value}" for key, value in (extra or {}).items()]
    shown = settings.model_dump(mode="json", exclude={"reviewer", "base_rate", "bundle"})
    lines += [f"Setting {key}: {value}" for key, value in shown.items()]
    lines.append(f"Setting bundle: {'own' if settings.bundle else 'shipped'}")
    lines.append(f"Setting base_rate: {'site' if settings.base_rate else 'bundle'}")
    lines += _store_lines(store)
    lines += ["", "Log:", *_log_tail(log_folder or user_log_folder())]
    home = str(Path.home())
    return "\n".join(lines).replace(home, "~") if len(home) > 1 else "\n".join(lines)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _store_lines(store: CaseStore | None) -> list[str]:
    if store is None:
        return ["Case store: not open"]
    try:
        counts = {state.value: store.count_cases(CaseQuery(state=state)) for state in CaseState}
        faults = store.health()
        audit = store.audit.verify()
    except CaseError as error:
        return [f"Case store: {error.message.id}"]
    return [
        f"Case store: {counts}, {'sound' if not faults else f'{len(faults)} faults'}",
        f"Audit trail: {audit.entries} entries, {len(audit.faults)} faults, head {audit.head[:16]}",
    ]


def _log_tail(folder: Path) -> list[str]:
    path = folder / "apnet-desktop.log"
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    except OSError:
        return ["(no log)"]
