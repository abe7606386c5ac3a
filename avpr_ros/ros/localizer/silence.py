# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Why nothing comes on the node's inputs: what the ROS graph has instead, and what to set."""

from __future__ import annotations

from collections.abc import Sequence
import time

from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from avpr_ros.ros.common.diagnostics import Level, Report
from avpr_ros.ros.common.topic_hints import (
    PublishedTopic,
    domain_text,
    interface_type,
    listed,
    missing_topic_hint,
    nearest,
    published_topics,
    types_on,
)
from avpr_ros.ros.localizer.camera_info import CameraInfoInput
from avpr_ros.ros.localizer.image_subscription import ImageInput

#: Seconds after a subscription in which no image is no fault of the publisher.
_FOUND_S = 1.5
RAW, COMPRESSED = interface_type(Image), interface_type(CompressedImage)


def image_hint(node: Node, source: ImageInput) -> str:
    """Return what is published instead of a camera's images, and what to set, in one clause."""
    types = types_on(node, source.topic)
    if interface_type(source.message_type) in types:
        if time.monotonic() - source.subscribed_s < _FOUND_S:
            return 'its publisher was just found; the first image is awaited'
        return f'its publisher sends nothing that arrives; check ros2 topic hz {source.topic}'
    there = ''
    if types:
        there = f'{source.topic} is published as {", ".join(types)}; '
    for name, kind in ((source.base_topic, RAW), (f'{source.base_topic}/compressed', COMPRESSED)):
        if kind in types_on(node, name):
            transport = 'raw' if kind == RAW else 'compressed'
            return f'{name} ({kind}) is published; set image_transport:={transport}, or auto'
    if COMPRESSED in types_on(node, source.base_topic):
        return f'{source.base_topic} ({COMPRESSED}) is published; set image_transport:=auto'
    others = nearest(source.base_topic, published_topics(node, [RAW, COMPRESSED]))
    if not others:
        return f'{there}no image topic is published{domain_text()}; start the camera'
    return f'{there}published: {listed(others)}; {_remedy(source, others[0])}'


def _remedy(source: ImageInput, other: PublishedTopic) -> str:
    """Return the arguments that take the images of another topic."""
    kind = 'raw' if other.type == RAW else 'compressed'
    name = other.name if kind == 'raw' else other.name.removesuffix('/compressed')
    verb = 'set' if '/' not in source.argument else 'remap'
    transport = '' if source.transport in ('auto', kind) else f' and image_transport:={kind}'
    return f'{verb} {source.argument}:={name}{transport}'


def odometry_hint(node: Node, topic: str) -> str | None:
    """Return why no odometry comes; None where no other node publishes any."""
    wanted = interface_type(Odometry)
    if wanted in types_on(node, topic):
        return f'the publisher of {topic} sends nothing that arrives'
    if not types_on(node, topic) and not published_topics(node, [wanted]):
        return None
    return missing_topic_hint(node, topic, wanted, 'odom')


def camera_info_reports(
    node: Node, sources: Sequence[ImageInput], camera_info: CameraInfoInput
) -> list[Report]:
    """Report on cameras whose ``camera_info`` comes on another topic than theirs."""
    waiting = [one for one in sources if camera_info.intrinsics(one.camera) is None]
    hints = [camera_info_hint(node, one) for one in waiting]
    return [Report('camera_info', Level.WARN, f'{hint}.') for hint in hints if hint]


def camera_info_hint(node: Node, source: ImageInput) -> str | None:
    """Return which ``camera_info`` is published instead of that of a camera; None: none is."""
    wanted = interface_type(CameraInfo)
    topic = node.resolve_topic_name(f'{source.base_topic.rpartition("/")[0]}/camera_info')
    if wanted in types_on(node, topic):
        return None
    others = nearest(topic, published_topics(node, [wanted]))
    if not others:
        return None
    return (
        f"no camera_info of camera '{source.camera}' on {topic}; published: {listed(others)}; "
        f'set camera_info:={others[0].name}'
    )
