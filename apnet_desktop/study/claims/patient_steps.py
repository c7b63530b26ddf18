"""Steps over patients: rendering and features, in pieces of minutes, done only where a result still needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from apnet_desktop.errors import BundleError
from apnet_desktop.study.claims.patients import PATIENT_SECONDS, PatientStore, Population
from apnet_desktop.study.claims.steps import Step, Steps

__all__ = ["PatientSteps"]

_PIECE = 250


@dataclass(frozen=True)
class PatientSteps:
    """Makes such steps.

    Attributes:
        store: Patients and their features by the bundle's network.
        steps: Tells which results are there.
    """

    store: PatientStore
    steps: Steps

    def patients(self, population: Population, serves: tuple[str, ...], start: int = 0) -> list[Step]:
        """Rendering and features of a population's patients from `start`, in pieces, for the steps `serves`."""
        features = self.features("", lambda: self.store, population, serves, start)
        return [*self.rendering(population, serves, start), *features]

    def rendering(self, population: Population, serves: tuple[str, ...], start: int = 0) -> list[Step]:
        """Rendering alone, for features by another network."""
        steps = []
        for first, stop in _pieces(population, start):
            steps.append(
                Step(
                    name=f"render-{population.name}-{first}-{stop}",
                    words=f"render {population.name}, patients {first} to {stop - 1}",
                    seconds=PATIENT_SECONDS[0] * (stop - first),
                    make=partial(_made, self.store.render, population, first, stop),
                    heavy=True,
                    ready=partial(self._ready, serves, lambda: self.store.rendered, population, first, stop),
                )
            )
        return steps

    def features(
        self,
        name: str,
        store: Callable[[], PatientStore],
        population: Population,
        serves: tuple[str, ...],
        start: int = 0,
    ) -> list[Step]:
        """Features by a network; a variant's bundle is opened only when its step comes."""
        steps = []
        for first, stop in _pieces(population, start):

            def make(first: int = first, stop: int = stop) -> dict[str, int]:
                return _made(store().extract, population, first, stop)

            steps.append(
                Step(
                    name=f"features{name}-{population.name}-{first}-{stop}",
                    words=f"features{name.replace('-', ' of ')}: {population.name}, patients {first} to {stop - 1}",
                    seconds=PATIENT_SECONDS[1] * (stop - first),
                    make=make,
                    heavy=True,
                    ready=partial(self._ready, serves, lambda: store().extracted, population, first, stop),
                )
            )
        return steps

    def _ready(
        self,
        serves: tuple[str, ...],
        there: Callable[[], Callable[[Population, int, int], bool]],
        population: Population,
        first: int,
        stop: int,
    ) -> bool:
        """True if the patients are there, or everything that needs them is done: results travel without them."""
        if all(self.steps.kept(name) is not None for name in serves):
            return True
        try:
            return there()(population, first, stop)
        except BundleError:
            return False  # a variant that is not written yet


def _pieces(population: Population, start: int = 0) -> list[tuple[int, int]]:
    return [(first, min(first + _PIECE, population.count)) for first in range(start, population.count, _PIECE)]


def _made(make: Any, population: Population, first: int, stop: int) -> dict[str, int]:
    make(population, first, stop)
    return {"patients": stop - first}
