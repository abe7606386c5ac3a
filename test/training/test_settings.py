# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.training.settings import TrainSettings


@pytest.mark.parametrize(('images', 'steps'), [(1, 60), (111, 126), (500, 268), (10**6, 2000)])
def test_steps_grow_with_the_root_of_the_map_within_bounds(images, steps):
    assert TrainSettings().steps_for(images) == steps
    assert TrainSettings(steps=7).steps_for(images) == 7


def test_the_rate_rises_then_falls_on_a_cosine():
    settings = TrainSettings(learning_rate=1.0, final_learning_rate=0.1, warm_up_share=0.1)
    rates = [settings.learning_rate_at(step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates[55] == pytest.approx(0.55)
    assert rates[-1] == pytest.approx(0.1, abs=0.001)
    assert rates[10:] == sorted(rates[10:], reverse=True)


@pytest.mark.parametrize('wrong', [{'steps': 0}, {'seed': -1}, {'learning_rate': math.inf}])
def test_values_without_sense_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        TrainSettings(**wrong)


def test_settings_without_effect_keep_identity():
    assert TrainSettings(resume=True).to_json() == TrainSettings().to_json()
    assert TrainSettings(seed=1).to_json() != TrainSettings().to_json()
