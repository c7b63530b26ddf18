"""Long work of the study in processes side by side, and the lines that tell how it goes."""

from __future__ import annotations

import subprocess
import sys
import time

__all__ = ["run_modules", "say"]


def say(sentence: str) -> None:
    """A line on standard output, with the time of day."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")
    sys.stdout.flush()


def run_modules(commands: list[list[str]]) -> None:
    """Runs modules of the study at the same time, each in a process of its own, and waits for all of them.

    Args:
        commands: Name of the module and its arguments, one list a process.

    Raises:
        RuntimeError: One of them failed; its own message stands above.
    """
    running = [subprocess.Popen([sys.executable, "-m", *command]) for command in commands]  # noqa: S603 - our modules
    try:
        failed = [process.wait() for process in running]
    finally:
        for process in running:
            process.terminate()
    if any(failed):
        raise RuntimeError(f"{commands[0][0]} failed; its message stands above")
