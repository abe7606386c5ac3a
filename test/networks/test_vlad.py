# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from avpr_ros.networks import vlad
from avpr_ros.networks.vlad import hard_vlad, project, soft_vlad, unit_features

VOCABULARY = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])


def unit(degrees: float) -> list[float]:
    return [math.cos(math.radians(degrees)), math.sin(math.radians(degrees))]


def random_units(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return F.normalize(torch.randn(*shape, generator=generator), dim=-1)


def test_hard_vlad_of_a_case_done_by_hand():
    features = torch.tensor([[unit(10), unit(-10), unit(80)]])
    descriptor = hard_vlad(features, VOCABULARY)[0].view(3, 2)
    # Word 0 has two residuals, whose sum points along -x; word 1 has one; word 2 has none.
    sums = [torch.tensor([2 * (unit(10)[0] - 1), 0.0]), torch.tensor(unit(80)) - VOCABULARY[1]]
    damped = [s / (s.square().sum() + vlad.SOFTENING) ** 0.25 for s in sums]
    expected = F.normalize(torch.cat([*damped, torch.zeros(2)]), dim=0).view(3, 2)
    assert torch.allclose(descriptor, expected, atol=1e-5)


def test_a_word_counts_with_the_square_root_of_its_residual():
    # Eighty features at one word against five at another, each off its word by the same angle.
    features = torch.tensor([[unit(20)] * 80 + [unit(160)] * 5])
    parts = hard_vlad(features, VOCABULARY)[0].view(3, 2).norm(dim=1)
    assert parts[1] == 0
    assert parts[0] / parts[2] == pytest.approx(math.sqrt(80 / 5), rel=1e-3)


def test_soft_assignment_tends_to_hard_assignment():
    features, words = random_units(2, 30, 8), random_units(5, 8)
    hard = hard_vlad(features, words)
    soft = soft_vlad(features, words, sharpness=1e4)
    softer = soft_vlad(features, words, sharpness=10.0)
    assert torch.allclose(soft, hard, atol=1e-3)
    assert (softer * hard).sum(1).max() < 0.999


def test_soft_vlad_passes_gradients_to_the_features():
    features = random_units(1, 12, 4).double().requires_grad_()
    words = random_units(3, 4).double()
    assert torch.autograd.gradcheck(lambda f: soft_vlad(f, words, 5.0), (features,))


def test_the_order_of_features_and_the_batch_do_not_matter():
    features, words = random_units(2, 30, 8), random_units(5, 8)
    turned = torch.flip(features, dims=(0, 1))
    assert torch.allclose(hard_vlad(turned, words), hard_vlad(features, words).flip(0), atol=1e-6)


def test_unit_features_walks_over_the_map_row_by_row():
    grid = torch.arange(1.0, 13.0).view(1, 2, 2, 3)
    rows = unit_features(grid)
    assert rows.shape == (1, 6, 2)
    assert torch.allclose(rows[0, 4], F.normalize(grid[0, :, 1, 1], dim=0))


@pytest.mark.parametrize('dim', [1, 3])
def test_projected_rows_are_unit_rows(dim):
    rows = project(random_units(4, 6), random_units(6, dim))
    assert torch.allclose(rows.norm(dim=1), torch.ones(4), atol=1e-6)
