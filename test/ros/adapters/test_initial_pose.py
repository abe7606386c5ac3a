# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from match_stream import START_NS, fix_at

from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.factory import AdapterParts, build
from avpr_ros.ros.adapters.parameters import AdapterSettings
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer


def built(**settings: object) -> tuple[AdapterParts, OdometryBuffer]:
    odometry = OdometryBuffer(100.0)
    return build(AdapterSettings(**{'min_consistent_matches': 1, **settings}), odometry), odometry


def sent(parts: AdapterParts, *fixes: tuple[float, float]) -> list[bool]:
    return [parts.adapter.on_fix(fix_at(x, t)).send is not None for x, t in fixes]


def test_initial_pose_at_startup_is_sent_once() -> None:
    parts, _ = built()
    assert sent(parts, (0, 0), (0, 20), (0, 40)) == [True, False, False]


def test_initial_pose_with_startup_off_is_not_sent() -> None:
    parts, _ = built(send_on_startup=False)
    assert sent(parts, (0, 0), (0, 20)) == [False, False]


def test_initial_pose_with_agreeing_consumer_is_not_sent() -> None:
    parts, _ = built()
    parts.divergence.on_consumer_pose(fix_at(0.5, 0.0))
    assert sent(parts, (0, 0), (0, 1)) == [False, False]


def test_request_with_agreeing_consumer_sends_one_pose() -> None:
    parts, _ = built(send_on_startup=False)
    parts.divergence.on_consumer_pose(fix_at(0.0, 0.0))
    parts.adapter.request('a person')
    assert sent(parts, (0, 0.5), (0, 0.8)) == [True, False]


def test_request_within_cool_down_is_delayed() -> None:
    parts, _ = built(cool_down_s=10.0)
    assert sent(parts, (0, 0)) == [True]
    parts.adapter.request('a person')
    assert sent(parts, (0, 5), (0, 9.9), (0, 10.1)) == [False, False, True]


def test_cool_down_ends_when_time_jumps_back() -> None:
    parts, _ = built(cool_down_s=10.0)
    assert sent(parts, (0, 100)) == [True]
    parts.adapter.request('a person')
    assert sent(parts, (0, 1)) == [True]


def test_consumer_that_disagrees_for_lost_after_s_gets_pose() -> None:
    parts, odometry = built(send_on_startup=False, lost_after_s=5.0)
    for k in range(40):
        odometry.add(START_NS + k * 500_000_000, Pose.from_xy_yaw(0.5 * k, 0.0, 0.0))
    parts.divergence.on_consumer_pose(fix_at(30.0, 0.0))
    assert sent(parts, *[(0.5 * k, 0.5 * k) for k in range(1, 13)]) == [*[False] * 10, True, False]


def test_consumer_estimate_is_propagated_by_odometry() -> None:
    parts, odometry = built(send_on_startup=False, lost_after_s=5.0)
    for k in range(40):
        odometry.add(START_NS + k * 500_000_000, Pose.from_xy_yaw(2.0 * k, 0.0, 0.0))
    parts.divergence.on_consumer_pose(fix_at(0.0, 0.0))
    assert not any(sent(parts, *[(2.0 * k, 0.5 * k) for k in range(1, 30)]))


def test_agreeing_estimate_resets_divergence() -> None:
    parts, _ = built(send_on_startup=False, lost_after_s=5.0)
    for second in range(12):
        x_m = 0.0 if second == 4 else 30.0
        parts.divergence.on_consumer_pose(fix_at(x_m, second))
        assert sent(parts, (0, second)) == [second == 10]


def test_old_estimate_without_odometry_is_ignored() -> None:
    parts, _ = built(send_on_startup=False, lost_after_s=1.0)
    parts.divergence.on_consumer_pose(fix_at(30.0, 0.0))
    assert not any(sent(parts, *[(0, second) for second in range(2, 20)]))


def test_fix_in_other_frame_is_rejected() -> None:
    parts, _ = built(map_frame='world')
    decision = parts.adapter.on_fix(fix_at(0, 0))
    assert decision.send is None
    assert "'map'" in decision.text and "'world'" in decision.text


def test_request_without_subscriber_stays_pending() -> None:
    parts, _ = built()
    assert parts.pose_request is not None
    parts.pose_request.has_subscriber = False
    decision = parts.adapter.on_fix(fix_at(0, 0))
    assert decision.send is None
    assert 'No consumer subscribes' in decision.text
    parts.pose_request.has_subscriber = True
    assert sent(parts, (0, 1), (0, 20)) == [True, False]


def test_restarted_consumer_gets_pose_within_cool_down() -> None:
    parts, _ = built()
    assert parts.pose_request is not None and parts.divergence is not None
    assert sent(parts, (0, 0)) == [True]
    parts.divergence.on_consumer_pose(fix_at(0.0, 0.0))
    parts.pose_request.on_consumer_restart()
    parts.divergence.reset()
    assert sent(parts, (0, 1), (0, 20)) == [True, False]


def test_initial_pose_is_propagated_to_newest_odometry() -> None:
    parts, odometry = built()
    for k in range(4):
        odometry.add(START_NS + k * 500_000_000, Pose.from_xy_yaw(1.0 * k, 0.0, 0.1 * k))
    decision = parts.adapter.on_fix(fix_at(10.0, 0.5))
    assert decision.send is not None
    expected = Pose.from_xy_yaw(10.0, 0.0, 0.0) @ (
        Pose.from_xy_yaw(1.0, 0.0, 0.1).inverse() @ Pose.from_xy_yaw(3.0, 0.0, 0.3)
    )
    assert decision.send.stamp_ns == START_NS + 1_500_000_000
    assert decision.send.pose.distance_m(expected) < 1e-9
    assert decision.send.pose.angle_rad(expected) < 1e-6


def test_relocation_sends_pose_unless_consumer_agrees() -> None:
    for known, expected in ((False, [0, 10]), (True, [0])):
        parts, odometry = built(cool_down_s=2.0)
        for second in range(30):
            odometry.add(START_NS + second * 10**9, Pose.identity())
        moved = []
        for second in range(20):
            x_m = 90.0 * (second > 9)
            if known and second:
                parts.divergence.on_consumer_pose(fix_at(x_m, second))
            if sent(parts, (x_m, second)) == [True]:
                moved.append(second)
        assert moved == expected
