"""The organs of one simulated trunk, as layers in painting order.

Positions and sizes are those of a textbook adult at the level T11 to L4 (Gray's Anatomy, chapters on the abdomen), in
mm in the patient frame: x to the left, y to the back, z to the head; the origin lies between the renal hila, in front
of L1/L2. Liver, gallbladder and inferior vena cava are on the patient's right (x < 0), spleen, stomach and aorta on
the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.labels import Tissue
from apnet_desktop.simulation.shapes import Ellipsoid, Prism, Shape, Tube, smooth_curve
from apnet_desktop.simulation.texture import Texture

__all__ = ["ATTENUATION", "Frame", "Layer", "bowel_layers", "organ_layers", "pancreas_axis", "trunk_layers"]

# HU by phase: (pancreatic, portal venous). Middle of the ranges in Radiopaedia and Heiken et al., Radiology 1995.
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


@dataclass(frozen=True)
class Layer:
    """A solid and what it is painted with.

    Attributes:
        shape: The solid.
        tissue: Label of the voxels inside; None leaves the labels alone.
        hounsfield: HU inside.
        grain: Texture of the HU inside.
        contrast: HU by which the grain sways.
        over: Painted only where the label is one of these; empty: everywhere.
        within: Also cut by this solid.
        outer: Lies outside the cavity: nothing that is measured depends on it.
    """

    shape: Shape
    tissue: Tissue | None
    hounsfield: float
    grain: Texture | None = None
    contrast: float = 0.0
    over: tuple[Tissue, ...] = ()
    within: Shape | None = None
    outer: bool = False


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
        return np.round(np.array(points) * np.array([self.scale, self.scale, 1.0]) + shift, 3)


def trunk_layers(frame: Frame, spine_phase: float) -> list[Layer]:
    """Couch, skin, fat, muscle wall, the fat of the cavity, back muscles, spine and ribs."""
    a, b = frame.cavity
    wall = 10.0
    fat = frame.fat
    centre = (0.0, 0.0)
    back = (0.0, 6.0)
    muscle, fatness = frame.hounsfield("muscle"), frame.plain(-104.0)
    grain = frame.texture(9.0)
    layers = [
        Layer(Prism((0.0, b + wall + fat + 52.0), (240.0, 22.0)), Tissue.COUCH, -650.0, outer=True),
        Layer(Prism((0.0, b + wall + fat + 50.0), (232.0, 19.0)), Tissue.COUCH, -930.0, outer=True),
        Layer(Prism(back, (a + wall + fat + 2.0, b + wall + fat + 14.0)), Tissue.MUSCLE, frame.plain(20.0), outer=True),
        Layer(
            Prism(back, (a + wall + fat, b + wall + fat + 12.0)),
            Tissue.FAT,
            fatness,
            frame.texture(5.0),
            9.0,
            outer=True,
        ),
        Layer(Prism(back, (a + wall, b + wall + 4.0)), Tissue.MUSCLE, muscle, grain, 12.0),
        Layer(Prism(centre, (a, b)), Tissue.FAT, frame.plain(-100.0), frame.texture(6.0), 14.0),
    ]
    for side in (-1.0, 1.0):
        layers += [
            Layer(Ellipsoid((side * 36.0, b + 2.0, 0.0), (33.0, 20.0, 900.0)), Tissue.MUSCLE, muscle, grain, 18.0),
            Layer(Ellipsoid((side * 62.0, b - 8.0, -40.0), (30.0, 15.0, 95.0)), Tissue.MUSCLE, muscle, grain, 15.0),
            Layer(Ellipsoid((side * 38.0, 58.0, -95.0), (21.0, 22.0, 105.0)), Tissue.MUSCLE, muscle, grain, 10.0),
        ]
        layers.append(  # rectus, and the crus of the diaphragm beside the aorta
            Layer(Ellipsoid((side * 30.0, -b - 2.0, 0.0), (30.0, 7.5, 900.0)), Tissue.MUSCLE, muscle, grain, 14.0)
        )
    crura = (
        ((-6.0, 40.0, 10.0), (-7.0, 34.0, 55.0), (-8.0, 30.0, 104.0)),
        ((23.0, 46.0, 14.0), (25.0, 40.0, 55.0), (26.0, 34.0, 104.0)),
    )
    layers += [
        Layer(Tube(smooth_curve(frame.place(*path, jitter=1.0), 30), np.linspace(4.0, 6.5, 30)), Tissue.MUSCLE, muscle)
        for path in crura
    ]
    return layers + _spine(frame, spine_phase) + _ribs(frame)


def _spine(frame: Frame, phase: float) -> list[Layer]:
    cancellous, cortex = frame.plain(165.0, 15.0), frame.plain(420.0, 30.0)
    layers = [Layer(Ellipsoid((0.0, 60.0, 0.0), (22.0, 17.0, 900.0)), Tissue.MUSCLE, frame.plain(82.0))]
    marrow = frame.texture(4.0)
    for number in range(-5, 6):
        z = phase + 36.0 * number
        layers += [
            Layer(Ellipsoid((0.0, 60.0, z), (24.0, 19.0, 19.0)), Tissue.BONE, cortex),
            Layer(Ellipsoid((0.0, 60.0, z), (22.0, 17.0, 17.0)), Tissue.BONE, cancellous, marrow, 40.0),
            Layer(Ellipsoid((0.0, 108.0, z - 8.0), (5.0, 17.0, 13.0)), Tissue.BONE, cortex, marrow, 80.0),
        ]
        for side in (-1.0, 1.0):
            layers += [
                Layer(Ellipsoid((side * 13.0, 80.0, z + 4.0), (5.0, 12.0, 9.0)), Tissue.BONE, cortex, marrow, 60.0),
                Layer(
                    Ellipsoid((side * 12.0, 93.0, z), (14.0, 6.0, 14.0), side * 0.5), Tissue.BONE, cortex, marrow, 70.0
                ),
                Layer(Ellipsoid((side * 30.0, 88.0, z + 2.0), (16.0, 4.5, 6.0), side * 0.2), Tissue.BONE, cortex),
            ]
    layers.append(Layer(Ellipsoid((0.0, 82.0, 0.0), (9.0, 8.0, 900.0)), Tissue.MUSCLE, frame.plain(28.0)))
    return layers


def _ribs(frame: Frame) -> list[Layer]:
    a, b = frame.cavity
    cortex, marrow = frame.plain(330.0, 25.0), frame.plain(190.0, 20.0)
    angle = np.linspace(0.16, 2.2, 60)  # from the spine (0) along the wall to the front
    layers = []
    for side in (-1.0, 1.0):
        for number in range(-2, 7):
            start = 8.0 + 27.0 * number
            reach = 1.25 if number < 0 else 2.2
            turn = angle[angle <= reach]
            points = np.stack(
                [
                    side * (a + 5.0) * np.sin(turn),
                    6.0 + (b + 6.0) * np.cos(turn),
                    start - 62.0 * (1 - np.cos(turn)) / 1.6,
                ],
                axis=1,
            )
            layers += [
                Layer(Tube(points, 5.6), Tissue.BONE, cortex, outer=True),
                Layer(Tube(points, 3.2), Tissue.BONE, marrow, outer=True),
            ]
    return layers


def organ_layers(frame: Frame) -> list[Layer]:
    """Lungs' bases, liver, gallbladder, spleen and kidneys, cut by the muscle wall."""
    cavity = Prism((0.0, 0.0), (frame.cavity[0] - 1.0, frame.cavity[1] - 1.0))
    rough = frame.roughness
    a, b = frame.cavity
    lung, liver, spleen = frame.plain(-845.0, 10.0), frame.hounsfield("liver"), frame.hounsfield("spleen")
    parenchyma = frame.texture(7.0)
    right, left, lobe, gall, milt = (
        tuple(point)
        for point in frame.place(
            (-84.0, 0.0, 52.0), (-34.0, -48.0, 62.0), (14.0, -62.0, 74.0), (-60.0, -50.0, 2.0), (99.0, 34.0, 52.0)
        )
    )
    layers = [
        Layer(Ellipsoid((side * 0.55 * a, 0.35 * b, 175.0), (0.52 * a, 0.75 * b, 95.0)), Tissue.LUNG, lung,
              frame.texture(5.0), 45.0, within=cavity)
        for side in (-1.0, 1.0)
    ]  # fmt: skip
    for centre, radii, angle in (
        (right, (56.0, 80.0, 90.0), 0.12),
        (left, (52.0, 38.0, 52.0), -0.25),
        (lobe, (54.0, 24.0, 36.0), 0.12),
    ):
        layers.append(
            Layer(Ellipsoid(centre, radii, angle, frame.texture(38.0), 2.5 * rough), Tissue.LIVER, liver, parenchyma,
                  4.0, within=cavity)
        )  # fmt: skip
    layers += [
        Layer(tube, Tissue.LIVER, frame.hounsfield("vein") - 8.0, over=(Tissue.LIVER,)) for tube in _liver_veins(frame)
    ]
    layers.append(
        Layer(Ellipsoid(gall, (17.0, 20.0, 27.0), 0.4), Tissue.BILE, frame.plain(10.0), within=cavity),
    )
    layers.append(
        Layer(Ellipsoid(milt, (27.0, 48.0, 50.0), 0.55, frame.texture(30.0), 2.0 * rough), Tissue.SPLEEN, spleen,
              parenchyma, 4.0, within=cavity)
    )  # fmt: skip
    for side, z in ((-1.0, -34.0), (1.0, -18.0)):
        layers += _kidney(frame, side, z)
        layers += _adrenal(frame, side)
    return layers


def _adrenal(frame: Frame, side: float) -> list[Layer]:
    x = -34.0 if side < 0 else 44.0
    stem, top, inner, outer = frame.place(
        (x, 34.0, 34.0), (x, 26.0, 40.0), (x - 7.0, 46.0, 30.0), (x + 8.0, 48.0, 30.0)
    )
    shade = frame.hounsfield("bowel_wall")
    return [
        Layer(Tube(smooth_curve(np.array([stem, end]), 16), 2.3), Tissue.MUSCLE, shade, over=(Tissue.FAT,))
        for end in (top, inner, outer)
    ]


def _liver_veins(frame: Frame) -> list[Tube]:
    root = frame.place((-22.0, 28.0, 108.0))[0]
    tubes = []
    for end in ((-95.0, 10.0, 62.0), (-70.0, -40.0, 66.0), (-25.0, -60.0, 72.0)):
        curve = smooth_curve(np.array([root, (root + frame.place(end)[0]) / 2 + [0, 6, 6], frame.place(end)[0]]), 30)
        tubes.append(Tube(curve, np.linspace(5.5, 1.8, 30)))
    hilum = frame.place((-42.0, -14.0, 42.0))[0]
    for end in ((-98.0, 22.0, 36.0), (-84.0, -30.0, 48.0), (-20.0, -52.0, 62.0)):
        curve = smooth_curve(np.array([hilum, (hilum + frame.place(end)[0]) / 2 + [0, -4, 4], frame.place(end)[0]]), 30)
        tubes.append(Tube(curve, np.linspace(5.0, 1.6, 30)))
    return tubes


def _kidney(frame: Frame, side: float, z: float) -> list[Layer]:
    x, y, z = frame.place((side * 66.0, 52.0, z))[0]
    angle = side * 0.75
    medulla = frame.texture(11.0)
    sinus_x, sinus_y = x - side * 13.0, y - 9.0
    return [
        Layer(Ellipsoid((x, y, z), (25.0, 29.0, 54.0), angle, frame.texture(25.0), frame.roughness), Tissue.KIDNEY,
              frame.hounsfield("cortex")),
        Layer(Ellipsoid((x, y, z), (17.0, 21.0, 45.0), angle), Tissue.KIDNEY, frame.hounsfield("medulla"), medulla,
              22.0),
        Layer(Ellipsoid((sinus_x, sinus_y, z), (14.0, 9.0, 24.0), angle, frame.texture(12.0), 3.0), Tissue.FAT,
              frame.plain(-92.0)),
        Layer(Ellipsoid((sinus_x - side * 2.0, sinus_y, z - 4.0), (6.0, 5.0, 11.0), angle), Tissue.KIDNEY,
              frame.plain(14.0)),
    ]  # fmt: skip


def bowel_layers(frame: Frame) -> list[Layer]:
    """Colon, jejunal loops, duodenum and stomach: wall, contents, air where it floats."""
    layers: list[Layer] = []
    a, b = frame.cavity
    cavity = Prism((0.0, 0.0), (a - 2.0, b - 2.0))
    wall = frame.hounsfield("bowel_wall")
    rough = frame.texture(16.0)
    grain = frame.texture(5.0)

    def hollow(points: NDArray[np.float64], radii: NDArray[np.float64] | float, tissue: Tissue, content: float,
               sway: float, air: float) -> None:  # fmt: skip
        layers.append(Layer(Tube(points, radii, rough, 2.5), tissue, wall, within=cavity))
        layers.append(
            Layer(Tube(points, np.asarray(radii) - 3.0, rough, 2.5), tissue, content, grain, sway, within=cavity)
        )
        if air > 0:
            floating = points + np.array([0.0, -air, 0.0])
            radius = np.maximum(np.asarray(radii) - 3.0 - 0.75 * air, 2.0)
            layers.append(Layer(Tube(floating, radius), tissue, -960.0, within=cavity))

    right = frame.place((-104.0, 10.0, -120.0), (-106.0, 16.0, -60.0), (-96.0, -14.0, -34.0))
    across = frame.place(
        (-96.0, -14.0, -34.0), (-60.0, -66.0, -52.0), (0.0, -76.0, -58.0), (62.0, -66.0, -40.0), (100.0, -8.0, 4.0)
    )
    down = frame.place((100.0, -8.0, 4.0), (108.0, 28.0, -30.0), (106.0, 30.0, -120.0))
    for path, radius in ((right, 21.0), (across, 17.0), (down, 15.0)):
        hollow(smooth_curve(path, 60), radius, Tissue.BOWEL, frame.plain(5.0, 15.0), 60.0, 7.0)
    for number in range(17):
        # The first loops fill the pelvis-ward half, the others the left flank below the tail of the pancreas.
        low, high, left = (-118.0, -46.0, -55.0) if number < 11 else (-52.0, -18.0, 34.0)
        start = np.array([frame.uniform(left, 84), frame.uniform(-70, 2), frame.uniform(low, high)])
        end = start + np.array([frame.uniform(-45, 45), frame.uniform(-26, 26), frame.uniform(-18, 12)])
        middle = (start + end) / 2 + np.array([0.0, frame.uniform(-20, 20), frame.uniform(-16, 10)])
        hollow(smooth_curve(np.array([start, middle, end]), 26), frame.uniform(9.5, 12.5), Tissue.BOWEL,
               frame.plain(24.0, 8.0), 14.0, 0.0)  # fmt: skip
    sweep = frame.place(
        (-38.0, -54.0, 16.0), (-60.0, -34.0, 4.0), (-64.0, -14.0, -36.0), (-44.0, 2.0, -66.0), (4.0, 4.0, -68.0),
        (34.0, -10.0, -50.0), jitter=1.5,
    )  # fmt: skip
    hollow(smooth_curve(sweep, 70), 12.0, Tissue.BOWEL, frame.plain(22.0, 8.0), 16.0, 0.0)
    belly = frame.place(
        (58.0, 8.0, 100.0), (66.0, -20.0, 78.0), (56.0, -52.0, 52.0), (22.0, -70.0, 26.0), (-14.0, -68.0, 16.0),
        (-36.0, -56.0, 18.0),
    )  # fmt: skip
    radii = np.interp(np.linspace(0, 1, 80), [0, 0.25, 0.5, 0.75, 1.0], [30.0, 33.0, 27.0, 18.0, 12.0])
    hollow(smooth_curve(belly, 80), radii, Tissue.STOMACH, frame.plain(18.0, 8.0), 10.0, frame.uniform(9.0, 14.0))
    return layers


def pancreas_axis(frame: Frame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The gland's axis, (56, 3) points from uncinate process to tail, and its radii in mm before scaling to volume."""
    lift = 8.0 * frame.normal()
    knots = frame.place(
        (-20.0, -2.0, -44.0), (-36.0, -14.0, -30.0), (-38.0, -22.0, -8.0), (-14.0, -36.0, 6.0), (16.0, -34.0, 14.0),
        (46.0, -10.0, 22.0 + lift), (74.0, 16.0, 32.0 + lift), jitter=2.0,
    )  # fmt: skip
    knots[1:-1] += np.array([[frame.normal(), frame.normal(), frame.normal()] for _ in knots[1:-1]]) * 2.5
    radii = np.interp(np.linspace(0, 1, 56), [0, 0.18, 0.34, 0.5, 0.68, 1.0], [9.0, 15.0, 14.5, 9.5, 11.5, 10.5])
    return np.round(smooth_curve(knots, 56), 3), np.round(radii, 3)
