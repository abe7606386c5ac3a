# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``add_link`` with stand-ins for rtabmap_msgs and for the node."""

from __future__ import annotations

from collections.abc import Callable
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import consumer_rules
from geometry_msgs.msg import PoseArray
from match_stream import START_NS, random_drive
import pytest

from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.factory import build_consistency
from avpr_ros.ros.adapters.parameters import AdapterSettings
from avpr_ros.ros.adapters.rtab_map.rtabmap_service import RtabmapService
from avpr_ros.ros.common.messages import pose_message, stamp_message
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.stamped_pose import Decision, Fix

SETTINGS = AdapterSettings(mode='rtabmap_add_link', agree_radius_m=3.0, odometry_wait_s=60.0)


class Node:
    """Keeps the callbacks and what is sent to the service."""

    def __init__(self) -> None:
        self.has_subscriber: dict[str, Callable[[Any], None]] = {}
        self.requests: list[Any] = []
        self.ready = True
        self.log: list[str] = []

    def create_subscription(self, _: Any, topic: str, callback: Any, __: Any) -> None:
        self.has_subscriber[topic] = callback

    def create_client(self, _: Any, name: str) -> Any:
        return SimpleNamespace(
            srv_name=name,
            service_is_ready=lambda: self.ready,
            call_async=self.requests.append,
        )

    def resolve_service_name(self, name: str) -> str:
        return f'/{name}'

    def get_logger(self) -> Any:
        return SimpleNamespace(warning=lambda text, **_: self.log.append(text))


class Town:
    """A service, the node it sits on, and what it reported."""

    def __init__(self, settings: AdapterSettings) -> None:
        self.node, self.odometry = Node(), OdometryBuffer(None)
        self.decisions: list[Decision] = []
        consistency = build_consistency(settings, self.odometry)
        self.service = RtabmapService(self.node, consistency, self.odometry, settings, self.note)  # type: ignore[arg-type]

    def note(self, _: Fix, decision: Decision) -> None:
        self.decisions.append(decision)

    def graph(self, nodes: dict[int, Pose]) -> None:
        poses = [pose_message(pose.as_xyz_quaternion()) for pose in nodes.values()]
        self.node.has_subscriber['mapGraph'](SimpleNamespace(poses_id=list(nodes), poses=poses))
        keyframes = PoseArray(poses=poses)
        keyframes.header.frame_id = 'map'
        self.node.has_subscriber['avpr_localizer/keyframes'](keyframes)

    def made(self, stamp_ns: int, node_id: int) -> None:
        header = SimpleNamespace(stamp=stamp_message(stamp_ns))
        self.node.has_subscriber['info'](SimpleNamespace(header=header, ref_id=node_id))

    def closure(self, message: Any) -> None:
        self.node.has_subscriber['avpr_localizer/loop_closure'](message)


@pytest.fixture(autouse=True)
def rtabmap_msgs(monkeypatch: pytest.MonkeyPatch) -> None:
    msg, srv = ModuleType('rtabmap_msgs.msg'), ModuleType('rtabmap_msgs.srv')
    for name in ('Link', 'Info', 'MapGraph'):
        setattr(msg, name, SimpleNamespace)
    srv.AddLink = SimpleNamespace(Request=SimpleNamespace)  # type: ignore[attr-defined]
    for module in (ModuleType('rtabmap_msgs'), msg, srv):
        monkeypatch.setitem(sys.modules, module.__name__, module)


def drive(town: Town, count: int = 600) -> None:
    """The robot sees a keyframe at the origin, well or badly; RTAB-Map makes a node a second."""
    town.graph({1: Pose.identity()})
    for number, (stamp_ns, pose, message) in enumerate(random_drive(4, count)):
        town.odometry.add(stamp_ns, pose)
        if number % 2 == 0:
            town.made(stamp_ns, 100 + number)
        message.header.frame_id = 'keyframe_0' if message.header.frame_id == 'map' else 'nowhere'
        town.closure(message)


def test_rtabmap_service_long_drive_sends_valid_links() -> None:
    town = Town(SETTINGS)
    drive(town)
    assert len(town.node.requests) > 200
    problems = [consumer_rules.rtabmap_link(one.link) for one in town.node.requests]
    assert problems == [[]] * len(problems)
    assert sum(one.send is not None for one in town.decisions) == len(town.node.requests)
    assert any('disagrees' in one.text for one in town.decisions)


def test_rtabmap_service_dry_run_decides_without_calls() -> None:
    real, dry = Town(SETTINGS), Town(AdapterSettings(**{**vars(SETTINGS), 'dry_run': True}))
    for town in (real, dry):
        drive(town, 100)
    assert [one.text for one in dry.decisions] == [one.text for one in real.decisions]
    assert dry.node.requests == []


def test_rtabmap_service_missing_service_is_reported() -> None:
    town = Town(SETTINGS)
    town.node.ready = False
    drive(town, 20)
    assert town.node.requests == []
    assert any('add_link is not available' in one.text for one in town.decisions)


def test_rtabmap_service_closure_waits_for_odometry() -> None:
    town = Town(SETTINGS)
    town.graph({1: Pose.identity()})
    steps = list(random_drive(4, 2))
    town.odometry.add(steps[0][0], steps[0][1])
    message = steps[1][2]
    message.header.frame_id = 'keyframe_0'
    town.closure(message)
    assert town.decisions == []
    town.odometry.add(steps[1][0], steps[1][1])
    town.service.drain()
    assert len(town.decisions) == 1


def test_rtabmap_service_unknown_keyframe_is_ignored() -> None:
    town = Town(SETTINGS)
    town.graph({1: Pose.identity()})
    _, _, message = next(random_drive(4, 1))
    message.header.frame_id = 'keyframe_7'
    town.odometry.add(START_NS + 10**9, Pose.identity())
    town.closure(message)
    assert 'keyframe 7' in town.node.log[-1]
    assert town.decisions == []
