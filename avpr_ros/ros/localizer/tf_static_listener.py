# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Hears how the cameras are mounted, on ``/tf_static``."""

from __future__ import annotations

import importlib
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from avpr_ros.errors import ConfigError
from avpr_ros.ros.localizer.extrinsics import Mountings
from avpr_ros.ros.localizer.parameters import Settings

#: Every publisher's last message is kept; a robot has this many at most.
_DEPTH = 100


def listen_for_mountings(node: Node, settings: Settings) -> Mountings:
    """Return the mountings as the parameters say; subscribe where TF is to tell them.

    Raises:
        ConfigError: the parameter cannot be used, or tf2_msgs is missing where TF is wanted.
    """
    mountings = Mountings(settings.extrinsics, settings.cameras, settings.base_frame)
    if mountings.need_tf:
        try:
            kind: Any = importlib.import_module('tf2_msgs.msg').TFMessage
        except ImportError as error:
            raise ConfigError(
                "Parameter 'extrinsics' asks for TF, which needs tf2_msgs, and that does not "
                'import here; install ros-$ROS_DISTRO-tf2-msgs or write the numbers.'
            ) from error
        latched = QoSProfile(depth=_DEPTH, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        node.create_subscription(kind, '/tf_static', mountings.take, latched)
    return mountings
