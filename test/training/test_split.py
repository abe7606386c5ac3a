# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.errors import TrainingError
from avpr_ros.training.places import Places
from avpr_ros.training.split import split_places

PLACES = Places(np.arange(20) // 2, np.arange(11), np.arange(10), 1.0, 1.0)


def test_whole_places_are_left_out():
    kept, left_out = split_places(PLACES, 0.3, seed=0)
    assert sorted([*kept, *left_out]) == list(range(20))
    assert len(left_out) == 6
    assert not set(PLACES.labels[kept]) & set(PLACES.labels[left_out])


def test_another_seed_leaves_other_places_out():
    choices = {tuple(split_places(PLACES, 0.3, seed)[1]) for seed in range(5)}
    assert len(choices) > 1


def test_split_without_share_holds_out_nothing():
    assert len(split_places(PLACES, 0.0, seed=0)[1]) == 0


@pytest.mark.parametrize('share', [0.01, 0.99])
def test_a_share_that_leaves_nothing_on_one_side_is_refused(share):
    with pytest.raises(TrainingError, match='places leaves'):
        split_places(PLACES, share, seed=0)
