# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from avpr_ros.training.losses import asymmetric_contrastive, regression

TEMPERATURE = 0.05


@pytest.fixture
def case():
    generator = torch.Generator().manual_seed(0)

    def units(count: int) -> torch.Tensor:
        return F.normalize(torch.randn(count, 12, generator=generator), dim=1)

    excluded = torch.zeros(4, 7, dtype=torch.bool)
    excluded[torch.arange(4), torch.tensor([0, 2, 2, 6])] = True
    excluded[1, 3] = True
    return units(4), units(4), 0.8 * units(7), excluded


def test_it_is_the_cross_entropy_of_the_positive_against_all_negatives(case):
    queries, targets, centroids, excluded = case
    logits = (queries @ centroids.T / TEMPERATURE).masked_fill(excluded, -torch.inf)
    positive = (queries * targets).sum(1, keepdim=True) / TEMPERATURE
    expected = F.cross_entropy(torch.cat([positive, logits], 1), torch.zeros(4, dtype=torch.long))
    loss = asymmetric_contrastive(queries, targets, centroids, excluded, TEMPERATURE)
    assert torch.allclose(loss, expected, rtol=1e-5)


def test_the_gradient_is_the_one_derived_by_hand(case):
    queries, targets, centroids, excluded = case
    queries.requires_grad_()
    asymmetric_contrastive(queries, targets, centroids, excluded, TEMPERATURE).backward()
    with torch.no_grad():
        logits = (queries @ centroids.T / TEMPERATURE).masked_fill(excluded, -torch.inf)
        positive = (queries * targets).sum(1) / TEMPERATURE
        weight = torch.sigmoid(logits.logsumexp(1) - positive)
        pull = logits.softmax(1) @ centroids - targets
        expected = weight[:, None] * pull / TEMPERATURE / len(queries)
    assert torch.allclose(queries.grad, expected, rtol=1e-4, atol=1e-5)


def test_excluded_places_do_not_matter(case):
    queries, targets, centroids, excluded = case
    loss = asymmetric_contrastive(queries, targets, centroids, excluded, TEMPERATURE)
    centroids = centroids.clone()
    excluded = excluded.clone()
    excluded[:, 5] = True
    without = asymmetric_contrastive(queries, targets, centroids, excluded, TEMPERATURE)
    centroids[5] *= 100
    again = asymmetric_contrastive(queries, targets, centroids, excluded, TEMPERATURE)
    assert torch.equal(without, again)
    assert without < loss


def test_a_query_without_negatives_adds_nothing_and_breaks_nothing(case):
    queries, targets, centroids, excluded = case
    queries.requires_grad_()
    excluded[2] = True
    loss = asymmetric_contrastive(queries, targets, centroids, excluded, TEMPERATURE)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(queries.grad).all()
    assert queries.grad[2].abs().max() == 0
    others = [0, 1, 3]
    rest = asymmetric_contrastive(
        queries[others], targets[others], centroids, excluded[others], TEMPERATURE
    )
    assert torch.allclose(loss, rest * 3 / 4)


def test_logits_stay_exact_under_autocast(case):
    plain = asymmetric_contrastive(*case, TEMPERATURE)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert torch.equal(asymmetric_contrastive(*case, TEMPERATURE), plain)


def test_regression_is_two_minus_twice_the_cosine(case):
    queries, targets, _, _ = case
    expected = (2 - 2 * (queries * targets).sum(1)).mean()
    assert torch.allclose(regression(queries, targets), expected, rtol=1e-5)
    assert regression(targets, targets) == 0
