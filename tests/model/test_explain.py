from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_dilation, binary_erosion

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import BaseRate
from apnet_desktop.checks import CheckState
from apnet_desktop.errors import PredictionError
from apnet_desktop.model import explain
from apnet_desktop.model.compute import choose_compute
from apnet_desktop.model.explain import HeatMap, overlay
from apnet_desktop.model.features import pool_slices
from apnet_desktop.model.network import pool_maps
from apnet_desktop.model.predict import Predictor
from apnet_desktop.model.repeatability import check_repeatability, roi_variants, with_repeatability
from tests.model import factory

VOLUME, ROI = factory.body()
RECORD = factory.record()


@pytest.fixture(scope="module")
def predictor(bundle: Bundle) -> Predictor:
    predictor = Predictor(bundle, choose_compute("cpu", bundle.manifest))
    predictor.predict(VOLUME, ROI, RECORD, factory.request())
    return predictor


def test_a_cells_share_is_what_the_logit_loses_without_it(predictor: Predictor) -> None:
    """Against the long way: pool again without the cell, then reader, head and calibration again."""
    reading = predictor.reading
    assert reading is not None
    model, inputs, features = predictor.model, reading.inputs, reading.features
    view, position, scale = 0, 1, 0
    maps = predictor._runner.engine.projected(view, inputs.images[view])[scale]
    weights = torch.from_numpy(inputs.maps[view])
    grid = torch.nn.functional.adaptive_avg_pool2d(weights, maps.shape[-2:])
    regions = torch.cat([grid, torch.ones_like(grid[:, :1])], dim=1)
    answers = explain._slice_answers(features, explain._pooled_answer(model, features, RECORD))
    shares = explain._cell_shares(
        maps[position : position + 1].astype(float),
        inputs.maps[view, position : position + 1].astype(float),
        answers[view, position : position + 1, scale],
    )[0]
    clinical = model.encode([RECORD])
    before = model.fused_logits(predictor.tokens(features), clinical)[0]
    lost = np.zeros_like(shares)
    for row in range(shares.shape[0]):
        for column in range(shares.shape[1]):
            without = regions.clone()
            without[position, :, row, column] = 0
            pooled = pool_maps(torch.from_numpy(maps), without)[position].numpy()
            vectors = features.vectors.copy()
            vectors[view, position, scale] = pooled
            tokens = model.tokens(pool_slices(replace(features, vectors=vectors))[None])
            lost[row, column] = before - model.fused_logits(tokens, clinical)[0]
    assert np.corrcoef(shares.ravel(), lost.ravel())[0, 1] > 0.98
    assert np.abs(shares - lost).max() < 0.2 * np.abs(lost).max() + 1e-5


def test_the_map_lies_on_the_images_and_is_the_same_twice(predictor: Predictor) -> None:
    told: list[float] = []
    first = predictor.heat_map(RECORD, lambda _stage, done: told.append(done))
    assert first.values.shape == (2, 4, 64, 64)
    assert np.isfinite(first.values).all()
    assert first.values.any()
    assert told[-1] == 1.0
    np.testing.assert_array_equal(predictor.heat_map(RECORD).values, first.values)


def test_a_map_needs_a_prediction(bundle: Bundle) -> None:
    with pytest.raises(PredictionError):
        Predictor(bundle, choose_compute("cpu")).heat_map(RECORD)


def test_the_overlay_puts_a_pixel_where_it_came_from(predictor: Predictor) -> None:
    reading = predictor.reading
    assert reading is not None
    place = reading.inputs.views[0]
    values = np.zeros((2, 4, 64, 64), dtype=np.float32)
    values[0, 2, 40, 20] = 1.0
    shape = VOLUME.hounsfield.shape
    drawn = overlay(HeatMap(values, reading.inputs.slices), reading.inputs, (shape[0], shape[1], shape[2]))
    rows, columns = place.voxel_of_pixel(64)
    where = np.argwhere(drawn == 1.0)
    assert len(where)
    assert np.abs(where[:, 1] - rows[40]).max() <= place.step[0] / 2 + 0.5
    assert np.abs(where[:, 2] - columns[20]).max() <= place.step[1] / 2 + 0.5
    assert int(reading.inputs.slices[0, 2]) in where[:, 0]


def test_variants_are_those_of_morphology() -> None:
    """On a 1 mm grid a 1 mm erosion and dilation are those of a 6-neighbour cross."""
    mask = ROI.mask
    variants = roi_variants(mask, (1.0, 1.0, 1.0), edge=1.0, shift=2.0)
    np.testing.assert_array_equal(variants["dilated"], binary_dilation(mask))
    inner = binary_erosion(mask)
    np.testing.assert_array_equal(variants["eroded"], inner)
    np.testing.assert_array_equal(variants["left"], np.roll(mask, 2, axis=2))
    np.testing.assert_array_equal(variants["front"], np.roll(mask, -2, axis=1))


def test_a_roi_at_the_volumes_edge_is_cut_not_wrapped() -> None:
    mask = np.zeros((4, 20, 20), dtype=bool)
    mask[:, 8:12, 14:] = True
    variants = roi_variants(mask, (3.0, 1.0, 1.0))
    assert not variants["left"][:, :, :5].any()
    assert variants["left"].sum() < mask.sum()
    full = roi_variants(np.ones((2, 3, 3), dtype=bool), (3.0, 3.0, 3.0))
    assert set(full) >= {"dilated", "left"}


def test_repeatability_names_the_range_and_holds_the_risk(predictor: Predictor) -> None:
    told: list[float] = []
    prediction = predictor.predict(VOLUME, ROI, RECORD, factory.request())
    assert prediction.fused is not None
    check = check_repeatability(
        predictor, VOLUME, ROI, RECORD, BaseRate(development=0.3), lambda _stage, done: told.append(done)
    )
    lower, upper = (float(str(check.message.values[name])) for name in ("lower", "upper"))
    assert lower - 0.5 <= 100 * prediction.fused.risk <= upper + 0.5
    assert check.state in (CheckState.PASSED, CheckState.WARNED)
    assert check.message.text()
    assert told[-1] == 1.0


def test_the_check_is_added_once_and_only_where_there_is_a_risk(predictor: Predictor) -> None:
    prediction = predictor.predict(VOLUME, ROI, RECORD, factory.request())
    first = with_repeatability(predictor, VOLUME, ROI, RECORD, prediction)
    assert [check.id for check in first.checks if check not in prediction.checks] == ["model.repeatability"]
    assert with_repeatability(predictor, VOLUME, ROI, RECORD, first) == first
    refused = predictor.predict(VOLUME, ROI, factory.record(age=12.0), factory.request())
    assert with_repeatability(predictor, VOLUME, ROI, RECORD, refused) == refused
