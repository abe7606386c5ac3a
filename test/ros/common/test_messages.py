# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.localization.result import Candidate, MatchResult, PoseEstimate, Reason
from avpr_ros.poses import Pose
from avpr_ros.ros.common import messages
from avpr_ros.ros.common.loop_closure import closure_from_message

STAMP_NS = 1_700_000_000_123_456_789
POSE = Pose.from_xy_yaw(1.0, -2.0, 2.5)
COVARIANCE = np.diag([1.0, 2.0, 3.0, 0.1, 0.2, 0.3])


def candidate(rank: int, reason: Reason) -> Candidate:
    similarity, probability = 0.9 - rank / 10, None if rank else 0.75
    return Candidate(
        rank, 10 + rank, 100 + rank, similarity, 1.1, probability, POSE, reason, reason.value
    )


def test_stamps_go_there_and_back() -> None:
    stamp = messages.stamp_message(STAMP_NS)
    assert (stamp.sec, stamp.nanosec) == (1_700_000_000, 123_456_789)
    assert messages.stamp_ns(stamp) == STAMP_NS


def test_pose_estimate() -> None:
    message = messages.pose_estimate_message(PoseEstimate(POSE, COVARIANCE), STAMP_NS, 'map')
    assert message.header.frame_id == 'map'
    assert messages.stamp_ns(message.header.stamp) == STAMP_NS
    position, orientation = message.pose.pose.position, message.pose.pose.orientation
    assert (position.x, position.y, position.z) == (1.0, -2.0, 0.0)
    assert orientation.z == pytest.approx(np.sin(1.25))
    assert orientation.w == pytest.approx(np.cos(1.25))
    assert np.array_equal(np.reshape(message.pose.covariance, (6, 6)), COVARIANCE)


@pytest.mark.parametrize(
    ('covariance', 'frame', 'said'),
    [
        (COVARIANCE, '', 'without a frame'),
        (np.zeros((6, 6)), 'map', 'variances above zero'),
        (COVARIANCE * np.nan, 'map', 'variances above zero'),
    ],
)
def test_what_must_not_be_published(covariance: np.ndarray, frame: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        messages.pose_estimate_message(PoseEstimate(POSE, covariance), STAMP_NS, frame)


def test_a_loop_closure_is_the_base_seen_from_the_keyframe() -> None:
    keyframe = Pose.from_xy_yaw(1.0, -3.0, np.pi / 2)
    estimate = PoseEstimate(Pose.from_xy_yaw(1.0, -2.0, np.pi), COVARIANCE)

    message = messages.loop_closure_message(estimate, 7, keyframe, STAMP_NS)

    # The map's y axis, along which the robot moved a metre, is the keyframe's x axis.
    closure = closure_from_message(message)
    assert (closure.keyframe_id, closure.stamp_ns) == (7, STAMP_NS)
    assert np.allclose(closure.keyframe_from_base.translation_m, [1.0, 0.0, 0.0])
    assert closure.keyframe_from_base.yaw_rad() == pytest.approx(np.pi / 2)
    assert np.allclose(closure.covariance, np.diag([2.0, 1.0, 3.0, 0.2, 0.1, 0.3]))


def test_the_covariance_of_a_loop_closure_keeps_its_size_whatever_the_heading() -> None:
    keyframe = Pose(np.zeros(3), Rotation.from_euler('zyx', [0.7, 0.2, -0.1]))
    message = messages.loop_closure_message(PoseEstimate(POSE, COVARIANCE), 0, keyframe, STAMP_NS)
    turned = np.reshape(message.pose.covariance, (6, 6))
    assert np.array_equal(turned, turned.T)
    assert np.allclose(np.linalg.eigvalsh(turned), np.sort(np.diag(COVARIANCE)))


@pytest.mark.parametrize('row', [[0, 0, np.inf, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0.1, 1]])
def test_poses_that_consumers_refuse(row: list[float]) -> None:
    with pytest.raises(ValueError, match='published'):
        messages.pose_message(np.array(row, dtype=float))


def test_matches_list_every_candidate_with_its_reason() -> None:
    candidates = (candidate(0, Reason.ACCEPTED), candidate(1, Reason.LOWER_RANK))
    result = MatchResult(
        STAMP_NS, 'left', candidates, PoseEstimate(POSE, COVARIANCE), Reason.ACCEPTED, 'good'
    )
    message = messages.matches_message(result, 'map', 'some-id', 'avpr_localizer')
    assert [status.level for status in message.status] == [
        DiagnosticStatus.OK,
        DiagnosticStatus.WARN,
    ]
    best = message.status[0]
    assert (best.name, best.hardware_id) == ('avpr_localizer: match', 'left')
    values = {pair.key: pair.value for pair in best.values}
    expected = (
        'rank keyframe_id similarity ratio reason probability x_m y_m z_m qx qy qz qw map_id'
    )
    assert list(values) == expected.split()
    assert (values['keyframe_id'], values['reason']) == ('100', 'accepted')
    assert values['map_id'] == 'some-id'
    assert float(values['y_m']) == -2.0
    # Not known for the other one.
    assert all(pair.key != 'probability' for pair in message.status[1].values)


def test_matches_without_a_candidate_give_the_reason() -> None:
    result = MatchResult(STAMP_NS, 'left', (), None, Reason.BAD_DESCRIPTOR, 'all zero')
    (status,) = messages.matches_message(result, 'map', 'some-id', 'avpr_localizer').status
    assert (status.level, status.message) == (DiagnosticStatus.WARN, 'all zero')
    values = {pair.key: pair.value for pair in status.values}
    assert values == {'reason': 'bad_descriptor', 'map_id': 'some-id'}
