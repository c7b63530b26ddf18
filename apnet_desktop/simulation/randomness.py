"""Random streams that do not depend on order, process or machine."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

__all__ = ["Stream", "generator"]


class Stream(IntEnum):
    """What a stream is for. A number never changes its meaning: patients must stay what they were."""

    PATIENT = 1
    ANATOMY = 2
    NOISE = 3
    OUTCOME = 4
    TEXTURE = 5
    IDENTIFIERS = 6
    POPULATION = 7


def generator(seed: int, index: int, stream: Stream, part: int = 0) -> np.random.Generator:
    """The PCG64 generator of one stream of one patient (or one slice of it, by `part`).

    PCG64 and SeedSequence are defined bit for bit by NumPy, so the integers of a stream are equal on every machine.
    """
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(index, int(stream), part))
    return np.random.Generator(np.random.PCG64(sequence))
