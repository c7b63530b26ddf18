"""The packaged application beside the source: time to a shown window, cold and warm. Needs `make package` before.

Both are started as a person starts them, without a path, and count as shown when the first window has been painted and
listens for later starts: the socket of `gui/single_instance` is made right after the first paint. Cold: the kernel is
asked to forget the files of either (`posix_fadvise`); it keeps those that another program has mapped.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.benchmarks.ratio import Ratio

__all__ = ["measure"]

_RUNS = 5
_SECONDS = 120
_ROOT = Path(__file__).parents[2]
_SOURCE = (sys.executable, "-m", "apnet_desktop.desktop")


def _packaged() -> Path | None:
    named = os.environ.get("APNET_PACKAGED")
    program = Path(named) if named else _ROOT / "dist" / "cpu" / "apnet-desktop" / "apnet-desktop"
    return program if program.is_file() else None


def _seconds_to_shown(command: Sequence[str]) -> float:
    folder = Path(tempfile.mkdtemp(prefix="apnet-bench-"))
    folder.chmod(0o700)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    environment |= {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    start = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        list(command), env=environment, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not any((folder / "apnet-desktop").glob("*.socket")):
            if process.poll() is not None or time.perf_counter() - start > _SECONDS:
                raise RuntimeError("the window was not shown")
            time.sleep(0.005)
        return time.perf_counter() - start
    finally:
        process.kill()
        process.wait()
        time.sleep(1.5)  # its processes notice and end, before the next start is measured
        shutil.rmtree(folder, ignore_errors=True)


def _forget(files: Iterable[Path]) -> None:
    """Asks the kernel to drop files from its cache."""
    for file in files:
        if file.is_file() and not file.is_symlink():
            descriptor = os.open(file, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def measure() -> list[Ratio]:
    """Ratios of the medians; runs alternate. Empty where no application has been built."""
    program = _packaged()
    if program is None or not hasattr(os, "posix_fadvise"):
        return []
    packages = Path(next(path for path in sys.path if path.endswith("site-packages")))
    ours = list(program.parent.rglob("*"))
    theirs = [file for name in ("PySide6", "numpy", "pydantic", "pydantic_core", "shiboken6", "apnet_desktop")
              for file in (packages / name).rglob("*")]  # fmt: skip
    theirs += list((_ROOT / "apnet_desktop").rglob("*"))
    found = []
    for how, forget in (("cold", True), ("warm", False)):
        packaged: list[float] = []
        source: list[float] = []
        for _ in range(_RUNS):
            for command, files, seconds in (((str(program),), ours, packaged), (_SOURCE, theirs, source)):
                if forget:
                    _forget(files)
                seconds.append(_seconds_to_shown(command))
        found.append(
            Ratio(
                f"window of the packaged application shown, {how}",
                statistics.median(packaged),
                statistics.median(source),
                goal=None,
                note=f"median of {_RUNS}; peer: the same window from source",
            )
        )
    return found
