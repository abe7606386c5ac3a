# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.gallery.places import (
    default_distinct_radius_m,
    is_distinct_place,
    keyframe_spacing_m,
)
from avpr_ros.poses import Pose


@pytest.mark.parametrize(
    ('step_m', 'set_m', 'spacing_m', 'radius_m'),
    [(4.0, 1.0, 4.0, 20.0), (0.05, 0.01, 0.05, 2.0), (0.0, 0.0, 0.0, 2.0)],
)
def test_places_follow_the_spacing_but_are_never_tiny(
    make_gallery, step_m, set_m, spacing_m, radius_m
):
    poses = [Pose.from_xy_yaw(step_m * i, 0, 0) for i in range(5)]
    gallery = make_gallery(np.eye(5, dtype=np.float32), poses, min_distance_m=set_m)
    assert keyframe_spacing_m(gallery) == pytest.approx(spacing_m)
    assert default_distinct_radius_m(gallery) == pytest.approx(radius_m)


@pytest.mark.parametrize(
    ('offset_m', 'radius_m', 'another'),
    [
        ((4.0, 0.0, 0.0), 5.0, False),
        ((6.0, 0.0, 0.0), 5.0, True),
        ((0.0, 0.0, 2.6), 5.0, True),  # the storey above
        ((4.5, 0.0, 1.0), 5.0, False),  # a ramp
        ((0.0, 0.0, 1.9), 2.0, False),
        ((38.0, 0.0, 9.0), 40.0, False),  # a road up a hill
    ],
)
def test_a_place_ends_at_the_ceiling(offset_m, radius_m, another):
    assert bool(is_distinct_place(np.array(offset_m), radius_m)) is another
