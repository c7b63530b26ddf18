"""How often a bundle's check of likeness flags: real CTs and fresh simulated patients, for its evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.volume import CtVolume
from apnet_desktop.errors import KnownError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.model.compute import choose_compute
from apnet_desktop.model.features import pool_slices
from apnet_desktop.model.inputs import ModelInputs, prepare_inputs
from apnet_desktop.model.predict import Predictor
from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.study.simulated_inputs import simulated_inputs

__all__ = ["DistributionEvidence", "SeriesDistance", "central_roi", "distribution_evidence"]

# mm: half axes along (z, y, x) of an ellipsoid of about 75 mL, the size of a pancreas.
_HALF_AXES = (28.0, 16.0, 40.0)
_TISSUE = -300  # HU; below it lies air


class SeriesDistance(FrozenModel):
    """One real series: its folder, number and distance over the limit (above 1 it is flagged)."""

    folder: str
    series: str
    distance: float


class DistributionEvidence(FrozenModel):
    """What was flagged.

    Attributes:
        series: Real series that could be read.
        unreadable: Real series that could not, or hold no body to lay a ROI into.
        simulated: Fresh simulated patients.
        simulated_flagged: Of them.
        seed: Of the simulated patients.
    """

    series: tuple[SeriesDistance, ...]
    unreadable: int
    simulated: int
    simulated_flagged: int
    seed: int

    @property
    def series_flagged(self) -> int:
        """Real series that were flagged."""
        return sum(one.distance > 1 for one in self.series)


def distribution_evidence(
    bundle: Bundle, folders: Sequence[Path], simulated: int, seed: int, tell: Callable[[float], None] = lambda _: None
) -> DistributionEvidence:
    """Runs the network over each series of `folders` and over fresh simulated patients.

    A real CT has no outline of its pancreas here: a ROI of a pancreas's size lies in the middle of the body. That is
    close to the organ in an abdomen, and the check must flag these CTs wherever one draws.

    Args:
        bundle: The bundle; none of these patients may have been used for it.
        folders: CT folders, searched for every series that can be read.
        simulated: Number of fresh patients.
        seed: Theirs.
        tell: Told the share that is done.
    """
    predictor = Predictor(bundle, choose_compute("auto", bundle.manifest))
    recipe, found, unreadable = bundle.manifest.ct, [], 0
    for place, folder in enumerate(folders):
        for volume in _volumes(folder):
            roi = None if volume is None else central_roi(volume)
            if volume is None or roi is None:
                unreadable += 1
                continue
            try:
                distance = _distance(predictor, prepare_inputs(volume, roi, recipe))
            except KnownError:
                unreadable += 1
                continue
            found.append(SeriesDistance(folder=folder.name, series=volume.series.description, distance=distance))
        tell(0.3 * (place + 1) / len(folders))
    flagged = 0
    for index in range(simulated):
        flagged += _distance(predictor, simulated_inputs(simulate_patient(seed, index), recipe)) > 1
        tell(0.3 + 0.7 * (index + 1) / simulated)
    return DistributionEvidence(
        series=tuple(found), unreadable=unreadable, simulated=simulated, simulated_flagged=flagged, seed=seed
    )


def central_roi(volume: CtVolume) -> Roi | None:
    """A ROI of a pancreas's size and shape in the middle of the body; None where there is no body."""
    body = volume.hounsfield > _TISSUE
    middle = body.shape[0] // 2
    rows, columns = np.nonzero(body[middle])
    if len(rows) == 0:
        return None
    centre = (float(middle), float(rows.mean()), float(columns.mean()))
    steps = tuple(reversed(volume.geometry.spacing))
    axes = np.ogrid[tuple(slice(0, length) for length in body.shape)]
    parts = zip(axes, centre, steps, _HALF_AXES, strict=True)
    squares = (((axis - middle) * step / half) ** 2 for axis, middle, step, half in parts)
    mask: NDArray[np.bool_] = np.asarray(sum(squares) <= 1.0)
    return Roi(mask, volume.geometry) if mask.any() else None


def _volumes(folder: Path) -> Iterator[CtVolume | None]:
    """Each series of a folder; None for one that cannot be read."""
    try:
        series = scan(folder).series
    except KnownError:
        yield None
        return
    for summary in series:
        try:
            yield read_series(summary, lambda shape: np.zeros(shape, np.int16)) if summary.readable else None
        except KnownError:
            yield None


def _distance(predictor: Predictor, inputs: ModelInputs) -> float:
    pooled = pool_slices(predictor.extract(inputs))[None]
    return float(predictor.model.reference.distances(pooled)[0].max())
