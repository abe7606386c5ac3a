# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from avpr_ros.errors import ConfigError
from avpr_ros.training.objectives.asymmetric import Asymmetric, AsymmetricSettings
from avpr_ros.training.objectives.iea import ImplicitAugmentation

CONTRAST = AsymmetricSettings(regression_weight=0.0)
DIAGONAL = replace(CONTRAST, augmentation=ImplicitAugmentation('diagonal', gamma=9.0))
T = CONTRAST.temperature


def parts(side, queries, rows):
    """Return a, l and s of the diagonal form, written out."""
    centroids = torch.from_numpy(side.bank.centroids.astype(np.float64))
    excluded = side.excluded_places(rows)
    logits = (queries @ centroids.T / T).masked_fill(excluded, -torch.inf)
    positives = (queries * side.targets(rows).double()).sum(1) / T
    variances = torch.from_numpy(side.bank.variances(side.labels(rows))).double()
    offsets = 9.0 / (2 * T**2) * (variances * queries.square()).sum(1)
    return positives, logits, offsets


def test_it_is_the_cross_entropy_of_the_positive_against_raised_negatives(side, asked):
    queries, rows = asked
    a, logits, s = parts(side, queries, rows)
    stacked = torch.cat([a[:, None], logits + s[:, None]], dim=1)
    expected = F.cross_entropy(stacked, torch.zeros(len(rows), dtype=torch.long))
    assert Asymmetric(side, DIAGONAL)(queries, rows) == pytest.approx(float(expected), rel=1e-6)


def test_gamma_zero_is_the_loss_without_augmentation(side, asked):
    zero = replace(CONTRAST, augmentation=ImplicitAugmentation('diagonal', gamma=0.0))
    assert torch.equal(Asymmetric(side, zero)(*asked), Asymmetric(side, CONTRAST)(*asked))


@pytest.mark.parametrize('variance', ['none', 'constant', 'diagonal', 'leave_one_out', 'shrunk'])
@pytest.mark.parametrize('bound', ['paper', 'tighter'])
def test_autograd_agrees_with_finite_differences(side, asked, variance, bound):
    augmentation = ImplicitAugmentation(variance, gamma=3.0, bound=bound)
    objective = Asymmetric(side, AsymmetricSettings(augmentation=augmentation))
    queries, rows = asked
    queries.requires_grad_()
    assert torch.autograd.gradcheck(lambda q: objective(q, rows), (queries,))


def test_the_gradient_is_the_one_derived_by_hand(side, asked):
    queries, rows = asked
    queries.requires_grad_()
    Asymmetric(side, DIAGONAL)(queries, rows).backward()
    with torch.no_grad():
        a, logits, s = parts(side, queries, rows)
        weight = torch.sigmoid(logits.logsumexp(1) - a + s)[:, None]
        centroids = torch.from_numpy(side.bank.centroids.astype(np.float64))
        pull = (logits.softmax(1) @ centroids - side.targets(rows)) / T
        variances = torch.from_numpy(side.bank.variances(side.labels(rows))).double()
        expected = weight * (pull + 9.0 / T**2 * variances * queries) / len(rows)
    assert torch.allclose(queries.grad, expected, rtol=1e-5)


def test_own_place_and_places_too_near_do_not_matter(side, asked):
    queries, rows = asked
    objective = Asymmetric(side, CONTRAST)
    plain = objective(queries[1:2], rows[1:2])
    objective.negatives.centroids[1:3] *= 100  # place 1 is its own, place 2 too near
    assert torch.equal(objective(queries[1:2], rows[1:2]), plain)
    objective.negatives.centroids[0] *= 100
    assert not torch.equal(objective(queries[1:2], rows[1:2]), plain)


@pytest.mark.parametrize('chunk', [1, 2, 5, 99])
def test_chunks_give_the_dense_loss_and_gradient(side, asked, chunk):
    results = []
    for settings in (DIAGONAL, replace(DIAGONAL, chunk_places=chunk)):
        queries = asked[0].clone().requires_grad_()
        loss = Asymmetric(side, settings)(queries, asked[1])
        loss.backward()
        results.append((loss.detach(), queries.grad))
    assert torch.allclose(results[0][0], results[1][0], rtol=1e-12)
    assert torch.allclose(results[0][1], results[1][1], rtol=1e-9, atol=1e-12)


def test_a_query_without_negatives_keeps_its_regression_only(side, asked, monkeypatch):
    queries, rows = asked
    queries.requires_grad_()
    everything = torch.ones(5, 5, dtype=torch.bool)
    monkeypatch.setattr(side, 'excluded_places', lambda rows: everything)
    loss = Asymmetric(side, AsymmetricSettings(regression_weight=2.0))(queries, rows)
    expected = 2 * (queries - side.targets(rows)).square().sum(1).mean()
    assert loss.item() == pytest.approx(expected.item())
    loss.backward()
    assert torch.isfinite(queries.grad).all()


def test_logits_stay_exact_under_autocast(side, asked):
    queries, rows = asked[0].float(), asked[1]
    plain = Asymmetric(side, DIAGONAL)(queries, rows)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert torch.equal(Asymmetric(side, DIAGONAL)(queries, rows), plain)


def test_unit_centroids_are_stronger_negatives(side, asked):
    unit = Asymmetric(side, replace(CONTRAST, normalise_centroids=True))
    assert torch.allclose(unit.negatives.centroids.norm(dim=1), torch.ones(5), atol=1e-6)
    assert unit(*asked) != Asymmetric(side, CONTRAST)(*asked)


def test_a_temperature_without_sense_is_refused():
    with pytest.raises(ConfigError, match='temperature is 0'):
        AsymmetricSettings(temperature=0.0)
