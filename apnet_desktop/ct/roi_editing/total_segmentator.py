"""The adapter for TotalSegmentator, where a site has installed it with its weights.

It runs as a program of its own, so that its libraries stay out of this process, and it is never started without its
weights on the disk, because it would fetch them from the network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.grid_files import read_grid, write_grid
from apnet_desktop.ct.roi_editing.progress import Progress
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import CtError, RoiError
from apnet_desktop.language import Message

__all__ = ["TotalSegmentator"]

_PROGRAM = "TotalSegmentator"
_USUAL_SECONDS = 90.0
"""What progress is measured against: the program itself reports none."""

# The part of the "total" task that holds the pancreas, as the program names its folder of weights.
_WEIGHTS = "Dataset291_TotalSegmentator_part1_organs_1559subj"


class TotalSegmentator:
    """Runs the program on a copy of the volume and reads its pancreas.

    Args:
        program: Where the program lies.
    """

    name = "TotalSegmentator"

    def __init__(self, program: Path) -> None:
        self._program = program

    @classmethod
    def installed(cls) -> TotalSegmentator | None:
        """The adapter, if the program and its weights are there; None otherwise."""
        program = shutil.which(_PROGRAM)
        return cls(Path(program)) if program and (_weights_folder() / _WEIGHTS).is_dir() else None

    def segment(self, volume: CtVolume, progress: Progress) -> NDArray[np.bool_]:
        """The pancreas: bool (z, y, x) on the volume's grid.

        Raises:
            RoiError: The program failed, or its result lies on another grid.
            Stopped: The person cancelled.
        """
        with tempfile.TemporaryDirectory(prefix="apnet-segment-") as folder:
            source, result = Path(folder) / "ct.nii.gz", Path(folder) / "result"
            write_grid(volume.hounsfield, volume.geometry, source)
            self._run(source, result, progress)
            try:
                mask = read_grid(result / "pancreas.nii.gz").values > 0
            except CtError as error:
                raise RoiError(Message.of("roi.segmenter_failed", name=self.name)) from error
        if mask.shape != volume.geometry.shape:
            raise RoiError(Message.of("roi.segmenter_failed", name=self.name))
        return np.ascontiguousarray(mask, dtype=np.bool_)

    def _run(self, source: Path, result: Path, progress: Progress) -> None:
        command = [str(self._program), "-i", str(source), "-o", str(result), "--roi_subset", "pancreas"]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOTALSEG_DISABLE_STATISTICS": "1"}
        running = subprocess.Popen(  # noqa: S603 - a program that the site installed, with our own arguments
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        started = time.monotonic()
        try:
            while running.poll() is None:
                progress(min(0.95, (time.monotonic() - started) / _USUAL_SECONDS))
                time.sleep(0.2)
        finally:
            if running.poll() is None:
                running.kill()
                running.wait()
        if running.returncode != 0 or not (result / "pancreas.nii.gz").is_file():
            raise RoiError(Message.of("roi.segmenter_failed", name=self.name))


def _weights_folder() -> Path:
    named = os.environ.get("TOTALSEG_WEIGHTS_PATH")
    if named:
        return Path(named)
    home = Path(os.environ.get("TOTALSEG_HOME_DIR", Path.home() / ".totalsegmentator"))
    return home / "nnunet" / "results"
