# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from avpr_ros.gallery.places import PlaceCriterion
from avpr_ros.mapping.leave_one_out import best_and_rival


def test_best_and_rival_on_two_storeys_finds_the_rival_above():
    poses = np.zeros((4, 7))
    poses[:, 0], poses[2, 2], poses[:, 6] = (0.0, 1.0, 0.0, 50.0), 3.0, 1.0
    similarities = np.array([0.9, 0.85, 0.8, 0.3])
    assert best_and_rival(similarities, poses, PlaceCriterion(5.0, np.pi / 2)) == (0, 0.8)


def test_best_and_rival_of_one_place_has_no_rival():
    poses = np.tile([0.0, 0, 0, 0, 0, 0, 1], (2, 1))
    best, rival = best_and_rival(np.array([0.2, 0.3]), poses, PlaceCriterion(5.0, np.pi / 2))
    assert (best, rival) == (1, -np.inf)
