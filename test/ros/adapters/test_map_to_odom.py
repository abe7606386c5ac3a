# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

from builtin_interfaces.msg import Time
from match_stream import START_NS, fix_at
import numpy as np
import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.map_to_odom import DuplicatePublisherDetector, MapToOdom
from avpr_ros.ros.adapters.match_consistency import ConsistencySettings, MatchConsistency
from avpr_ros.ros.adapters.tf_output import TfOutput, transform_message
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer


def test_map_to_odom_with_odometry_at_image_stamp_gives_fix() -> None:
    odometry = OdometryBuffer(10.0)
    adapter = MapToOdom(
        MatchConsistency(ConsistencySettings(min_consistent_matches=1), odometry), odometry
    )
    assert adapter.on_fix(fix_at(5, 1)).send is None
    assert adapter.map_from_odom is None
    odom_from_base = Pose.from_xy_yaw(7.0, -2.0, 2.0)
    odometry.add(START_NS + 2 * 10**9, odom_from_base)
    fix = fix_at(3.0, 2.0, y_m=4.0, yaw_rad=0.5)
    assert adapter.on_fix(fix).send is not None
    there = adapter.map_from_odom @ odom_from_base
    np.testing.assert_allclose(there.as_xyz_quaternion(), fix.pose.as_xyz_quaternion(), atol=1e-12)
    assert adapter.map_frame == 'map'


def test_duplicate_detector_other_transforms_are_foreign() -> None:
    others = DuplicatePublisherDetector()
    others.sent(5, 6, 1.0)
    assert not others.is_foreign(5, 6, 1.0)
    assert others.is_foreign(5, 7, 1.0)
    assert others.is_foreign(5, 6, 2.0)  # another node that takes the stamps of odometry, too


class Bus:
    """A node with a ``/tf`` that everybody hears, itself included."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.transforms: list[Any] = []
        self._heard: Any = None

    def create_publisher(self, *_: Any) -> Any:
        return self

    def create_subscription(self, _: Any, topic: str, callback: Any, __: Any) -> None:
        assert topic == '/tf'
        self._heard = callback

    def get_logger(self) -> Any:
        return SimpleNamespace(error=self.errors.append)

    def publish(self, message: Any) -> None:
        self.transforms += message.transforms
        self._heard(message)


def test_tf_output_stops_when_another_node_publishes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in = ModuleType('tf2_msgs.msg')
    stand_in.TFMessage = SimpleNamespace  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, 'tf2_msgs.msg', stand_in)
    bus: Any = Bus()
    output = TfOutput(bus, 'odom')
    for k in range(3):
        output.publish(Pose.from_xy_yaw(k, 0.0, 0.1), 'map', Time(sec=k))
    assert len(bus.transforms) == 3
    assert not output.silenced
    of_a_wheel = transform_message(Pose.identity(), 'odom', 'base_link', Time(sec=2))
    bus.publish(SimpleNamespace(transforms=[of_a_wheel]))
    assert not output.silenced
    other = transform_message(Pose.from_xy_yaw(9.0, 0.0, 0.0), 'map', 'odom', Time(sec=2))
    bus.publish(SimpleNamespace(transforms=[other]))
    assert output.silenced
    assert "'map' -> 'odom'" in bus.errors[0]
    output.publish(Pose.identity(), 'map', Time(sec=4))
    assert len(bus.transforms) == 5


def test_transform_message_has_both_frames() -> None:
    message = transform_message(Pose.from_xy_yaw(1, 2, 0.0), 'map', 'odom', Time(sec=1, nanosec=2))
    assert (message.header.frame_id, message.child_frame_id) == ('map', 'odom')
    assert message.transform.translation.y == 2.0
    assert message.transform.rotation.w == 1.0


def test_tf_output_without_tf2_msgs_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, 'tf2_msgs.msg', None)
    with pytest.raises(ConfigError, match='tf2_msgs'):
        TfOutput(None, 'odom')
