"""The hollow organs: colon, small bowel, duodenum and stomach. Coordinates: see frame.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.frame import Frame
from apnet_desktop.simulation.labels import Tissue
from apnet_desktop.simulation.layer import Layer
from apnet_desktop.simulation.shapes import Prism, Tube, smooth_curve

__all__ = ["bowel_layers"]


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
            Layer(Tube(points, np.asarray(radii) - 3.0, rough, 2.5), None, content, grain, sway, within=cavity)
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
