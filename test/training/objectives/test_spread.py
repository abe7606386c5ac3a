# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
import torch

from avpr_ros.training.objectives.spread import diagonal, leave_one_out, spread


def test_variance_of_projections_is_the_explicit_quadratic_form(side, asked):
    queries, rows = asked
    found = leave_one_out(queries, rows, side)
    for query, row, value in zip(queries, rows, found, strict=True):
        others = [r for r in side.members(side.labels(np.array([row]))[0]) if r != row]
        if len(others) < 2:
            assert value == 0
            continue
        covariance = np.cov(side.targets(np.array(others)).double().numpy().T, bias=True)
        assert value.item() == pytest.approx(query.numpy() @ covariance @ query.numpy(), rel=1e-6)


def test_the_query_s_own_image_is_left_out(side):
    row = np.array([5])
    changed = side.targets(np.arange(12)).numpy().copy()
    query = side.targets(row)
    before = leave_one_out(query, row, side)
    changed[5] = -changed[5]
    side._descriptors = changed
    assert torch.equal(leave_one_out(query, row, side), before)
    changed[6] = -changed[6]
    assert not torch.equal(leave_one_out(query, row, side), before)


def test_the_diagonal_form_is_the_quadratic_form_of_the_variances(side, asked):
    queries, rows = asked
    variances = side.bank.variances(side.labels(rows)).astype(np.float64)
    expected = [q @ np.diag(v) @ q for q, v in zip(queries.numpy(), variances, strict=True)]
    assert np.allclose(diagonal(queries, rows, side), expected)


def test_shrunk_is_half_of_each(side, asked):
    mean = (diagonal(*asked, side) + leave_one_out(*asked, side)) / 2
    assert torch.allclose(spread(*asked, side, 'shrunk'), mean)


def test_views_count_as_further_images_of_a_place(side_with):
    rng = np.random.default_rng(3)
    views = rng.normal(size=(12, 2, 12))
    views /= np.linalg.norm(views, axis=2, keepdims=True)
    side = side_with(views)
    alone = side.others_of_place(9)  # the only image of its place
    assert np.allclose(alone, views[9], atol=1e-6)
    assert leave_one_out(side.targets(np.array([9])), np.array([9]), side) > 0
