# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
import math

import numpy as np
import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.poses import Pose
from avpr_ros.training.places import PlaceSettings, places_from_poses, places_of


def keyframes(poses: list[Pose], sessions: list[int] | None = None) -> Keyframes:
    count = len(poses)
    return Keyframes(
        np.arange(count),
        np.arange(count),
        np.array(sessions or [0] * count, dtype=np.int32),
        np.zeros(count, dtype=np.int32),
        np.stack([pose.as_xyz_quaternion() for pose in poses]),
    )


def straight(count: int, step_m: float = 1.0) -> list[Pose]:
    return [Pose.from_xy_yaw(step_m * index, 0.0, 0.0) for index in range(count)]


@pytest.mark.parametrize('step_m', [0.5, 1.0, 7.0])
def test_two_keyframes_of_a_straight_drive_are_a_place_at_any_spacing(step_m):
    places = places_from_poses(keyframes(straight(12, step_m)), PlaceSettings())
    assert places.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert places.cell_m == pytest.approx(2 * step_m)


def test_only_a_place_and_its_neighbours_are_excluded():
    places = places_from_poses(keyframes(straight(12)), PlaceSettings())
    assert places.excluded(0).tolist() == [0, 1]
    assert places.excluded(3).tolist() == [2, 3, 4]
    mask = places.exclusion_mask(np.arange(places.count))
    assert np.array_equal(mask, mask.T)
    assert mask.diagonal().all()


def test_opposite_heading_is_another_place_and_negative():
    back = [Pose.from_xy_yaw(float(x), 0.0, math.pi) for x in range(11, -1, -1)]
    places = places_from_poses(keyframes(straight(12) + back), PlaceSettings())
    there, again = places.labels[4], places.labels[12 + 7]
    assert there != again
    assert again not in places.excluded(int(there))


def test_a_second_drive_over_the_same_spot_joins_its_places():
    both = keyframes(straight(8) + straight(8), [0] * 8 + [1] * 8)
    places = places_from_poses(both, PlaceSettings())
    assert np.array_equal(places.labels[:8], places.labels[8:])


def test_headings_around_the_cut_at_pi_are_one_sector():
    turns = [Pose.from_xy_yaw(0.0, 0.0, yaw) for yaw in (math.pi - 0.05, -math.pi + 0.05)]
    assert places_from_poses(keyframes(turns), PlaceSettings()).count == 1


def test_one_keyframe_is_one_place():
    places = places_from_poses(keyframes(straight(1)), PlaceSettings())
    assert places.count == 1
    assert places.excluded(0).tolist() == [0]


@pytest.mark.parametrize(
    'settings', [{'cell_m': 0.0}, {'cell_m': math.nan}, {'heading_sectors': 0}]
)
def test_settings_without_sense_are_refused(settings):
    with pytest.raises(ConfigError):
        PlaceSettings(**settings)


def test_the_places_that_a_dataset_names_come_first():
    rows = keyframes([Pose.from_xy_yaw(x, 0.0, 0.0) for x in (0.0, 0.1, 900.0)])
    assert places_of(rows, PlaceSettings()).count == 2
    named = places_of(replace(rows, places=np.array([7, 2, 7])), PlaceSettings())
    assert named.labels.tolist() == [1, 0, 1]
    assert [named.excluded(place).tolist() for place in range(named.count)] == [[0], [1]]
