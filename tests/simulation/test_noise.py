import numpy as np
import pytest
from numpy.typing import NDArray

from apnet_desktop.simulation.noise import NoiseGrain, noise_slice

GRAINS = [NoiseGrain(1, 3), NoiseGrain(2, 4), NoiseGrain(3, 5)]


@pytest.mark.parametrize("grain", GRAINS, ids=["sharp", "middle", "soft"])
def test_noise_has_unit_deviation_and_is_nearly_normal(grain: NoiseGrain) -> None:
    sample = np.stack([noise_slice(1, 2, k, 512, grain) for k in range(6)])
    assert abs(sample.mean()) < 0.02
    assert sample.std() == pytest.approx(1.0, abs=0.015)
    assert np.mean((sample / sample.std()) ** 4) == pytest.approx(3.0, abs=0.1)


def radial_power(grain: NoiseGrain) -> NDArray[np.float64]:
    sample = [noise_slice(3, 1, k, 512, grain) for k in range(8)]
    power = np.mean([np.abs(np.fft.fft2(part)) ** 2 for part in sample], axis=0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(512), np.fft.fftfreq(512)))
    bins = np.digitize(frequency, np.linspace(0, 0.5, 26))
    return np.array([power[bins == b].mean() for b in range(1, 26)])


@pytest.mark.parametrize("grain", GRAINS, ids=["sharp", "middle", "soft"])
def test_power_rises_from_low_frequencies_and_falls_again_as_a_scanner_makes_it(grain: NoiseGrain) -> None:
    power = radial_power(grain)
    peak = int(np.argmax(power))
    assert 0 < peak < 20
    assert power[0] < 0.35 * power[peak]
    assert power[-1] < 0.35 * power[peak]


def test_a_softer_kernel_has_coarser_noise() -> None:
    centres = (np.arange(25) + 0.5) * 0.02
    means = [
        float((radial_power(grain) * centres**2).sum() / (radial_power(grain) * centres).sum()) for grain in GRAINS
    ]
    assert means[0] > means[1] > means[2]


def test_a_window_holds_what_the_slice_holds_there() -> None:
    for grain in GRAINS:
        whole = noise_slice(4, 5, 6, 128, grain)
        for rows, columns in (((0, 30), (100, 128)), ((50, 60), (3, 90)), ((0, 128), (0, 128))):
            part = noise_slice(4, 5, 6, 128, grain, rows, columns)
            assert np.array_equal(part, whole[slice(*rows), slice(*columns)])


def test_slices_are_independent_and_repeat() -> None:
    grain = GRAINS[1]
    one, other = noise_slice(1, 2, 3, 256, grain), noise_slice(1, 2, 4, 256, grain)
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.03
    assert np.array_equal(one, noise_slice(1, 2, 3, 256, grain))
    assert not np.array_equal(one, noise_slice(1, 3, 3, 256, grain))
    assert not np.array_equal(one, noise_slice(2, 2, 3, 256, grain))
