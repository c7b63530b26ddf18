"""The log: what the program did, without a word of what it did it to. No patient data can get into it."""

from __future__ import annotations

import logging
import logging.handlers
import os
import time
import traceback
from pathlib import Path
from types import TracebackType

from apnet_desktop.cases.files import known_errors, private_folder, user_log_folder
from apnet_desktop.errors import KnownError
from apnet_desktop.language import Message

__all__ = ["RedactingFormatter", "describe_exception", "redact_last_resort", "start_logging"]

_FILE_BYTES = 1_000_000
_FILES = 5
_PACKAGE = "apnet_desktop"
_WITHHELD = "<withheld>"


class RedactingFormatter(logging.Formatter):
    """Formats a record from what cannot hold patient data only.

    Kept: time, level, logger, the message's template, numbers that were filled in, a `Message`'s id, an exception's
    type and where in the code it arose. Withheld: every text that was filled in, and exceptions' own words (a KeyError
    quotes its key, a ValueError its value). From other libraries, whose templates are often filled in beforehand,
    only the place in their code is kept.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the place of the exception below it."""
        clean = logging.LogRecord(
            record.name, record.levelno, record.pathname, record.lineno, _safe_message(record), None, None
        )
        clean.created, clean.msecs = record.created, record.msecs
        line = super().format(clean)
        if record.exc_info and record.exc_info[1] is not None:
            line += "\n" + describe_exception(record.exc_info[1])
        return line


def describe_exception(error: BaseException) -> str:
    """Type and places of an exception and of what caused it, without its words.

    A known error is named by the id of its sentence.
    """
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        name = f"{type(current).__module__}.{type(current).__qualname__}"
        lines.append(f"  {name} {current.message.id}" if isinstance(current, KnownError) else f"  {name}")
        lines += _places(current.__traceback__)
        current = current.__cause__ or current.__context__
    return "\n".join(lines)


def redact_last_resort() -> None:
    """Makes what Python prints to the terminal while no log is open yet as silent on patients as the log."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(RedactingFormatter())


def start_logging(folder: Path | None = None, level: int = logging.INFO) -> Path:
    """Sends the whole program's log to a rotating file, for its owner only, and gives the file's path.

    Args:
        folder: Where; the user's log folder if None.
        level: Least level that is kept.

    Raises:
        CaseError: The folder cannot be written.
    """
    redact_last_resort()
    path = private_folder(folder or user_log_folder()) / "apnet-desktop.log"
    with known_errors(path):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        handler = _PrivateFileHandler(path, maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8")
    handler.setFormatter(RedactingFormatter())
    handler.setLevel(level)
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _PrivateFileHandler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    if root.level > level or root.level == logging.NOTSET:
        root.setLevel(level)
    return path


class _PrivateFileHandler(logging.handlers.RotatingFileHandler):
    """A rotating file for its owner only; a full disk costs log lines, never the program."""

    def _open(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - typeshed names a private type
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, self.mode, encoding=self.encoding)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Drops a record that cannot be written; the default would print it, unredacted, to the terminal."""


def _safe_message(record: logging.LogRecord) -> str:
    if isinstance(record.msg, Message):
        return record.msg.id
    if isinstance(record.msg, BaseException):
        return describe_exception(record.msg).strip()
    if record.name != _PACKAGE and not record.name.startswith(_PACKAGE + "."):
        return f"{Path(record.pathname).name}:{record.lineno}"
    if not isinstance(record.args, tuple) or not record.args:
        return str(record.msg)
    try:
        return str(record.msg) % tuple(_safe_value(value) for value in record.args)
    except (TypeError, ValueError):
        return str(record.msg)


def _safe_value(value: object) -> object:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Message):
        return value.id
    if isinstance(value, KnownError):
        return value.message.id
    if isinstance(value, type):
        return value.__qualname__
    return type(value).__name__ if isinstance(value, BaseException) else _WITHHELD


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)
    return [f"    {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]
