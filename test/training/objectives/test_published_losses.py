# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Each rival against numbers worked out by hand on a few vectors in the plane."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from avpr_ros.errors import ConfigError
from avpr_ros.training.memory_bank.bank import build_bank
from avpr_ros.training.objectives.aml import Aml
from avpr_ros.training.objectives.csd import Csd
from avpr_ros.training.objectives.d3still import D3still
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.methods import METHODS, objective_by_name
from avpr_ros.training.objectives.nearest_mean import NearestMean
from avpr_ros.training.objectives.raml import Raml
from avpr_ros.training.objectives.regression import Regression
from avpr_ros.training.objectives.ssp import Ssp
from avpr_ros.training.places import Places


def at(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def cos(degrees: float) -> float:
    return math.cos(math.radians(degrees))


@pytest.fixture
def plane() -> GallerySide:
    """Images at 0, 20 (place 0), 90 (place 1) and 180 degrees (place 2)."""
    rows = at(0, 20, 90, 180)
    places = Places(np.array([0, 0, 1, 2]), np.arange(4), np.arange(3), 1.0, 1.0)
    return GallerySide(rows, build_bank(rows, places))


def loss(objective, degrees, rows) -> float:
    return float(objective(torch.from_numpy(at(*degrees)), np.array(rows)))


def test_regression_is_two_minus_twice_the_cosine(plane):
    assert loss(Regression(plane), [30, 90], [0, 2]) == pytest.approx(1 - cos(30), abs=1e-6)


def test_aml_positive_and_margin_terms(plane):
    # The positive of row 0 is row 1 at 20 degrees; the negative at 90 is 30 degrees away.
    positive, negative = 2 - 2 * cos(40), math.sqrt(2 - 2 * cos(30))
    expected = 0.5 * positive + 0.5 * (0.7 - negative) ** 2
    assert loss(Aml(plane, negatives=2), [60], [0]) == pytest.approx(expected, rel=1e-4)
    with_regression = Aml(plane, negatives=2, regression_weight=2.0)
    expected += 2 * (2 - 2 * cos(60))
    assert loss(with_regression, [60], [0]) == pytest.approx(expected, rel=1e-4)


def test_aml_has_no_push_beyond_the_margin_and_its_own_positive_where_it_is_alone(plane):
    assert loss(Aml(plane), [85], [2]) == pytest.approx(1 - cos(5), rel=1e-3)


def test_raml_is_written_out(plane):
    # Queries at 10 and 90 of rows 0 and 2, whose gallery similarity is zero.
    own = ((1 - cos(10)) ** 2 + 0) / 2
    across = (cos(80) ** 2 + cos(90) ** 2) / 2
    within = cos(80) ** 2
    expected = own + 0.7 * across + 0.7 * within
    assert loss(Raml(plane), [10, 90], [0, 2]) == pytest.approx(expected, rel=1e-4)


def test_csd_is_the_divergence_over_the_nearest_of_the_batch(plane):
    objective = Csd(plane, neighbours=2, gallery_temperature=1.0, query_temperature=0.5)
    # Neighbours of row 0 within the batch: itself and row 1; of row 1 the same.
    wanted = np.array([[1, cos(20)], [1, cos(20)]])
    found = np.array([[cos(30), cos(10)], [cos(0), cos(20)]])
    assert loss(objective, [30, 20], [0, 1]) == pytest.approx(
        divergence(wanted, found / 0.5), rel=1e-4
    )


def test_csd_over_the_bank_has_the_image_itself_and_centroids(plane):
    objective = Csd(
        plane, over_bank=True, neighbours=9, gallery_temperature=1.0, query_temperature=1.0
    )
    centroids = np.concatenate([at(0, 20).mean(axis=0, keepdims=True), at(90, 180)])
    wanted = np.concatenate([[1.0], centroids @ at(90)[0]])[np.newaxis]
    found = np.concatenate([[cos(20)], centroids @ at(70)[0]])[np.newaxis]
    assert loss(objective, [70], [2]) == pytest.approx(divergence(wanted, found), rel=2e-3)


def divergence(wanted: np.ndarray, found: np.ndarray) -> float:
    p, q = (np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) for x in (wanted, found))
    return float((p * np.log(p / q)).sum(axis=1).mean())


def test_d3still_parts_wrong_from_right_order(plane):
    # Rows 0, 1, 2 at 0, 20, 90. Only the query of row 0 is off: at 60 in place of 0.
    queries, rows = [60, 20, 90], [0, 1, 2]
    own = 50 * (1 - cos(60)) / 3
    # Row 0, neighbours 1 and 2: the gallery's difference and the query's have other signs.
    gallery, query = cos(20) - cos(90), cos(40) - cos(30)
    wrong = math.sqrt(2) * abs(query - gallery) / (0.1 + abs(gallery)) / 3
    expected = own + 2 * wrong / 2
    assert loss(D3still(plane), queries, rows) == pytest.approx(expected, rel=1e-3)


def test_d3still_of_the_gallery_itself_is_nothing(plane):
    assert loss(D3still(plane), [0, 20, 90, 180], [0, 1, 2, 3]) == pytest.approx(0, abs=1e-4)


def test_nearest_mean_is_the_cross_entropy_of_the_own_centroid(plane):
    centroids = np.concatenate([at(0, 20).mean(axis=0, keepdims=True), at(90, 180)])
    logits = centroids @ at(50)[0] / 0.5
    expected = np.log(np.exp(logits).sum()) - logits[0]
    assert loss(NearestMean(plane, 0.5), [50], [1]) == pytest.approx(expected, rel=1e-3)


def test_ssp_is_the_divergence_over_the_words_of_each_piece(plane):
    objective = Ssp(plane, pieces=1, words=4)
    objective.rotation = torch.eye(2)
    objective.codebooks = torch.from_numpy(at(0, 90))[None]
    wanted = 10 * np.array([[1.0, 0.0]])
    found = 10 * np.array([[cos(30), cos(60)]])
    assert loss(objective, [30], [0]) == pytest.approx(divergence(wanted, found), rel=1e-4)


def test_ssp_s_rotation_keeps_lengths_and_its_words_are_unit_vectors(side):
    objective = Ssp(side, pieces=3)
    rows = side.targets(np.arange(5))
    assert torch.allclose((rows @ objective.rotation).norm(dim=1), torch.ones(5), atol=1e-5)
    assert objective.codebooks.shape == (3, 3, 4)
    assert torch.allclose(objective.codebooks.norm(dim=2), torch.ones(3, 3), atol=1e-5)


@pytest.mark.parametrize('name', METHODS)
def test_every_method_gives_a_finite_loss_that_autograd_can_follow(side, asked, name):
    queries, rows = asked[0].float().requires_grad_(), asked[1]
    value = objective_by_name(name, side)(queries, rows)
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(queries.grad).all()
    assert queries.grad.abs().max() > 0


@pytest.mark.parametrize('name', METHODS)
def test_every_method_prefers_the_targets_to_anything_random(side, name):
    rows = np.arange(12)
    objective = objective_by_name(name, side).eval()
    if name in ('queue', 'queue_infonce'):
        objective.train()
    noise = torch.randn(12, 12, generator=torch.Generator().manual_seed(1))
    random = torch.nn.functional.normalize(noise, dim=1)
    assert objective(side.targets(rows), rows) < objective(random, rows)


def test_an_unknown_method_is_named_with_the_known_ones(side):
    with pytest.raises(ConfigError, match=r"no training method 'x'.*'regression'"):
        objective_by_name('x', side)
