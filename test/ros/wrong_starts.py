# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Nodes that are started wrongly, by the first column of the table in docs/troubleshooting.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
import pictures
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String
import town

BEST_EFFORT = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
LOCALIZER = 'avpr_ros.ros.localizer.main'
ADAPTER = 'avpr_ros.ros.adapters.main'
POSE_GRAPH = 'avpr_ros.ros.pose_graph.main'


@dataclass(frozen=True)
class Start:
    """A node that is started wrongly.

    Attributes:
        parameters: on top of a map and a query network that go together.
        published: type by topic, of what another node publishes.
        flags: further arguments of ROS.
        image: what is sent on the first of the topics while waiting.
        qos: of the publishers.
        module: of the node.
    """

    parameters: dict[str, object] = field(default_factory=dict)
    published: dict[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    image: Callable[[], Any] | None = None
    qos: Any = 10
    module: str = LOCALIZER


def unknown_encoding() -> Image:
    message = pictures.raw(town.view(1))
    message.encoding = 'infrared12'
    return message


RAW = {'image_transport': 'raw'}
STARTS = {
    'image topic misspelt': Start(
        published={'/camera/image': Image}, flags=('-r', 'image:=/camera/imag')
    ),
    'another type on the image topic': Start(published={'/image': String}),
    'raw images asked, compressed ones published': Start(
        RAW, {'/image/compressed': CompressedImage}
    ),
    'compressed images asked, raw ones published': Start(
        {'image_transport': 'compressed'}, {'/image': Image}
    ),
    'raw images asked, compressed ones on the topic itself': Start(
        RAW, {'/image': CompressedImage}
    ),
    'reliable images asked, best effort published': Start(
        {'image_reliability': 'reliable'}, {'/image': Image}, qos=BEST_EFFORT
    ),
    'node in a namespace, camera outside it': Start(
        published={'/image': Image}, flags=('-r', '__ns:=/robot1')
    ),
    'no camera in the graph, or another domain': Start(),
    'camera that publishes nothing': Start(published={'/image': Image}),
    'two cameras, one of them on another topic': Start(
        {'cameras': '[left, right]'}, {'/image': Image, '/right/image': Image}
    ),
    'two cameras on one topic': Start(
        {'cameras': '[left, right]'},
        {'/image': Image},
        ('-r', 'left/image:=/image', '-r', 'right/image:=/image'),
    ),
    'images of an unknown encoding': Start(published={'/image': Image}, image=unknown_encoding),
    'no map': Start({'map_path': "''"}),
    'folder that is no map': Start({'map_path': '/nowhere'}),
    'damaged map': Start({'map_path': 'DAMAGED'}),
    'no query network': Start({'query_network': "''"}),
    'query network file that does not exist': Start({'query_network': '/nowhere.onnx'}),
    'manifest in place of the query network': Start({'query_network': 'MANIFEST'}),
    'query network of another map': Start({'query_network': 'OTHER'}),
    'map of another place': Start(
        published={'/image': Image}, image=lambda: pictures.raw(town.view(town.PLACES + 7))
    ),
    'simulated time without a clock': Start(
        {'use_sim_time': 'true'},
        {'/image': Image},
        image=lambda: pictures.raw(town.view(1)),
    ),
    'clock of the camera behind': Start(
        {'max_image_age_s': 1.0}, {'/image': Image}, image=lambda: pictures.raw(town.view(1))
    ),
    'extrinsics of a camera that is not there': Start({'extrinsics': "'left: tf'"}),
    'odometry on another topic': Start(published={'/wheel/odometry': Odometry}),
    'another type on the odometry topic': Start(published={'/odom': PoseStamped}),
    'mode `loop_closing` without odometry': Start({'mode': 'loop_closing', 'map_path': "''"}),
    'mode `loop_closing` with a map': Start({'mode': 'loop_closing'}),
    'parameter misspelt': Start({'min_similarty': 0.5}),
    'parameter file of another node': Start(flags=('--params-file', 'OTHER_NODE')),
    'text where a number is meant': Start({'max_rate_hz': 'fast'}),
    'number outside its range': Start({'inference_threads': 0}),
    'adapter without a localizer': Start(module=ADAPTER),
    "adapter outside the localizer's namespace": Start(
        published={'/robot1/avpr_localizer/pose': PoseWithCovarianceStamped}, module=ADAPTER
    ),
    'pose graph without odometry': Start(
        published={'/wheel/odometry': Odometry}, module=POSE_GRAPH
    ),
}
