"""What only a GPU can show; skipped with the reason where there is none."""

from __future__ import annotations

import pytest

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import Device, Precision
from apnet_desktop.errors import PredictionError
from apnet_desktop.model.compute import choose_compute
from apnet_desktop.model.predict import Predictor
from tests.model import factory


def test_float32_on_the_gpu_agrees_with_the_cpu(bundle: Bundle) -> None:
    try:
        on_gpu = choose_compute("cuda", bundle.manifest)
    except PredictionError as reason:
        pytest.skip(reason.message.text())
    assert on_gpu.device is Device.CUDA
    volume, roi = factory.body()
    risks = []
    for compute in (on_gpu, choose_compute("cpu", bundle.manifest)):
        exact = compute.model_copy(update={"precision": Precision.FLOAT32})
        prediction = Predictor(bundle, exact).predict(volume, roi, factory.record(), factory.request())
        risks.append({route.route: route.risk for route in prediction.routes})
    assert risks[0].keys() == risks[1].keys()
    for route, risk in risks[0].items():
        assert risk == pytest.approx(risks[1][route], abs=1e-3)
