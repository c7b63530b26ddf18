"""CT volumes as NIfTI and NRRD files, with their geometry. Python reads the bytes; no path goes to ITK."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.checks import Check, CheckState
from apnet_desktop.ct.acquisition_checks import contrast_check, grid_thickness_check
from apnet_desktop.ct.coverage import coverage_check, measure_content
from apnet_desktop.ct.file_names import readable_name
from apnet_desktop.ct.grid_files import Grid, read_grid, write_grid
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.vessels import phase_from_picture
from apnet_desktop.ct.volume import CtVolume, SeriesDescription
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["read_volume_file", "write_volume_file"]

_SAMPLES = 9


def read_volume_file(
    path: Path,
    requirements: CtRequirements | None = None,
    allocate: Callable[[tuple[int, int, int]], NDArray[np.int16]] | None = None,
) -> CtVolume:
    """The CT volume in a NIfTI (.nii, .nii.gz) or NRRD file, in the patient frame.

    Such files carry no identity: a person types in who it is.

    Args:
        path: The file.
        requirements: What the model asks of a CT.
        allocate: Gives a C-contiguous int16 array of the shape (z, y, x), in shared memory perhaps.

    Raises:
        CtError: The file cannot be read, is damaged, or does not hold Hounsfield units.
    """
    wanted = requirements or CtRequirements()
    grid = read_grid(path)
    if grid.values.ndim != 3:
        raise CtError(Message.of("ct.grid_not_volume", file=path.name))
    target = (allocate or _new_array)(grid.geometry.shape)
    rounded = _fill(grid, target, path.name)
    checks = [
        _values_check(target, path.name),
        grid_thickness_check(grid.geometry.spacing[2], wanted),
        Check(id="ct.identity", state=CheckState.WARNED, message=Message.of("ct.no_identity")),
    ]
    if rounded:
        checks.append(Check(id="ct.rescale", state=CheckState.WARNED, message=Message.of("ct.values_rounded")))
    step = max(1, target.shape[0] // _SAMPLES)
    samples = list(target[step // 2 :: step])
    pixel_spacing = (grid.geometry.spacing[1], grid.geometry.spacing[0])
    phase = phase_from_picture(samples, pixel_spacing)
    checks.append(contrast_check(phase, wanted))
    contents = [measure_content(values, pixel_spacing) for values in (target[0], *samples, target[-1])]
    checks.append(coverage_check(contents, grid.geometry.spacing[2] * grid.geometry.size[2]))
    volume = CtVolume(
        hounsfield=target,
        geometry=grid.geometry,
        identity=PatientIdentity(),
        series=SeriesDescription(series_uid="", description=readable_name(path.name), phase=phase),
        checks=tuple(checks),
    )
    # A UID of PS3.5 B.2 made from the content: the same volume is the same series wherever its file lies.
    uid = f"2.25.{int(volume.digest()[:32], 16)}"
    series = volume.series.model_copy(update={"series_uid": uid})
    return CtVolume(target, volume.geometry, volume.identity, series, volume.checks)


def _new_array(shape: tuple[int, int, int]) -> NDArray[np.int16]:
    return np.empty(shape, np.int16)


def _fill(grid: Grid, target: NDArray[np.int16], name: str) -> bool:
    """Writes HU slice by slice; returns True if some had to be rounded."""
    rounded = False
    for index in range(target.shape[0]):
        stored = grid.values[index]
        values = stored.astype(np.float64) * grid.slope + grid.intercept
        if not np.isfinite(values).all():
            raise CtError(Message.of("ct.grid_not_finite", file=name))
        near = np.rint(values)
        rounded = rounded or bool(np.abs(near - values).max() > 1e-3)
        target[index] = np.clip(near, -32768, 32767)
    return rounded


def _values_check(values: NDArray[np.int16], name: str) -> Check:
    """Hounsfield units reach down to air; MR intensities and offset exports do not."""
    if int(values.min()) > -200:
        return Check(id="ct.values", state=CheckState.REFUSED, message=Message.of("ct.no_air", file=name))
    return Check(id="ct.values", state=CheckState.PASSED, message=Message.of("ct.air_seen"))


def write_volume_file(volume: CtVolume, path: Path) -> None:
    """Writes a volume's HU and grid as NIfTI or NRRD by the file's name. No identity goes with it.

    Raises:
        CtError: The file cannot be written, or its name is of neither format.
    """
    write_grid(volume.hounsfield, volume.geometry, path)
