"""Crash notes: what the last run left behind if it ended badly, shown at the next start."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO

from apnet_desktop.cases.files import known_errors, private_folder, user_log_folder, write_file
from apnet_desktop.cases.log import describe_exception, redact_last_resort
from apnet_desktop.frozen import FrozenModel

__all__ = ["CrashNote", "CrashWatch"]

_LOG = logging.getLogger(__name__)


class CrashNote(FrozenModel):
    """What a run that ended badly left.

    Attributes:
        time: When, UTC.
        text: Types and places in the code, native and Python; no patient data.
    """

    time: datetime
    text: str


class CrashWatch:
    """Notes a crash of this run, and finds the note of the last one.

    Native crashes (a signal in Qt or a driver) are written by `faulthandler`, which prints places in the code and no
    values; Python exceptions that nobody caught by `note`, which does the same.

    Args:
        folder: Where the notes lie; the user's log folder if None.

    Raises:
        CaseError: The folder cannot be written.
    """

    def __init__(self, folder: Path | None = None) -> None:
        redact_last_resort()
        self.folder = private_folder(folder or user_log_folder())
        self._native = self.folder / "crash-native.txt"
        self._python = self.folder / "crash-note.json"
        self._stream: IO[str] | None = None
        self.last = self._take()

    def start(self, on_crash: Callable[[CrashNote], None] | None = None) -> None:
        """Begins to watch.

        Args:
            on_crash: Called with the note of an exception that nobody caught, after it was written: the place to
                save what is open, tell the person and end.

        Raises:
            CaseError: The folder cannot be written.
        """
        with known_errors(self._native):
            descriptor = os.open(self._native, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._stream = os.fdopen(descriptor, "w", encoding="utf-8")
        faulthandler.enable(self._stream, all_threads=True)

        def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            if issubclass(kind, KeyboardInterrupt):
                sys.__excepthook__(kind, error, trace)
                return
            note = self.note(error)
            if on_crash is not None:
                on_crash(note)

        sys.excepthook = hook

    def note(self, error: BaseException) -> CrashNote:
        """Writes the note of an exception that nobody caught; a disk that refuses it does not stop the ending."""
        _LOG.critical("unexpected error", exc_info=error)
        note = CrashNote(time=datetime.now(UTC), text=describe_exception(error))
        with contextlib.suppress(Exception):
            write_file(self._python, note.model_dump_json().encode())
        return note

    def stop(self) -> None:
        """Ends the watch: the run ended well."""
        sys.excepthook = sys.__excepthook__
        if self._stream is not None:
            faulthandler.disable()
            self._stream.close()
            self._stream = None
            self._native.unlink(missing_ok=True)

    def _take(self) -> CrashNote | None:
        """The note of the last run; it is moved aside, so that it is shown once and can still be sent."""
        texts: list[str] = []
        time = datetime.now(UTC)
        with known_errors(self.folder):
            if self._python.exists():
                try:
                    note = CrashNote.model_validate_json(self._python.read_bytes())
                    time = note.time
                    texts.append(note.text)
                except ValueError:
                    texts.append("unreadable note")
                self._python.replace(self.folder / "last-crash-note.json")
            if self._native.exists() and self._native.stat().st_size:
                time = datetime.fromtimestamp(self._native.stat().st_mtime, UTC)
                texts.append(self._native.read_text(encoding="utf-8", errors="replace"))
                self._native.replace(self.folder / "last-crash-native.txt")
        return CrashNote(time=time, text="\n".join(texts)) if texts else None
