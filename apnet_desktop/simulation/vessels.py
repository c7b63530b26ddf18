"""Aorta, vena cava, their branches, the portal system and the bile duct. Coordinates: see frame.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.simulation.frame import Frame
from apnet_desktop.simulation.labels import Tissue
from apnet_desktop.simulation.layer import Layer
from apnet_desktop.simulation.shapes import Tube, smooth_curve

__all__ = ["vessel_layers"]


def vessel_layers(frame: Frame, axis: NDArray[np.float64], radii: NDArray[np.float64], occluded: bool) -> list[Layer]:
    """Vessels in painting order; the gland's axis and first radii, in mm, guide the splenic vein.

    Args:
        frame: Build and random numbers.
        axis: Of the gland, (n, 3).
        radii: Of the gland, (n,), before it is grown to its volume.
        occluded: Splenic vein thrombosed.
    """
    aorta, vein, cava = frame.hounsfield("aorta"), frame.hounsfield("vein"), frame.hounsfield("cava")
    line = np.linspace(-130.0, 140.0, 60)
    trunk = frame.place((11.0, 29.0, 0.0), (-24.0, 30.0, 0.0), jitter=1.5)
    layers = [
        Layer(
            Tube(np.stack([np.full(60, x), y + 0.04 * np.abs(line), line], axis=1), radius), Tissue.VESSEL, shade
        )
        for (x, y, _), radius, shade in zip(trunk, (10.5, 12.0), (aorta, cava), strict=True)
    ]  # fmt: skip
    root = trunk[0]
    superior_artery = np.array([root, [6.0, 4.0, 2.0], [2.0, -4.0, -30.0], [0.0, -14.0, -95.0]])
    celiac = np.array([root + np.array([0.0, 0.0, 24.0]), root + np.array([-1.0, -18.0, 28.0])])
    hilum = frame.place((-40.0, -14.0, 44.0))[0]
    behind = axis[24:] + np.array([0.0, 1.0, 0.0]) * (radii[24:, None] + 4.0)
    confluence = behind[0]
    superior_vein = np.array([[-10.0, -20.0, -95.0], [-9.0, -12.0, -45.0], confluence])
    spleen_end = np.array([[93.0, 24.0, behind[-1][2] + 4.0]])
    splenic = np.vstack([behind[::6], behind[-1:], spleen_end])
    for knots, radius, shade in (
        (superior_artery, 3.8, aorta),
        (celiac, 3.6, aorta),
        (superior_vein, 6.0, vein),
        (np.array([confluence, (confluence + hilum) / 2 + [0, 2, 0], hilum]), 7.0, vein),
    ):
        layers.append(Layer(Tube(smooth_curve(knots, 60), radius), Tissue.VESSEL, shade))
    layers.append(
        Layer(Tube(smooth_curve(splenic, 60), 4.4), Tissue.THROMBUS if occluded else Tissue.VESSEL,
              frame.plain(42.0) if occluded else vein)
    )  # fmt: skip
    for side in (-1.0, 1.0):
        renal = np.array([trunk[1] if side < 0 else root, [side * 34.0, 40.0, -26.0], [side * 52.0, 44.0, -24.0]])
        renal[0, 2] = -24.0
        layers.append(Layer(Tube(smooth_curve(renal, 40), 4.0), Tissue.VESSEL, cava))
    duct = np.array([hilum + np.array([-6.0, -2.0, 0.0]), [-40.0, -14.0, 20.0], [-41.0, -12.0, -4.0]])
    layers.append(Layer(Tube(smooth_curve(duct, 40), 2.8), Tissue.BILE, frame.plain(10.0)))
    return layers + _mesentery(frame, vein)


def _mesentery(frame: Frame, shade: float) -> list[Layer]:
    layers = []
    for _ in range(14):
        start = np.array([frame.uniform(-20, 20), frame.uniform(-30, -8), frame.uniform(-60, -25)])
        end = np.array([frame.uniform(-70, 80), frame.uniform(-66, -10), frame.uniform(-120, -40)])
        bend = (start + end) / 2 + [0.0, frame.uniform(-10, 10), 6.0]
        layers.append(
            Layer(Tube(smooth_curve(np.array([start, bend, end]), 50), frame.uniform(1.2, 2.2)), Tissue.VESSEL, shade,
                  over=(Tissue.FAT,))
        )  # fmt: skip
    return layers
