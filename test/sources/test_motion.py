# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses that no motion explains: outliers go, jumps are named with their stamp."""

from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.sources.poses.motion import check_motion

TENTH_NS = 100_000_000


def straight(count: int = 100) -> tuple[IntArray, FloatArray]:
    """Return a drive along x at 1 m/s, ten samples a second."""
    stamps = np.arange(count, dtype=np.int64) * TENTH_NS
    return stamps, np.stack([np.arange(count) / 10, np.zeros(count), np.zeros(count)], axis=1)


def test_steady_motion_has_no_finding() -> None:
    motion = check_motion(*straight())

    assert motion.kept.all()
    assert motion.checks('/odom', odometry=True) == ()


@pytest.mark.parametrize('row', [0, 50, 99])
def test_a_pose_a_million_metres_off_is_left_out(row: int) -> None:
    stamps, positions = straight()
    positions[row] += 1e6

    motion = check_motion(stamps, positions)

    assert np.flatnonzero(~motion.kept).tolist() == [row]
    (check,) = motion.checks('/odom', odometry=True)
    assert check.level == 'warning'
    assert f'at stamp {row * 0.1:.9f}' in check.text


def test_a_jump_that_stays_is_an_error_of_odometry_only() -> None:
    stamps, positions = straight()
    positions[40:] += 70.0

    motion = check_motion(stamps, positions)

    assert motion.kept.all()
    assert motion.checks('/odom', odometry=True)[0].level == 'error'
    (check,) = motion.checks('/pose', odometry=False)
    assert check.level == 'warning'
    assert 'jumps 1 times, first 121.' in check.text
    assert 'at stamp 4.000000000' in check.text


def test_two_publishers_on_one_topic_are_an_error() -> None:
    stamps, positions = straight()
    positions[::2, 1] += 7.0

    (check,) = check_motion(stamps, positions).checks('/odom', odometry=False)

    assert check.level == 'error'
    assert 'two publishers' in check.text


def test_stop_and_go_and_slow_samples_are_plausible() -> None:
    stamps, positions = straight()
    positions[:, 0] = np.concatenate([np.zeros(90), np.arange(10) * 0.9])
    assert check_motion(stamps, positions).kept.all()

    sparse = np.arange(20, dtype=np.int64) * 1_000_000_000
    fast = np.stack([np.arange(20) * 30.0, np.zeros(20), np.zeros(20)], axis=1)
    motion = check_motion(sparse, fast)
    assert motion.kept.all()
    assert motion.jumps == ()


def test_corrections_of_a_metre_are_plausible() -> None:
    stamps, positions = straight()
    positions[50:] += 1.0

    assert check_motion(stamps, positions).jumps == ()


@pytest.mark.parametrize('offset_m', [0.3, 1.0, 2.5])
@pytest.mark.parametrize('speed', [0.0, 1.0, 20.0])
def test_two_publishers_less_than_a_jump_apart_are_an_error(offset_m: float, speed: float) -> None:
    stamps, positions = straight()
    positions = positions * speed + np.random.default_rng(0).normal(0, 0.02, positions.shape)
    positions[::2, 1] += offset_m

    (check,) = check_motion(stamps, positions).checks('/odom', odometry=True)
    assert check.level == 'error'
    assert 'alternates between two tracks' in check.text


@pytest.mark.parametrize('noise_m', [0.05, 0.5, 2.0])
def test_noise_of_a_receiver_does_not_alternate(noise_m: float) -> None:
    stamps, positions = straight(400)
    positions += np.random.default_rng(1).normal(0, noise_m, positions.shape)
    assert check_motion(stamps, positions).alternation_m == 0.0


def test_positions_sent_twice_do_not_alternate() -> None:
    stamps, positions = straight()
    assert check_motion(stamps, np.repeat(positions[::2], 2, axis=0) * 20).alternation_m == 0.0
    uneven = stamps + np.where(np.arange(len(stamps)) % 2, 60_000_000, 0)
    positions[:, 0] = uneven * 20e-9
    assert check_motion(uneven, positions).alternation_m == 0.0


def test_positions_in_millimetres_are_named() -> None:
    stamps, positions = straight()
    (check,) = check_motion(stamps, 1000 * positions).checks('/odom', odometry=False)
    assert (check.level, 'not in metres' in check.text) == ('error', True)
