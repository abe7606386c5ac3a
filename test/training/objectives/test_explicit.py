# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch

from avpr_ros.training.objectives.asymmetric import Asymmetric, AsymmetricSettings
from avpr_ros.training.objectives.explicit import Explicit
from avpr_ros.training.objectives.iea import ImplicitAugmentation

SETTINGS = AsymmetricSettings(
    regression_weight=0.0, augmentation=ImplicitAugmentation('diagonal', gamma=0.5)
)


def test_with_many_draws_it_stays_under_the_implicit_bound(side, asked):
    explicit = Explicit(side, SETTINGS, draws=4000)(*asked).item()
    implicit = Asymmetric(side, SETTINGS)(*asked).item()
    without = Asymmetric(side, AsymmetricSettings(regression_weight=0.0))(*asked).item()
    assert without < explicit < implicit


def test_without_spread_it_is_the_plain_loss(side, asked):
    still = AsymmetricSettings(augmentation=ImplicitAugmentation('diagonal', gamma=0.0))
    plain = Asymmetric(side, AsymmetricSettings())(*asked).item()
    assert Explicit(side, still)(*asked).item() == pytest.approx(plain)


def test_draws_change_from_step_to_step_and_go_on_from_a_checkpoint(side, asked):
    objective = Explicit(side, SETTINGS)
    first, second = objective(*asked), objective(*asked)
    assert first != second
    other = Explicit(side, SETTINGS)
    other.calls = torch.ones((), dtype=torch.int64)
    assert other(*asked) == second
