"""The solid organs: lungs' bases, liver, gallbladder, spleen, kidneys, adrenals. Coordinates: see frame.py."""

from __future__ import annotations

import numpy as np

from apnet_desktop.simulation.frame import Frame
from apnet_desktop.simulation.labels import Tissue
from apnet_desktop.simulation.layer import Layer
from apnet_desktop.simulation.shapes import Ellipsoid, Prism, Tube, smooth_curve

__all__ = ["organ_layers"]


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
    layers += [Layer(tube, None, frame.hounsfield("vein") - 8.0, over=(Tissue.LIVER,)) for tube in _liver_veins(frame)]
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
        Layer(Ellipsoid((x, y, z), (17.0, 21.0, 45.0), angle), None, frame.hounsfield("medulla"), medulla,
              22.0),
        Layer(Ellipsoid((sinus_x, sinus_y, z), (14.0, 9.0, 24.0), angle, frame.texture(12.0), 3.0), Tissue.FAT,
              frame.plain(-92.0)),
        Layer(Ellipsoid((sinus_x - side * 2.0, sinus_y, z - 4.0), (6.0, 5.0, 11.0), angle), Tissue.KIDNEY,
              frame.plain(14.0)),
    ]  # fmt: skip
