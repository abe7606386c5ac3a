# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from simulation.drives.drives import Drive, Driving, drive_along
from simulation.drives.scenario import FULL, QUICK, third_drive
from simulation.town.streets import ROAD_M, StreetGrid

_CALM = Driving(6.0, 4.0, 0.0, 0.0, 0.0, 1)


def _grid() -> StreetGrid:
    return StreetGrid(np.array([0.0, 50.0, 100.0]), np.array([0.0, 60.0]))


def _at(drive: Drive, x_m: float, y_m: float) -> tuple[float, float]:
    """Return (distance to the nearest point of the path, heading there)."""
    away = np.hypot(*(drive.xy_m - [x_m, y_m]).T)
    return float(away.min()), float(drive.yaw_rad[away.argmin()])


def test_it_drives_on_the_right_hand_side_with_the_street_s_heading() -> None:
    drive = drive_along(_grid(), [(0, 0), (1, 0), (1, 1)], _CALM)

    east_m, east_yaw = _at(drive, 25.0, -1.7)
    north_m, north_yaw = _at(drive, 51.7, 40.0)

    assert east_m < 0.2
    assert east_yaw == pytest.approx(0.0, abs=0.02)
    assert north_m < 0.2
    assert north_yaw == pytest.approx(np.pi / 2, abs=0.02)


def test_an_offset_to_the_left_moves_the_path_to_the_left() -> None:
    drive = drive_along(_grid(), [(0, 0), (1, 0), (2, 0)], Driving(6, 4, 1.2, 0.0, 0.0, 1))

    assert _at(drive, 25.0, -0.5)[0] < 0.2


def test_drive_path_is_smooth_and_slow_in_turns() -> None:
    drive = drive_along(_grid(), [(0, 0), (1, 0), (1, 1)], _CALM)

    steps_m = np.hypot(*np.diff(drive.xy_m, axis=0).T)
    speed = steps_m / np.diff(drive.times_s)
    assert np.abs(np.diff(drive.yaw_rad)).max() < 0.12
    assert speed.max() == pytest.approx(6.0, rel=0.05)
    assert speed.min() < 4.5
    assert (np.diff(drive.times_s) > 0).all()


def test_poses_between_the_table_s_points_are_interpolated() -> None:
    drive = drive_along(_grid(), [(0, 0), (1, 0), (2, 0)], _CALM)

    first, middle, last = (drive.pose_at(t).translation_m for t in (3.0, 3.01, 3.02))

    assert np.allclose(middle, (first + last) / 2, atol=1e-3)
    assert not np.allclose(first, last)


def test_equal_seeds_give_equal_drives_and_others_differ() -> None:
    route = [(0, 0), (1, 0), (2, 0)]
    one, same, other = (
        drive_along(_grid(), route, Driving(6, 4, 0, 0.3, 0.03, seed)) for seed in (1, 1, 2)
    )

    assert np.array_equal(one.xy_m, same.xy_m)
    assert not np.array_equal(one.xy_m, other.xy_m)


@pytest.mark.parametrize('scenario', [FULL, QUICK])
def test_the_second_drive_uses_mapped_streets_in_the_mapped_direction(scenario) -> None:
    mapped = set(zip(scenario.mapping.route[:-1], scenario.mapping.route[1:], strict=True))
    driven = set(zip(scenario.query.route[:-1], scenario.query.route[1:], strict=True))

    assert driven <= mapped
    for a, b in mapped | driven:
        assert abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1
        assert max(a[0], b[0]) < scenario.mapping.town.columns
        assert max(a[1], b[1]) < scenario.mapping.town.rows


def test_drives_of_the_demo_stay_on_the_road_and_differ_by_a_lane_offset() -> None:
    grid = FULL.mapping.town.grid()
    first = drive_along(grid, FULL.mapping.route, FULL.mapping.driving)
    second = drive_along(grid, FULL.query.route, FULL.query.driving)

    for drive in (first, second):
        off_m = np.minimum(
            np.abs(drive.xy_m[:, :1] - grid.east_m).min(1),
            np.abs(drive.xy_m[:, 1:] - grid.north_m).min(1),
        )
        # At crossings a corner may be cut.
        assert np.quantile(off_m, 0.98) < ROAD_M / 2 - 1.0
    nearest_m = np.array([np.hypot(*(first.xy_m - p).T).min() for p in second.xy_m[::8]])
    assert 0.5 < np.median(nearest_m) < 2.0
    assert nearest_m.max() < 5.0


def test_the_third_drive_takes_the_query_s_streets_in_another_light_and_traffic() -> None:
    second, third = FULL.query, third_drive(FULL, 'night')

    assert (third.town, third.route, third.drift) == (second.town, second.route, second.drift)
    assert third.light == 'night'
    assert third.name not in {FULL.mapping.name, second.name}
    assert {third.seed, third.driving.seed}.isdisjoint({second.seed, second.driving.seed})
    path = second.drive().xy_m
    away_m = [np.hypot(*(path - at).T).min() for at in third.drive().xy_m[::40]]
    assert max(away_m) < 2.0
