"""The simulated scanners: what differs from machine to machine in a series."""

from __future__ import annotations

from apnet_desktop.frozen import FrozenModel

__all__ = ["SCANNERS", "Kernel", "Scanner"]


class Kernel(FrozenModel):
    """A reconstruction kernel.

    Attributes:
        name: As in (0018,1210).
        passes: Noise smoothing, see noise.NoiseGrain.
        wide_step: Noise fading, see noise.NoiseGrain.
        blur: mm, half-width of an edge.
        noise_factor: Noise beside that of the middle kernel.
    """

    name: str
    passes: int
    wide_step: int
    blur: float
    noise_factor: float


class Scanner(FrozenModel):
    """A scanner model.

    Attributes:
        id: Stable name.
        model: As in (0008,1090).
        kernels: In use there.
        thicknesses: Slice thickness = spacing, mm.
        field: mm, smallest and largest reconstructed field.
        kilovolts: Tube voltage.
        bias: HU added to everything but air: calibration differs between machines.
    """

    id: str
    model: str
    kernels: tuple[Kernel, ...]
    thicknesses: tuple[float, ...]
    field: tuple[float, float]
    kilovolts: int
    bias: float


SCANNERS: dict[str, Scanner] = {
    scanner.id: scanner
    for scanner in (
        Scanner(
            id="alpha-16",
            model="Simulated Alpha 16",
            kernels=(Kernel(name="STANDARD", passes=2, wide_step=4, blur=0.9, noise_factor=1.0),),
            thicknesses=(3.0, 5.0),
            field=(360.0, 420.0),
            kilovolts=120,
            bias=0.0,
        ),
        Scanner(
            id="alpha-64",
            model="Simulated Alpha 64",
            kernels=(
                Kernel(name="STANDARD", passes=2, wide_step=3, blur=0.8, noise_factor=1.0),
                Kernel(name="SOFT", passes=3, wide_step=4, blur=1.1, noise_factor=0.85),
            ),
            thicknesses=(2.5, 3.0),
            field=(350.0, 420.0),
            kilovolts=120,
            bias=2.0,
        ),
        Scanner(
            id="beta-128",
            model="Simulated Beta 128",
            kernels=(
                Kernel(name="B30f", passes=3, wide_step=4, blur=1.0, noise_factor=0.9),
                Kernel(name="B40f", passes=1, wide_step=3, blur=0.7, noise_factor=1.15),
            ),
            thicknesses=(2.0, 3.0, 5.0),
            field=(350.0, 410.0),
            kilovolts=100,
            bias=-2.0,
        ),
        Scanner(
            id="gamma-64",
            model="Simulated Gamma 64",
            kernels=(Kernel(name="FC18", passes=2, wide_step=5, blur=0.85, noise_factor=1.0),),
            thicknesses=(3.0,),
            field=(360.0, 430.0),
            kilovolts=120,
            bias=1.0,
        ),
        # Unseen in development: the external cohort.
        Scanner(
            id="delta-256",
            model="Simulated Delta 256",
            kernels=(
                Kernel(name="Br44", passes=1, wide_step=2, blur=0.65, noise_factor=1.2),
                Kernel(name="Br36", passes=3, wide_step=5, blur=1.2, noise_factor=0.8),
            ),
            thicknesses=(1.5, 4.0),
            field=(340.0, 440.0),
            kilovolts=110,
            bias=5.0,
        ),
        # The ablation's.
        Scanner(
            id="epsilon-32",
            model="Simulated Epsilon 32",
            kernels=(Kernel(name="SMOOTH", passes=4, wide_step=6, blur=1.6, noise_factor=0.7),),
            thicknesses=(5.0,),
            field=(400.0, 480.0),
            kilovolts=140,
            bias=-6.0,
        ),
    )
}
