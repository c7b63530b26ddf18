"""One patient's build: sizes, enhancement and the random numbers of his anatomy.

Positions and sizes of all organs are those of a textbook adult at the level T11 to L4 (Gray's Anatomy, chapters on the
abdomen), in mm in the patient frame: x to the left, y to the back, z to the head; the origin lies between the renal
hila, in front of L1/L2. Liver, gallbladder and inferior vena cava are on the patient's right (x < 0), spleen, stomach
and aorta on the left.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.texture import Texture

__all__ = ["ATTENUATION", "Frame"]


# HU by phase: (pancreatic, portal venous), as seen at 100 to 120 kV with 100 mL of contrast.
ATTENUATION: Final[dict[str, tuple[float, float]]] = {
    "aorta": (300.0, 160.0),
    "vein": (130.0, 165.0),
    "cava": (95.0, 130.0),
    "liver": (80.0, 108.0),
    "spleen": (130.0, 122.0),
    "cortex": (195.0, 180.0),
    "medulla": (85.0, 150.0),
    "pancreas": (112.0, 98.0),
    "bowel_wall": (90.0, 85.0),
    "muscle": (58.0, 62.0),
}


class Frame:
    """One patient's build and the random numbers of his anatomy.

    Args:
        stream: Random numbers; each use moves on.
        body_mass_index: kg/m²; makes the fat.
        portal_venous: Phase.
        bias: Scanner's HU calibration.
        roughness: mm by which surfaces waver.
    """

    def __init__(
        self,
        stream: np.random.Generator,
        body_mass_index: float,
        portal_venous: bool,
        bias: float,
        roughness: float,
    ) -> None:
        self._stream = stream
        self.roughness = roughness
        self._phase = int(portal_venous)
        self._bias = bias
        self._strength = 1.0 + 0.08 * self.normal()
        excess = body_mass_index - 22.0
        self.fat = float(np.clip(10.0 + 1.7 * excess + 2.0 * self.normal(), 4.0, 45.0))
        cavity = 1.0 + 0.008 * excess + 0.03 * self.normal()
        self.cavity = (float(np.round(132.0 * cavity, 3)), float(np.round(92.0 * cavity, 3)))
        self.scale = cavity

    def normal(self) -> float:
        """A standard normal number, cut at ±2 and rounded."""
        return float(np.round(np.clip(self._stream.standard_normal(), -2.0, 2.0), 5))

    def uniform(self, lower: float, upper: float) -> float:
        """A uniform number, rounded."""
        return float(np.round(lower + (upper - lower) * self._stream.random(), 5))

    def texture(self, scale: float) -> Texture:
        """A texture of this patient."""
        x, y, z = (self.uniform(0, 64) for _ in range(3))
        return Texture(scale, (x, y, z))

    def hounsfield(self, organ: str) -> float:
        """HU of an organ in this phase and patient: 5 % spread, and the strength of the contrast bolus."""
        value = ATTENUATION[organ][self._phase]
        plain = 45.0
        enhanced = plain + (value - plain) * self._strength * (1.0 + 0.05 * self.normal())
        return float(np.round(enhanced + self._bias, 2))

    def plain(self, value: float, spread: float = 3.0) -> float:
        """HU of something that takes up no contrast."""
        return float(np.round(value + spread * self.normal() + self._bias, 2))

    def place(self, *points: tuple[float, float, float], jitter: float = 3.0) -> NDArray[np.float64]:
        """Points scaled to this build and shifted together by `jitter` mm."""
        shift = np.array([self.normal(), self.normal(), self.normal()]) * jitter
        return np.asarray(np.round(np.array(points) * np.array([self.scale, self.scale, 1.0]) + shift, 3))
