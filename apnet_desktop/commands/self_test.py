"""`--self-test`: the simulated demo case from its files to a checked report, with a sentence for each part that fails.

What a hospital's IT runs after an installation. Every part is tried, so that one fault does not hide another; nothing
of the person's is read or written but a probe of the case folder.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apnet_desktop.commands.headless import Headless, bundle_folder
from apnet_desktop.commands.output import Output
from apnet_desktop.commands.self_test_parts import (
    SelfTestRun,
    try_bundle,
    try_device,
    try_fonts,
    try_golden,
    try_libraries,
    try_report,
    try_risk,
    try_store,
)
from apnet_desktop.errors import KnownError
from apnet_desktop.language import Message, text
from apnet_desktop.version import APPLICATION_VERSION
from apnet_desktop.worker.client import Fault

__all__ = ["Part", "self_test"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """What was found of one part.

    Attributes:
        name: Id of its name in the catalogue, without the room.
        good: True if it works.
        message: What was found, or what fails and what to do.
    """

    name: str
    good: bool
    message: Message


def self_test(device: str, bundle: Path | None, output: Output, screen: Callable[[], str] | None = None) -> bool:
    """Tries every part and prints what was found; True if all work.

    Args:
        device: auto, cpu or cuda.
        bundle: Folder of the bundle; None takes the one that ships.
        output: Where it is printed.
        screen: Shows a window for a moment and gives Qt's name of the window system (`gui.screen_test.try_screen`);
            None leaves that part out. This room does without Qt.
    """
    folder = Path(tempfile.mkdtemp(prefix="apnet-self-test-"))
    run = SelfTestRun(folder, bundle_folder(bundle), device, output.language)
    parts: list[Part] = []

    def tried(name: str, part: Callable[[], Message]) -> None:
        output.progress(text(f"commands.self_test_{name}", output.language), None)
        parts.append(_tried(name, part))

    try:
        tried("libraries", try_libraries)
        if screen is not None:
            tried("screen", lambda: Message.of("commands.self_test_screen_good", system=screen()))
        tried("fonts", try_fonts)
        tried("bundle", lambda: try_bundle(run))
        with Headless() as headless:
            headless.inference.client.start()
            tried("device", lambda: try_device(run, headless))
            tried("golden", lambda: try_golden(run, headless))
            tried("risk", lambda: try_risk(run, headless))
            tried("report", lambda: try_report(run, headless))
        tried("store", lambda: try_store(run))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    output.progress("", 1.0)
    _print(parts, output)
    return all(part.good for part in parts)


def _tried(name: str, part: Callable[[], Message]) -> Part:
    try:
        return Part(name, True, part())
    except KnownError as error:
        return Part(name, False, error.message)
    except Fault as error:
        return Part(name, False, Message.of("commands.self_test_fault", name=str(error)))
    except Exception as error:  # noqa: BLE001 - a part that breaks is what a self-test is for; the log has the place
        _log.error("self-test of %s failed", name, exc_info=error)
        return Part(name, False, Message.of("commands.self_test_fault", name=type(error).__name__))


def _print(parts: list[Part], output: Output) -> None:
    language = output.language
    good = all(part.good for part in parts)
    output.value(
        {
            "good": good,
            "version": APPLICATION_VERSION,
            "parts": [
                {"part": part.name, "good": part.good, "id": part.message.id, "text": part.message.text(language)}
                for part in parts
            ],
        }
    )
    for part in parts:
        name = text(f"commands.self_test_{part.name}", language)
        output.raw(f"{'✓' if part.good else '✕'} {name}: {part.message.text(language)}")
    output.line("commands.self_test_passed" if good else "commands.self_test_failed", version=APPLICATION_VERSION)
