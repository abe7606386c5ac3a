# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Findings in words: what decides between ok, warning and error."""

from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.poses import Pose
from avpr_ros.sources.checks.image_checks import images_check, stamps_check
from avpr_ros.sources.checks.pose_checks import coverage_check, path_check, pose_stamps_check
from avpr_ros.sources.preflight import Preflight, PreflightCheck

SECOND_NS = 1_000_000_000
STAMPS = np.arange(10, dtype=np.int64) * SECOND_NS


def test_one_error_is_enough() -> None:
    fine, odd, bad = (PreflightCheck('x', level, '') for level in ('ok', 'warning', 'error'))

    assert Preflight((fine, odd), STAMPS, []).ok
    assert not Preflight((fine, bad, odd), STAMPS, []).ok


def test_images() -> None:
    assert images_check('/cam', STAMPS).text == '10 images in 9.0 s from /cam.'
    assert images_check('/cam', STAMPS[:0]).level == 'error'


@pytest.mark.parametrize(
    ('counts', 'level'),
    [
        ((100, 0, 0, 0), 'ok'),
        ((100, 1, 0, 0), 'warning'),
        ((100, 3, 5, 5), 'warning'),
        ((100, 3, 6, 5), 'error'),
    ],
)
def test_stamps(counts: tuple[int, int, int, int], level: str) -> None:
    assert stamps_check(*counts).level == level


@pytest.mark.parametrize(
    ('with_pose', 'level'), [(10, 'ok'), (9, 'ok'), (8, 'warning'), (0, 'error')]
)
def test_coverage_levels(with_pose: int, level: str) -> None:
    span = (0, 9 * SECOND_NS)

    check = coverage_check('/odom', STAMPS, with_pose, span, (0.1, 0.5))

    assert check.level == level
    assert f'{with_pose} of 10 images ({with_pose / 10:.0%}) have a pose from /odom' in check.text
    assert 'would interpolate' not in check.text


def test_longer_gap_in_a_covered_drive_is_explained() -> None:
    span = (0, 100 * 10**9)
    check = coverage_check('a', np.tile(STAMPS, 100), 100 * len(STAMPS) - 1, span, (0.83, 0.5))
    assert check.level == 'ok'
    assert 'limit 0.5 s, so the images within it are left out' in check.text
    assert 'left out' not in coverage_check('a', STAMPS, len(STAMPS), span, (0.83, 0.5)).text


def test_coverage_check_suggests_gap_limit() -> None:
    span = (0, 9 * SECOND_NS)
    far = (100 * SECOND_NS, 200 * SECOND_NS)

    assert (
        '--max-gap-s 1.25 would interpolate it'
        in coverage_check('a', STAMPS, 5, span, (1.25, 1)).text
    )
    assert (
        'poses span 100.000 to 200.000 s but images 0.000 to 9.000 s'
        in coverage_check('a', STAMPS, 0, far, (9.0, 0.5)).text
    )
    part = coverage_check('a', STAMPS, 6, (4 * SECOND_NS, 20 * SECOND_NS), (4.0, 0.5))
    assert part.level == 'warning'
    assert 'check that both use one clock' in part.text
    assert '--max-gap-s' not in part.text
    assert 'gap' not in coverage_check('a', STAMPS, 5, span, None).text


def test_path() -> None:
    corner = [Pose.from_xy_yaw(x, y, 0.0) for x, y in ((0, 0), (3, 0), (3, 4))]

    assert path_check(corner).text == 'The path is 7.0 m long in an area of 3.0 x 4.0 m.'
    assert path_check(corner[:1] * 3).level == 'warning'


@pytest.mark.parametrize(
    ('height_m', 'level'), [(6_371_000.0, 'warning'), (-12_000.0, 'warning'), (5_800.0, 'ok')]
)
def test_height_beyond_those_of_the_earth_is_a_warning(height_m: float, level: str) -> None:
    rotation = Pose.from_xy_yaw(0.0, 0.0, 0.0).rotation
    poses = [Pose(np.array([x, 0.0, height_m]), rotation) for x in range(5)]
    check = path_check(poses)
    assert check.level == level
    assert (f'at a height of {height_m / 1000:.0f} km' in check.text) == (level == 'warning')


def test_pose_stamps() -> None:
    assert pose_stamps_check(0, 0, 0) == ()
    assert '2 have invalid numbers' not in pose_stamps_check(2, 0, 0)[0].text


@pytest.mark.parametrize(
    ('at', 'level'), [((48.137, 11.575), 'warning'), ((0.5, 0.2), 'ok'), ((4.2e5, 5.3e6), 'ok')]
)
def test_positions_that_look_like_degrees_are_a_warning(
    at: tuple[float, float], level: str
) -> None:
    poses = [Pose.from_xy_yaw(at[0] + 1e-4 * i, at[1] + 1e-4 * i, 0.0) for i in range(10)]
    check = path_check(poses)
    assert check.level == level
    assert ('latitude and longitude in degrees' in check.text) == (level == 'warning')
