# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
import time
from typing import Any

import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo

from avpr_ros.ros.common.diagnostics import Level
from avpr_ros.ros.localizer.camera_info import CameraInfoInput


@pytest.fixture
def node() -> Iterator[Node]:
    context = Context()
    rclpy.init(context=context)
    one = rclpy.create_node(
        'listener', context=context, cli_args=['--ros-args', '-r', 'image:=/cam/image_raw']
    )
    yield one
    one.destroy_node()
    rclpy.shutdown(context=context)


def info(focal_px: float, model: str = 'plumb_bob') -> CameraInfo:
    message = CameraInfo(width=640, height=480, distortion_model=model)
    message.k = [focal_px, 0.0, 320.0, 0.0, focal_px, 240.0, 0.0, 0.0, 1.0]
    message.d = [0.0] * 5
    return message


def spin_until(node: Node, act: Callable[[], Any], done: Callable[[], bool]) -> None:
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    deadline_s = time.monotonic() + 60.0
    while not done() and time.monotonic() < deadline_s:
        act()
        executor.spin_once(timeout_sec=0.05)
    executor.shutdown()
    assert done()


def test_intrinsics_come_from_the_namespace_of_the_image_topic_once(node: Node) -> None:
    camera_info = CameraInfoInput(node, ['camera'])
    publisher = node.create_publisher(CameraInfo, '/cam/camera_info', 1)
    assert camera_info.intrinsics('camera') is None
    spin_until(
        node,
        lambda: publisher.publish(info(500.0)),
        lambda: camera_info.intrinsics('camera') is not None,
    )
    assert camera_info.intrinsics('camera').k[0] == 500.0
    assert publisher.get_subscription_count() == 0


BROKEN = info(500.0)
BROKEN.d = [0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    ('bad', 'level'),
    [(info(0.0), Level.WARN), (info(500.0, 'made_up'), Level.WARN), (BROKEN, Level.ERROR)],
)
def test_unusable_camera_info_is_a_problem_until_a_usable_one_comes(
    node: Node, bad: CameraInfo, level: Level
) -> None:
    camera_info = CameraInfoInput(node, ['camera'])
    publisher = node.create_publisher(CameraInfo, '/cam/camera_info', 1)
    spin_until(node, lambda: publisher.publish(bad), lambda: 'camera' in camera_info.problems)
    assert camera_info.intrinsics('camera') is None
    assert camera_info.problems['camera'][0] is level
    spin_until(
        node,
        lambda: publisher.publish(info(500.0)),
        lambda: camera_info.intrinsics('camera') is not None,
    )
    assert camera_info.problems == {}


def test_size_of_the_image_stands_in_and_another_shape_is_a_problem(node: Node) -> None:
    camera_info = CameraInfoInput(node, ['camera'])
    message = info(500.0)
    message.width = message.height = 0
    camera_info._on_message('camera', message)
    found = camera_info.intrinsics('camera', (640, 480))
    assert found is not None
    assert (found.width_px, found.height_px) == (640, 480)

    other = CameraInfoInput(node, ['camera'])
    other._on_message('camera', info(500.0))
    assert other.intrinsics('camera', (640, 400)) is None
    assert 'another aspect ratio' in other.problems['camera'][1]
    assert other.intrinsics('camera', (320, 240)) is not None
