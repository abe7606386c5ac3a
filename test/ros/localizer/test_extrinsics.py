# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
import sys
from types import ModuleType, SimpleNamespace

from geometry_msgs.msg import PoseStamped, TransformStamped
import numpy as np
import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from avpr_ros.errors import ConfigError, ExtrinsicsError
from avpr_ros.ros.localizer.extrinsics import ExtrinsicsProvider, listen_for_extrinsics
from avpr_ros.ros.localizer.parameters import Settings

CAMERAS = ('front', 'left')


def static(parent: str, child: str, x_m: float) -> SimpleNamespace:
    """A message of /tf_static with one transform along x."""
    one = TransformStamped()
    one.header.frame_id, one.child_frame_id = parent, child
    one.transform.translation.x = x_m
    return SimpleNamespace(transforms=[one])


def test_numbers_are_taken_and_the_rest_is_left_to_the_map() -> None:
    extrinsics = ExtrinsicsProvider('front: 0.2 0 1.5 -0.5 0.5 -0.5 0.5', CAMERAS, 'base_link')
    front = extrinsics.base_from_camera('front', 'any_frame')
    assert front is not None
    np.testing.assert_allclose(front.as_xyz_quaternion(), [0.2, 0, 1.5, -0.5, 0.5, -0.5, 0.5])
    assert extrinsics.base_from_camera('left', 'any_frame') is None
    assert not extrinsics.need_tf
    # The same object each time: what was reckoned from it stays good.
    assert extrinsics.base_from_camera('front', 'any_frame') is front


def test_tf_is_followed_over_several_links_and_waited_for() -> None:
    extrinsics = ExtrinsicsProvider('tf', CAMERAS, 'base_link')
    assert extrinsics.need_tf
    extrinsics.take(static('base_link', 'mast', 0.5))
    with pytest.raises(ExtrinsicsError, match=r"'base_link' with 'left_optical'.*camera 'left'"):
        extrinsics.base_from_camera('left', 'left_optical')
    extrinsics.take(static('mast', 'left_optical', 0.25))
    found = extrinsics.base_from_camera('left', '/left_optical')
    assert found is not None
    np.testing.assert_allclose(found.translation_m, [0.75, 0, 0])
    assert extrinsics.base_from_camera('left', 'left_optical') is found
    extrinsics.take(static('mast', 'left_optical', 1.0))
    moved = extrinsics.base_from_camera('left', 'left_optical')
    assert moved is not None
    assert moved.translation_m[0] == 1.5


def test_a_transform_that_is_no_number_connects_nothing() -> None:
    extrinsics = ExtrinsicsProvider('left: tf', CAMERAS, 'base_link')
    extrinsics.take(static('base_link', 'left_optical', float('nan')))
    with pytest.raises(ExtrinsicsError):
        extrinsics.base_from_camera('left', 'left_optical')
    assert extrinsics.base_from_camera('front', 'front_optical') is None


@pytest.mark.parametrize(
    'text',
    [
        'back: 0 0 0 0 0 0 1',
        'front: 0 0 0 0 0 0 1; front: tf',
        'front: 0 0 0 0 0 0',
        'front: 0 0 0 0 0 0 0',
        'front: a b c 0 0 0 1',
        'front: nan 0 0 0 0 0 1',
        '0 0 0 0 0 0 1',
    ],
)
def test_what_is_no_mounting_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ConfigError, match='NAME: x y z qx qy qz qw'):
        ExtrinsicsProvider(text, CAMERAS, 'base_link')


@pytest.fixture
def node() -> Iterator[Node]:
    context = Context()
    rclpy.init(context=context)
    one = rclpy.create_node('listener', context=context)
    yield one
    one.destroy_node()
    rclpy.shutdown(context=context)


def test_tf_without_its_messages_is_refused_at_the_start(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'tf2_msgs.msg', None)
    with pytest.raises(ConfigError, match='needs tf2_msgs'):
        listen_for_extrinsics(node, Settings(extrinsics='tf'))
    assert listen_for_extrinsics(node, Settings()).base_from_camera('camera', 'any') is None


def test_what_was_told_before_the_node_came_is_heard(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in type, since tf2_msgs may not be here: what counts is that it is latched."""
    module = ModuleType('tf2_msgs.msg')
    module.TFMessage = PoseStamped  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, 'tf2_msgs.msg', module)
    heard: list[PoseStamped] = []
    monkeypatch.setattr(ExtrinsicsProvider, 'take', lambda _, message: heard.append(message))
    latched = rclpy.qos.QoSProfile(depth=1, durability=rclpy.qos.DurabilityPolicy.TRANSIENT_LOCAL)
    node.create_publisher(PoseStamped, '/tf_static', latched).publish(PoseStamped())
    listen_for_extrinsics(node, Settings(extrinsics='camera: tf'))
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    for _ in range(1200):
        executor.spin_once(timeout_sec=0.05)
        if heard:
            break
    executor.shutdown()
    assert heard


def test_transform_on_tf_that_never_changes_is_used_until_it_changes() -> None:
    extrinsics = ExtrinsicsProvider('tf', CAMERAS, 'base_link')
    extrinsics.take(static('base_link', 'mast', 0.5))
    for _ in range(9):
        extrinsics.take_moving(static('mast', 'left_optical', 0.25))
    with pytest.raises(ExtrinsicsError, match='does not connect'):
        extrinsics.base_from_camera('left', 'left_optical')
    extrinsics.take_moving(static('mast', 'left_optical', 0.25))
    found = extrinsics.base_from_camera('left', 'left_optical')
    assert found is not None
    assert found.translation_m[0] == 0.75
    assert not extrinsics.static_suffices
    extrinsics.take_moving(static('mast', 'left_optical', 0.3))
    with pytest.raises(ExtrinsicsError, match='does not connect'):
        extrinsics.base_from_camera('left', 'left_optical')


def test_static_transforms_suffice_once_every_camera_has_its_own() -> None:
    extrinsics = ExtrinsicsProvider('front: 0 0 1 0 0 0 1; left: tf', CAMERAS, 'base_link')
    assert not extrinsics.static_suffices
    extrinsics.take(static('base_link', 'left_optical', 0.5))
    extrinsics.base_from_camera('left', 'left_optical')
    assert extrinsics.static_suffices
