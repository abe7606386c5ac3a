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
from avpr_ros.sources.camera_info import camera_intrinsics
from avpr_ros.sources.frame import Camera, CameraIntrinsics


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


def test_intrinsics_come_from_the_namespace_of_the_image_topic(node: Node) -> None:
    camera_info = CameraInfoInput(node, ['camera'])
    publisher = node.create_publisher(CameraInfo, '/cam/camera_info', 1)
    assert camera_info.intrinsics('camera') is None
    spin_until(
        node,
        lambda: publisher.publish(info(500.0)),
        lambda: camera_info.intrinsics('camera') is not None,
    )
    assert camera_info.intrinsics('camera').k[0] == 500.0
    assert camera_info.problem('camera') is None


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
    spin_until(
        node, lambda: publisher.publish(bad), lambda: camera_info.problem('camera') is not None
    )
    assert camera_info.intrinsics('camera') is None
    assert camera_info.problem('camera')[0] is level
    spin_until(
        node,
        lambda: publisher.publish(info(500.0)),
        lambda: camera_info.intrinsics('camera') is not None,
    )
    assert camera_info.problem('camera') is None


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
    assert 'another aspect ratio' in other.problem('camera')[1]
    assert other.intrinsics('camera', (320, 240)) is not None


NOT_FINITE = info(500.0)
NOT_FINITE.d = [float('nan')] * 5
BY_COLUMNS = info(500.0)
BY_COLUMNS.k = [500.0, 0.0, 0.0, 0.0, 500.0, 0.0, 320.0, 240.0, 1.0]


@pytest.mark.parametrize('bad', [NOT_FINITE, BY_COLUMNS, BROKEN, info(0.0)])
def test_unusable_message_after_a_usable_one_is_named_and_not_used(
    node: Node, bad: CameraInfo
) -> None:
    camera_info = CameraInfoInput(node, ['camera'])
    for message in (info(500.0), bad):
        camera_info._on_message('camera', message)
    assert camera_info.intrinsics('camera', (640, 480)).k[0] == 500.0
    assert 'the one before it stays in use' in camera_info.problem('camera')[1]
    camera_info._on_message('camera', info(500.0))
    assert camera_info.problem('camera') is None


def test_change_is_followed_and_named(node: Node) -> None:
    camera_info = CameraInfoInput(node, ['camera'])
    for focal_px in (500.0, 500.1):  # a lens that focuses itself
        camera_info._on_message('camera', info(focal_px))
    assert camera_info.intrinsics('camera', (640, 480)).k[0] == 500.1
    assert camera_info.problem('camera') is None
    camera_info._on_message('camera', info(300.0))
    assert camera_info.intrinsics('camera', (640, 480)).k[0] == 300.0
    level, text = camera_info.problem('camera')
    assert level is Level.WARN
    assert 'has changed 1 times' in text


def test_image_from_before_a_change_has_the_model_of_its_time(node: Node) -> None:
    camera_info = CameraInfoInput(node, ['camera'])
    for second, focal_px in ((10, 500.0), (20, 300.0)):
        message = info(focal_px)
        message.header.stamp.sec = second
        camera_info._on_message('camera', message)
    focal_px = [camera_info.intrinsics('camera', None, s * 10**9).k[0] for s in (9, 15, 20, 25)]
    assert focal_px == [300.0, 500.0, 300.0, 300.0]


def test_message_of_another_size_leaves_the_one_that_fits_the_images(node: Node) -> None:
    camera_info = CameraInfoInput(node, ['camera'])
    wide = info(700.0)
    wide.width, wide.height = 1280, 600
    for message in (info(500.0), wide):
        camera_info._on_message('camera', message)
    assert camera_info.intrinsics('camera', (640, 480)).k[0] == 500.0
    assert 'another aspect ratio' in camera_info.problem('camera')[1]


def test_smaller_images_than_the_camera_model_are_named(node: Node) -> None:
    lens = CameraIntrinsics(640, 480, 'plumb_bob', tuple(info(500.0).k), ())
    camera_info = CameraInfoInput(node, ['camera'], lambda: (Camera('front', '', None, lens),))
    assert camera_info.intrinsics('camera', (320, 240)) is None
    assert 'the map describes 640 x 480 px' in camera_info.problem('camera')[1]
    camera_info._on_message('camera', info(500.0))
    assert camera_info.intrinsics('camera', (320, 240)) is not None
    assert 'camera_info describes 640 x 480 px' in camera_info.problem('camera')[1]
    assert camera_info.intrinsics('camera', (640, 480)) is not None
    assert camera_info.problem('camera') is None


@pytest.mark.parametrize('rectified', [False, True])
def test_map_decides_on_rectification_where_the_name_is_neutral(
    node: Node, rectified: bool
) -> None:
    message = info(500.0)
    message.d = [-0.3, 0.1, 0.0, 0.0, 0.0]
    message.p = [400.0, 0.0, 320.0, 0.0, 0.0, 400.0, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    images = '/cam/image'
    lens = camera_intrinsics(message, images, None, rectified)
    known = CameraInfoInput(node, ['camera'], lambda: (Camera('front', '', None, lens),))
    unknown = CameraInfoInput(node, ['camera'])
    for one in (known, unknown):
        one._topics['camera'] = images
        one._on_message('camera', message)
    assert known.intrinsics('camera', (640, 480)).k[0] == (400.0 if rectified else 500.0)
    assert known.problem('camera') is None
    assert 'does not tell whether its images are rectified' in unknown.problem('camera')[1]
