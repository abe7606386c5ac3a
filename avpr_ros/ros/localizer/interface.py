# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one table of the node's topics and services.

``python -m avpr_ros.ros.localizer.interface`` prints the Markdown tables for the README.
"""

from __future__ import annotations

from dataclasses import dataclass
import sys


@dataclass(frozen=True)
class Endpoint:
    """One topic or service.

    Attributes:
        kind: ``subscribed``, ``published`` or ``service``.
        name: relative or private name.
        type: interface type.
        qos: reliability, durability, depth; empty for services.
        meaning: one sentence or two.
    """

    kind: str
    name: str
    type: str
    qos: str
    meaning: str


ENDPOINTS = (
    Endpoint(
        'subscribed',
        'image',
        'sensor_msgs/msg/Image',
        'as the publishers offer, depth 1',
        'Camera images, with `image_transport` `raw` or `auto`. With several cameras: '
        '`NAME/image` each.',
    ),
    Endpoint(
        'subscribed',
        'image/compressed',
        'sensor_msgs/msg/CompressedImage',
        'as the publishers offer, depth 1',
        'The same with `image_transport` `compressed`, or `auto` where no raw images are '
        'published; it follows a remapping of `image`.',
    ),
    Endpoint(
        'subscribed',
        'camera_info',
        'sensor_msgs/msg/CameraInfo',
        'best effort, depth 1',
        'Optional, the first that can be used and each usable change after it, in the namespace '
        'of the image topic as remapped: '
        'the camera model, for poses by landmarks. Of a rectified image (`image_rect`) P is '
        'taken. Without it that of the map is used.',
    ),
    Endpoint(
        'subscribed',
        'odom',
        'nav_msgs/msg/Odometry',
        'best effort, depth 50',
        'Optional. Where it comes, a robot that stands does nearly no work, and matches must move '
        'as the robot does.',
    ),
    Endpoint(
        'published',
        '~/pose',
        'geometry_msgs/msg/PoseWithCovarianceStamped',
        'reliable, depth 10',
        'Base in the map frame at the stamp of the image; accepted matches only, and not in mode '
        '`loop_closing`. '
        'The covariance is diagonal and never zero.',
    ),
    Endpoint(
        'published',
        '~/loop_closure',
        'geometry_msgs/msg/PoseWithCovarianceStamped',
        'reliable, depth 10',
        'An edge for a pose graph, accepted matches only: base at the stamp of the image, seen '
        'from the base at the matched keyframe, in the frame `keyframe_<id>`. The covariance has '
        "the keyframe's axes and is positive definite.",
    ),
    Endpoint(
        'published',
        '~/matches',
        'diagnostic_msgs/msg/DiagnosticArray',
        'reliable, depth 10',
        'One for each matched image, at its stamp: every candidate, best first, accepted or '
        'rejected, with reason, score and pose.',
    ),
    Endpoint(
        'published',
        '~/keyframes',
        'geometry_msgs/msg/PoseArray',
        'reliable, transient local, depth 1',
        "Poses of the map's keyframes, in the order of their rows.",
    ),
    Endpoint(
        'published',
        '~/session',
        'nav_msgs/msg/Path',
        'reliable, transient local, depth 1',
        'Mode `loop_closing` only, before each loop closure: the keyframes with their stamps, in '
        'the order of their ids, in the frame of the odometry.',
    ),
    Endpoint(
        'published',
        '~/markers',
        'visualization_msgs/msg/MarkerArray',
        'reliable, depth 10',
        'For RViz, only while subscribed: keyframes as dots, each image as an arrow at its '
        'best candidate, a line from there to the keyframe, green if accepted and red if not, '
        'with the reason.',
    ),
    Endpoint(
        'published',
        '~/match_image',
        'sensor_msgs/msg/Image',
        'reliable, depth 1',
        'Only while subscribed: the image and the keyframe it was matched with side by side, the '
        'reason below.',
    ),
    Endpoint(
        'published',
        '/diagnostics',
        'diagnostic_msgs/msg/DiagnosticArray',
        'reliable, depth 10',
        'Images of each camera, inference, map and localisation, once a second.',
    ),
    Endpoint(
        'service',
        '~/trigger',
        'std_srvs/srv/Trigger',
        '',
        'Matches the next image whatever the rate and even when disabled; answers matched, '
        'or why not, or `Busy` where 10 requests wait already.',
    ),
    Endpoint(
        'service',
        '~/set_enabled',
        'std_srvs/srv/SetBool',
        '',
        'Switches matching off to save work, and on again.',
    ),
    Endpoint(
        'service',
        '~/reload_map',
        'std_srvs/srv/Trigger',
        '',
        'Reads map and query network again; when that fails the old ones stay. `busy` while a map '
        'is read or written.',
    ),
    Endpoint(
        'service',
        '~/save_map',
        'std_srvs/srv/Trigger',
        '',
        'Mode `loop_closing`: writes the session to `save_path`, as a map for mode `localize`, '
        'and ended sessions beside it.',
    ),
)


def image_topic(camera: str, cameras: tuple[str, ...]) -> str:
    """Return the relative topic of a camera's raw images."""
    return 'image' if len(cameras) == 1 else f'{camera}/image'


def markdown_tables() -> str:
    """Return the tables of topics and services as Markdown."""
    tables = []
    for kind, title in (
        ('subscribed', 'Subscribed topic'),
        ('published', 'Published topic'),
        ('service', 'Service'),
    ):
        rows = [one for one in ENDPOINTS if one.kind == kind]
        qos = kind != 'service'
        lines = [f'| {title} | type | {"QoS | " if qos else ""}meaning |']
        lines.append('| --- ' * (4 if qos else 3) + '|')
        lines += [
            f'| `{one.name}` | `{one.type}` | {f"{one.qos} | " if qos else ""}{one.meaning} |'
            for one in rows
        ]
        tables.append('\n'.join(lines))
    return '\n\n'.join(tables)


if __name__ == '__main__':
    sys.stdout.write(f'{markdown_tables()}\n')
