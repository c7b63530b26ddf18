"""`golden.json`: seeded inputs and what the bundle must give for them; `model/golden.py` runs them."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationError

from apnet_desktop.bundle.manifest import Probability
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.errors import BundleError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["GOLDEN_NAME", "GoldenCase", "GoldenReport", "GoldenValues", "parse_golden"]

GOLDEN_NAME = "golden.json"


class GoldenCase(FrozenModel):
    """One seeded patient.

    Attributes:
        seed: Of the volume, ROI and record.
        inputs: SHA-256 of the network's inputs: preparation must agree bit for bit.
        risks: Calibrated risk by route, in float32 by torch on a CPU.
        tokens: Findings read by all scales together, standardised, in the bundle's order.
    """

    seed: int
    inputs: str
    risks: dict[Route, Probability]
    tokens: tuple[float, ...]


class GoldenValues(FrozenModel):
    """The whole file.

    Attributes:
        tolerance: Largest difference in risk that any engine in float32 may show.
        cases: The cases.
    """

    format_version: Literal[1] = 1
    tolerance: float = 1e-4
    cases: tuple[GoldenCase, ...]


class GoldenReport(FrozenModel):
    """Result of running the golden values.

    Attributes:
        cases: How many were run.
        largest_difference: In risk.
        tolerance: The bundle's.
    """

    cases: int
    largest_difference: float
    tolerance: float


def parse_golden(content: bytes) -> GoldenValues:
    """The golden values in the bytes of `golden.json`.

    Raises:
        BundleError: They are damaged.
    """
    try:
        return GoldenValues.model_validate_json(content)
    except ValidationError as error:
        raise BundleError(Message.of("bundle.damaged_content", file=GOLDEN_NAME)) from error
