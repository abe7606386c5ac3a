# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from drive import START_NS, fix_at

from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.factory import AdapterParts, build
from avpr_ros.ros.adapters.parameters import AdapterSettings
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer


def built(**settings: object) -> tuple[AdapterParts, OdometryBuffer]:
    odometry = OdometryBuffer(100.0)
    return build(AdapterSettings(**{'min_consistent_matches': 1, **settings}), odometry), odometry


def sent(parts: AdapterParts, *fixes: tuple[float, float]) -> list[bool]:
    return [parts.adapter.on_fix(fix_at(x, t)).send is not None for x, t in fixes]


def test_one_pose_at_the_start_and_no_stream() -> None:
    parts, _ = built()
    assert sent(parts, (0, 0), (0, 20), (0, 40)) == [True, False, False]


def test_none_at_the_start_where_that_is_switched_off() -> None:
    parts, _ = built(send_on_startup=False)
    assert sent(parts, (0, 0), (0, 20)) == [False, False]


def test_none_at_the_start_when_the_consumer_already_agrees() -> None:
    parts, _ = built()
    parts.watch.on_consumer_pose(fix_at(0.5, 0.0))
    assert sent(parts, (0, 0), (0, 1)) == [False, False]


def test_a_request_is_met_once_even_when_the_consumer_agrees() -> None:
    parts, _ = built(send_on_startup=False)
    parts.watch.on_consumer_pose(fix_at(0.0, 0.0))
    parts.adapter.request('a person')
    assert sent(parts, (0, 0.5), (0, 0.8)) == [True, False]


def test_the_cool_down_holds_the_next_request_back() -> None:
    parts, _ = built(cool_down_s=10.0)
    assert sent(parts, (0, 0)) == [True]
    parts.adapter.request('a person')
    assert sent(parts, (0, 5), (0, 9.9), (0, 10.1)) == [False, False, True]


def test_time_that_goes_back_ends_the_cool_down() -> None:
    parts, _ = built(cool_down_s=10.0)
    assert sent(parts, (0, 100)) == [True]
    parts.adapter.request('a person')
    assert sent(parts, (0, 1)) == [True]


def test_a_consumer_that_is_off_for_long_enough_is_lost() -> None:
    parts, odometry = built(send_on_startup=False, lost_after_s=5.0)
    for k in range(40):
        odometry.add(START_NS + k * 500_000_000, Pose.from_xy_yaw(0.5 * k, 0.0, 0.0))
    parts.watch.on_consumer_pose(fix_at(30.0, 0.0))
    assert sent(parts, *[(0.5 * k, 0.5 * k) for k in range(1, 13)]) == [*[False] * 10, True, False]


def test_a_consumer_carried_on_by_odometry_is_not_lost() -> None:
    parts, odometry = built(send_on_startup=False, lost_after_s=5.0)
    for k in range(40):
        odometry.add(START_NS + k * 500_000_000, Pose.from_xy_yaw(2.0 * k, 0.0, 0.0))
    parts.watch.on_consumer_pose(fix_at(0.0, 0.0))
    assert not any(sent(parts, *[(2.0 * k, 0.5 * k) for k in range(1, 30)]))


def test_one_estimate_that_agrees_ends_being_lost() -> None:
    parts, _ = built(send_on_startup=False, lost_after_s=5.0)
    for second in range(12):
        x_m = 0.0 if second == 4 else 30.0
        parts.watch.on_consumer_pose(fix_at(x_m, second))
        assert sent(parts, (0, second)) == [second == 10]


def test_an_old_estimate_without_odometry_says_nothing() -> None:
    parts, _ = built(send_on_startup=False, lost_after_s=1.0)
    parts.watch.on_consumer_pose(fix_at(30.0, 0.0))
    assert not any(sent(parts, *[(0, second) for second in range(2, 20)]))


def test_another_frame_is_refused() -> None:
    parts, _ = built(map_frame='world')
    decision = parts.adapter.on_fix(fix_at(0, 0))
    assert decision.send is None
    assert "'map'" in decision.text and "'world'" in decision.text


def test_a_request_stays_while_nobody_listens() -> None:
    parts, _ = built()
    assert parts.one_shot is not None
    parts.one_shot.heard = False
    decision = parts.adapter.on_fix(fix_at(0, 0))
    assert decision.send is None
    assert 'Nobody listens' in decision.text
    parts.one_shot.heard = True
    assert sent(parts, (0, 1), (0, 20)) == [True, False]


def test_a_consumer_that_was_started_again_gets_a_pose_at_once() -> None:
    parts, _ = built()
    assert parts.one_shot is not None and parts.watch is not None
    assert sent(parts, (0, 0)) == [True]
    parts.watch.on_consumer_pose(fix_at(0.0, 0.0))
    parts.one_shot.consumer_came()
    parts.watch.forget()
    assert sent(parts, (0, 1), (0, 20)) == [True, False]


def test_a_pose_is_sent_as_of_the_newest_odometry() -> None:
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


def test_a_robot_that_was_moved_is_told_at_once_unless_the_consumer_knows() -> None:
    for known, expected in ((False, [0, 10]), (True, [0])):
        parts, odometry = built(cool_down_s=2.0)
        for second in range(30):
            odometry.add(START_NS + second * 10**9, Pose.identity())
        moved = []
        for second in range(20):
            x_m = 90.0 * (second > 9)
            if known and second:
                parts.watch.on_consumer_pose(fix_at(x_m, second))
            if sent(parts, (x_m, second)) == [True]:
                moved.append(second)
        assert moved == expected
