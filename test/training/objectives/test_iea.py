# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from avpr_ros.errors import ConfigError, TrainingError
from avpr_ros.training.memory_bank.bank import build_bank
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.iea import ImplicitAugmentation
from avpr_ros.training.objectives.spread import mean_spread
from avpr_ros.training.places import Places

PAPER, TIGHTER = ImplicitAugmentation(), ImplicitAugmentation(bound='tighter')


def scalar(value: float) -> torch.Tensor:
    return torch.tensor([value], dtype=torch.float64)


@pytest.mark.parametrize(
    ('a', 'n', 's', 'paper', 'other'),
    [(14, 12, 2, 0.693, 2.02), (12, 14, 1, 3.05, 2.31), (10, 15, 3, 8.00, 5.13)],
)
def test_both_bounds_lie_over_the_monte_carlo_mean_and_the_tighter_is_the_lower_one(
    a, n, s, paper, other
):
    # Drawing the positive's similarity: its logit is normal around a with variance 2 s.
    draws = np.random.default_rng(0).normal(a, math.sqrt(2 * s), 200_000)
    mean = np.logaddexp(0, n - draws).mean()
    bounds = [each.bounded(scalar(n), scalar(a), scalar(s)).item() for each in (PAPER, TIGHTER)]
    assert bounds[0] == pytest.approx(paper, abs=5e-3)
    assert bounds[1] == pytest.approx(min(paper, other), abs=5e-3)
    assert mean < bounds[1] <= bounds[0]


@pytest.mark.parametrize('form', ['diagonal', 'leave_one_out', 'shrunk'])
def test_a_calibrated_gamma_gives_the_wanted_mean_offset(side, form):
    augmentation = ImplicitAugmentation(form, target_offset=2.5)
    gamma = augmentation.strength(side, 0.05)
    rows = np.arange(len(side))
    offsets = augmentation.offset(side.targets(rows), rows, side, gamma, 0.05)
    assert offsets.mean().item() == pytest.approx(2.5, rel=1e-4)


def test_iea_given_gamma_is_used(side):
    assert ImplicitAugmentation('diagonal', gamma=15.0).strength(side, 0.05) == 15.0


def test_a_constant_margin_is_the_same_for_every_sample(side):
    rows = np.arange(5)
    constant = ImplicitAugmentation('constant', target_offset=1.25)
    assert constant.offset(side.targets(rows), rows, side, 0.0, 0.05).tolist() == [1.25] * 5


def test_places_of_one_image_each_have_no_variance_to_calibrate_on():
    rows = np.eye(4, dtype=np.float32)
    places = Places(np.arange(4), np.arange(5), np.arange(4), 1.0, 1.0)
    lonely = GallerySide(rows, build_bank(rows, places))
    assert mean_spread(lonely, 'diagonal') == 0
    with pytest.raises(TrainingError, match='--views'):
        ImplicitAugmentation('diagonal').strength(lonely, 0.05)


def test_a_gamma_without_sense_is_refused():
    with pytest.raises(ConfigError, match='gamma is -1'):
        ImplicitAugmentation('diagonal', gamma=-1.0)
