"""The trunk: couch, skin, fat, muscles, spine and ribs. Frame of coordinates: see frame.py."""

from __future__ import annotations

import numpy as np

from apnet_desktop.simulation.frame import Frame
from apnet_desktop.simulation.labels import Tissue
from apnet_desktop.simulation.layer import Layer
from apnet_desktop.simulation.shapes import Ellipsoid, Prism, Tube, smooth_curve

__all__ = ["trunk_layers"]


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
            Layer(Ellipsoid((0.0, 60.0, z), (22.0, 17.0, 17.0)), None, cancellous, marrow, 40.0),
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
