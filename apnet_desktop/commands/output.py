"""How every command speaks and ends: text or JSON on stdout, refusals on stderr, exit codes 0, 1, 2 and 3."""

from __future__ import annotations

import functools
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import typer

from apnet_desktop.errors import KnownError, Stopped
from apnet_desktop.language import Language, Message, text
from apnet_desktop.worker.client import Fault

__all__ = ["FAULT", "REFUSED", "STOPPED", "Output", "command", "log_path"]

REFUSED = 1
FAULT = 3
STOPPED = 130

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)
_log_file: Path | None = None


class Output:
    """Where a command writes.

    Args:
        as_json: True for one JSON object instead of text.
        language: Of the text.
    """

    def __init__(self, as_json: bool, language: Language = Language.ENGLISH) -> None:
        self.as_json = as_json
        self.language = language

    def line(self, id: str, **values: str | int | float) -> None:
        """Prints a sentence of the catalogue, unless JSON was asked for."""
        if not self.as_json:
            sys.stdout.write(text(id, self.language, **values) + "\n")

    def raw(self, words: str) -> None:
        """Prints words that are no sentence of ours, unless JSON was asked for."""
        if not self.as_json:
            sys.stdout.write(words + "\n")

    def value(self, content: dict[str, Any]) -> None:
        """Prints the JSON object, if it was asked for."""
        if self.as_json:
            sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")

    def progress(self, words: str, fraction: float | None) -> None:
        """Shows how far a job is, on stderr, where a person looks at it."""
        if self.as_json or not sys.stderr.isatty():
            return
        shown = "" if fraction is None else f" {100 * fraction:3.0f}%"
        sys.stderr.write(f"\r\x1b[2K{words}{shown}")
        if fraction is not None and fraction >= 1:
            sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()


def log_path() -> Path | None:
    """Where this call's log lies; None if it could not be started."""
    return _log_file


def _start_log() -> None:
    global _log_file  # noqa: PLW0603 - one log a process
    from apnet_desktop.cases.log import start_logging

    try:
        _log_file = start_logging()
    except KnownError:
        _log_file = None  # a read-only home must not stop a prediction


def command(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a command end as the design says: what the world did is a sentence and 1, a bug the log's path and 3."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        _start_log()
        try:
            return function(*args, **kwargs)
        except KnownError as error:
            language = kwargs.get("lang")
            spoken = language if isinstance(language, Language) else Language.ENGLISH
            _refuse(error.message, spoken, as_json=bool(kwargs.get("as_json")))
            raise typer.Exit(REFUSED) from None
        except (Stopped, KeyboardInterrupt):
            raise typer.Exit(STOPPED) from None
        except (typer.Exit, typer.BadParameter):
            raise  # a wrong call is typer's to tell, with exit code 2
        except Fault as error:
            _tell_fault(str(error))
        except Exception as error:  # noqa: BLE001 - a bug: it is logged and told, never shown as a traceback
            _log.error("fault in a command", exc_info=error)
            _tell_fault(type(error).__name__)
        raise typer.Exit(FAULT)

    return wrapped


def _refuse(message: Message, language: Language, as_json: bool) -> None:
    sys.stderr.write(message.text(language) + "\n")
    if as_json:
        refusal = {"refused": {"id": message.id, "values": message.values, "text": message.text(language)}}
        sys.stdout.write(json.dumps(refusal, ensure_ascii=False) + "\n")


def _tell_fault(name: str) -> None:
    where = str(_log_file) if _log_file is not None else "-"
    sys.stderr.write(text("commands.fault", name=name, log=where) + "\n")
