# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache

import consumer_rules
from geometry_msgs.msg import PoseWithCovarianceStamped
from match_stream import fix_at, message_of, random_drive
import numpy as np
import pytest

from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.factory import build
from avpr_ros.ros.adapters.map_to_odom import MapToOdom
from avpr_ros.ros.adapters.parameters import AdapterSettings
from avpr_ros.ros.adapters.rtab_map.rtabmap_link import GraphLink, LinkMaker
from avpr_ros.ros.adapters.tf_output import transform_message
from avpr_ros.ros.common.loop_closure import closure_from_message
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.stamped_pose import fix_from_message, fix_to_message

MATCHES = 2000


@cache
def drive() -> list[tuple[int, Pose, PoseWithCovarianceStamped]]:
    return list(random_drive(1, MATCHES))


@cache
def emitted(mode: str, with_odometry: bool = True, requests: bool = False) -> list[object]:
    """Everything an adapter sends on a long drive, with a request every 40 matches."""
    settings = AdapterSettings(mode=mode, map_frame='map', cool_down_s=10.0, agree_radius_m=3.0)
    odometry = OdometryBuffer(120.0)
    adapter = build(settings, odometry).adapter
    sent = []
    for number, (stamp_ns, pose, message) in enumerate(drive()):
        if with_odometry:
            odometry.add(stamp_ns, pose)
        if requests and number % 40 == 0:
            adapter.request('the test')
        try:
            fix = fix_from_message(message)
        except ValueError:
            continue
        decision = adapter.on_fix(fix)
        assert decision.text
        if decision.send is not None:
            sent.append(fix_to_message(decision.send))
    return sent


@pytest.mark.parametrize('with_odometry', [True, False])
def test_initial_pose_every_message_is_valid_for_amcl_and_slam_toolbox(
    with_odometry: bool,
) -> None:
    sent = emitted('initialpose', with_odometry, requests=True)
    assert len(sent) > 40
    assert [consumer_rules.amcl(one, 'map') for one in sent] == [[]] * len(sent)
    stamps = [one.header.stamp.sec * 10**9 + one.header.stamp.nanosec for one in sent]
    assert consumer_rules.slam_toolbox(stamps, 10.0) == []
    assert max(abs(one.pose.pose.position.z) for one in sent) == 0.0


def test_initial_pose_without_request_is_not_streamed() -> None:
    assert len(emitted('initialpose')) == 1


def test_robot_localization_variances_have_a_floor() -> None:
    sent = emitted('robot_localization')
    problems = [consumer_rules.robot_localization(one, 'map') for one in sent]
    assert len(sent) > 0.9 * MATCHES
    assert problems == [[]] * len(sent)
    assert consumer_rules.in_order(sent) == []


def test_rtabmap_global_pose_covariance_is_invertible_and_frame_is_base() -> None:
    sent = emitted('rtabmap_global_pose')
    assert len(sent) > 0.5 * MATCHES
    assert [consumer_rules.rtabmap_global_pose(one, 'base_link') for one in sent] == [[]] * len(
        sent
    )


def test_rtabmap_link_joins_two_nodes_with_invertible_information() -> None:
    odometry = OdometryBuffer(120.0)
    maker = LinkMaker(odometry)
    rng = np.random.default_rng(2)
    keyframes = [pose for _, pose, _ in drive()[:400:4]]
    nodes = {1 + number: pose for number, pose in enumerate(keyframes[::2])}
    maker.on_keyframes(keyframes)
    maker.on_graph(nodes)
    links = []
    for number, (stamp_ns, pose, message) in enumerate(drive()):
        odometry.add(stamp_ns, pose)
        if number % 3 == 0:
            maker.on_node(stamp_ns, 1000 + number)
        message.header.frame_id = f'keyframe_{rng.integers(len(keyframes) + 2)}'
        try:
            closure = closure_from_message(message)
        except ValueError:
            continue
        finally:
            message.header.frame_id = 'map'
        link = maker.link(
            closure.stamp_ns, closure.keyframe_id, closure.keyframe_from_base, closure.covariance
        )
        if isinstance(link, GraphLink):
            links.append(link)
    assert len(links) > 0.5 * MATCHES
    for link in links:
        assert link.from_id in nodes
        assert (link.to_id - 1000) % 3 == 0
        assert np.linalg.eigvalsh(link.information).min() > 0.0
        assert link.from_node_from_to_node.finite


def test_map_to_odom_is_planar_transform_in_map() -> None:
    settings = AdapterSettings(mode='map_to_odom', map_frame='map', agree_radius_m=3.0)
    odometry = OdometryBuffer(120.0)
    adapter = build(settings, odometry).adapter
    assert isinstance(adapter, MapToOdom)
    levels = []
    for stamp_ns, pose, message in drive():
        odometry.add(stamp_ns, pose)
        with suppress(ValueError):
            adapter.on_fix(fix_from_message(message))
        if adapter.map_from_odom is not None:
            x, y, z, qx, qy, *_ = adapter.map_from_odom.as_xyz_quaternion()
            levels.append((z, qx, qy))
            sent = transform_message(
                adapter.map_from_odom, adapter.map_frame, 'odom', message.header.stamp
            )
            assert consumer_rules.tf2(sent) == []
            # Odometry is the truth here: what is left is the error of one match.
            assert np.hypot(x, y) < 60.0
    assert adapter.map_frame == 'map'
    assert len(levels) > 0.9 * MATCHES
    np.testing.assert_allclose(levels, 0.0, atol=1e-9)


def test_cuvslam_poses_are_in_map_frame() -> None:
    sent = emitted('cuvslam', True, requests=True)
    assert len(sent) > 40
    assert [consumer_rules.cuvslam(one, 'map') for one in sent] == [[]] * len(sent)


@pytest.mark.parametrize('mode', ['initialpose', 'cuvslam'])
def test_wrong_matches_are_never_sent(mode: str) -> None:
    truth = {stamp: pose for stamp, pose, _ in drive()}
    sent = emitted(mode, True, requests=True)
    for message in sent:
        stamp = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
        p = message.pose.pose.position
        away = np.array([p.x, p.y]) - truth[stamp].translation_m[:2]
        assert np.linalg.norm(away) < 3.0


def test_consumer_rules_reject_invalid_messages() -> None:
    good = fix_to_message(fix_at(1.0, 1.0))
    assert consumer_rules.amcl(good, 'map') == []
    unit = [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    negative = np.eye(6)
    negative[0, 1] = negative[1, 0] = -0.1
    assert consumer_rules.amcl(message_of(1.0, unit, negative), 'map')
    assert consumer_rules.amcl(message_of(1.0, unit, 2e9 * np.eye(6)), 'map')
    assert consumer_rules.amcl(message_of(1.0, unit, np.eye(6), ''), 'map')
    assert consumer_rules.amcl(message_of(1.0, [*unit[:6], 1.001], np.eye(6)), 'map')
    assert consumer_rules.amcl(good, 'world')
    zero = message_of(1.0, unit, np.zeros((6, 6)), 'base_link')
    assert consumer_rules.rtabmap_global_pose(zero, 'base_link')
    assert consumer_rules.rtabmap_global_pose(good, 'base_link')
    assert consumer_rules.robot_localization(message_of(1.0, unit, np.zeros((6, 6))), 'map')
    assert consumer_rules.in_order([good, fix_to_message(fix_at(1.0, 0.5))])
    assert consumer_rules.slam_toolbox([0, 10**9], 10.0)
    assert consumer_rules.cuvslam(fix_to_message(replace(fix_at(0, 0), frame_id='odom')), 'map')
