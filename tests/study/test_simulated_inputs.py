"""The fast way to a simulated patient's inputs gives what the slow way gives, bit for bit."""

import numpy as np
import pytest

from apnet_desktop.model.inputs import prepare_inputs
from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.simulation.rendering import render_volume
from apnet_desktop.study.cohort_inputs import fingerprint
from apnet_desktop.study.pretraining_data import MASKS, label_images, slice_findings
from apnet_desktop.study.recipe import RECIPE
from apnet_desktop.study.simulated_inputs import inputs_and_labels, simulated_inputs


@pytest.mark.parametrize("index", [3])
def test_inputs_equal_those_of_the_whole_volume(index: int) -> None:
    patient = simulate_patient(90_210, index)
    fast, labels = inputs_and_labels(patient, RECIPE)
    whole = render_volume(patient)
    slow = prepare_inputs(whole.volume, whole.roi, RECIPE)
    assert fast.digest() == slow.digest()
    assert whole.labels is not None
    assert np.array_equal(label_images(labels, fast), label_images(whole.labels, slow))


def test_two_patients_do_not_look_alike_and_a_noisy_copy_does() -> None:
    first = simulated_inputs(simulate_patient(90_210, 0), RECIPE)
    second = simulated_inputs(simulate_patient(90_210, 1), RECIPE)
    one, other = fingerprint(first), fingerprint(second)
    assert abs(float(one @ other) / one.size) < 0.2
    generator = np.random.default_rng(1)
    changed = first.hounsfield + generator.integers(-3, 4, first.hounsfield.shape)
    copy = type(first)(**{**first.__dict__, "hounsfield": changed.astype(np.int16)})
    assert float(one @ fingerprint(copy)) / one.size > 0.8


def test_labels_are_where_the_images_are() -> None:
    patient = simulate_patient(90_210, 2)
    inputs, labels = inputs_and_labels(patient, RECIPE)
    images = label_images(labels, inputs)
    gland = np.isin(images[0], [MASKS["viable_pancreas"], MASKS["necrosis"], MASKS["duct"]])
    inside = inputs.weights[0, :, 0] > 127
    # Nearest neighbour against the mean over a slab: all but the border agrees.
    assert (gland & inside).sum() / (gland | inside).sum() > 0.75
    findings = slice_findings(images[0], inputs.weights[0])
    assert findings.shape == (RECIPE.slices, 7)
    assert np.isfinite(findings).all()
    assert findings[:, 0].max() > 0.2
