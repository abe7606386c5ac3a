# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Interpolation with a limit on the gap, and cleaning of samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.errors import SourceError
from avpr_ros.sources.poses.pose_track import PoseTrack

SECOND_NS = 1_000_000_000
START_NS = 1_700_000_000 * SECOND_NS


def at_seconds(*seconds: float) -> np.ndarray:
    return np.array([START_NS + round(s * SECOND_NS) for s in seconds], dtype=np.int64)


def turning(*seconds: float) -> PoseTrack:
    """Return a track that moves 2 m/s along x and turns 0.4 rad/s about z."""
    rows = [[2 * s, 0, 0, *Rotation.from_euler('z', 0.4 * s).as_quat()] for s in seconds]
    return PoseTrack.from_samples(at_seconds(*seconds), rows, 'test')


def test_positions_and_rotations_are_interpolated() -> None:
    found = turning(0.0, 0.4, 1.0).at(at_seconds(0.1, 0.4, 0.85), 0.6)

    assert found.valid.tolist() == [True, True, True]
    np.testing.assert_allclose(found.translations_m[:, 0], [0.2, 0.8, 1.7], atol=1e-9)
    yaw = found.rotations.as_euler('zyx')[:, 0]
    np.testing.assert_allclose(yaw, [0.04, 0.16, 0.34], atol=1e-9)


def test_pose_track_interpolates_shorter_rotation() -> None:
    rows = [[0, 0, 0, *Rotation.from_euler('z', yaw, True).as_quat()] for yaw in (170, -170)]
    rows[1][3:] = [-value for value in rows[1][3:]]  # the same rotation, the other sign

    found = PoseTrack.from_samples(at_seconds(0, 1), rows, 'test').at(at_seconds(0.5), 2.0)

    assert abs(found.pose(0).yaw_rad()) == pytest.approx(np.pi)


def test_gap_limit_ends_and_exact_hits() -> None:
    track = turning(0.0, 0.5, 2.0)
    stamps = at_seconds(-0.1, 0.0, 0.25, 0.5005, 1.0, 1.9995, 2.0, 2.1)

    valid = track.at(stamps, 0.5).valid

    # within a millisecond of a sample its pose holds, beyond the ends nothing does
    assert valid.tolist() == [False, True, True, True, False, True, True, False]
    assert track.at(stamps, 1.5).valid.tolist()[4] is True


def test_a_single_sample_holds_at_its_stamp_only() -> None:
    found = turning(1.0).at(at_seconds(0.9, 1.0, 1.1), 10.0)

    assert found.valid.tolist() == [False, True, False]
    assert found.pose(1).translation_m.tolist() == [2, 0, 0]


def test_samples_are_sorted_cleaned_and_counted() -> None:
    identity = [0, 0, 0, 1]
    rows = [
        [1, 0, 0, *identity],
        [0, 0, 0, *identity],
        [1, 9, 0, *identity],  # its stamp was there already
        [np.nan, 0, 0, *identity],
        [1e30, 0, 0, *identity],
        [0, 0, 0, 0, 0, 0, 0],
        [2, 0, 0, 0, 0, 0, 1.01],
    ]
    track = PoseTrack.from_samples(at_seconds(1, 0, 1, 4, 5, 6, 2), rows, 'test')

    assert track.stamps_ns.tolist() == at_seconds(0, 1, 2).tolist()
    assert track.translations_m[:, :2].tolist() == [[0, 0], [1, 0], [2, 0]]
    assert track.quaternions[2].tolist() == identity
    assert (track.jumps_back, track.duplicates, track.invalid) == (1, 1, 3)
    assert track.checks()[0].level == 'warning'
    assert turning(0, 1).checks() == ()


def test_no_usable_sample_is_refused() -> None:
    for rows in ([], [[0, 0, 0, 0, 0, 0, 0]]):
        with pytest.raises(SourceError, match='test gives no usable pose'):
            PoseTrack.from_samples(at_seconds(*range(len(rows))), rows, 'test')


def test_largest_gap_counts_the_ends() -> None:
    track = turning(0.0, 0.5, 2.0, 2.5)

    assert track.largest_gap_s(*at_seconds(0.0, 2.5)) == pytest.approx(1.5)
    assert track.largest_gap_s(*at_seconds(2.0, 5.0)) == pytest.approx(2.5)
    assert track.span_ns() == tuple(at_seconds(0.0, 2.5))


def test_two_positions_at_one_stamp_and_quaternions_of_zero_are_named() -> None:
    rows = [[float(x), 0, 0, 0, 0, 0, 1] for x in (0, 50, 1)]
    (_, check) = PoseTrack.from_samples([0, 0, 1], rows, '/odom').checks()
    assert check.level == 'error'
    assert '50.0 m apart at one stamp' in check.text
    with pytest.raises(SourceError, match='all quaternions are 0'):
        PoseTrack.from_samples([0], [[1, 2, 3, 0, 0, 0, 0]], '/odom')


def test_quaternions_with_w_in_front_are_a_warning() -> None:
    yaw = np.linspace(0, 1, 5)
    rows = [[0, 0, 0, np.cos(a / 2), 0, 0, np.sin(a / 2)] for a in yaw]
    (check,) = PoseTrack.from_samples(at_seconds(*range(5)), rows, '/odom').checks()
    assert 'the order is x y z w' in check.text
