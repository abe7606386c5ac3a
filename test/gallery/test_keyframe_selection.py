# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np

from avpr_ros.gallery.keyframe_selection import select_keyframes
from avpr_ros.poses import Pose


def _select(poses):
    stamps_ns = np.arange(len(poses), dtype=np.int64)
    return select_keyframes(stamps_ns, poses, 1.0, math.radians(15)).tolist()


def test_frames_one_step_apart_are_all_kept():
    # 0.1 summed ten times is not 1.0; neither is the UTM easting of a frame.
    poses = [Pose.from_xy_yaw(512345.1 + 0.1 * 10 * i, 0, 0) for i in range(50)]
    assert _select(poses) == list(range(50))


def test_frames_about_one_step_apart_are_all_kept():
    rng = np.random.default_rng(0)
    steps_m = rng.uniform(0.92, 1.1, size=50)
    assert _select([Pose.from_xy_yaw(x, 0, 0) for x in np.cumsum(steps_m)]) == list(range(50))


def test_distance_counts_from_the_last_keyframe():
    poses = [Pose.from_xy_yaw(x, 0, 0) for x in (0, 0.6, 1.2, 1.8, 2.4)]
    assert _select(poses) == [0, 2, 4]


def test_rotation_on_the_spot_counts():
    poses = [Pose.from_xy_yaw(0, 0, math.radians(10 * i)) for i in range(5)]
    assert _select(poses) == [0, 2, 4]


def test_the_walk_follows_time():
    poses = [Pose.from_xy_yaw(x, 0, 0) for x in (2, 0, 1)]
    chosen = select_keyframes(np.array([2, 0, 1]), poses, 1.5, 9.0)
    assert chosen.tolist() == [1, 0]


def test_nothing_gives_nothing():
    assert _select([]) == []
