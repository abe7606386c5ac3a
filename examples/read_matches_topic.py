# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A node that reads ``~/matches`` of ``avpr_localizer``: the decision on each image.

python examples/read_matches_topic.py

Another node's topic: --ros-args -r /avpr_localizer/matches:=/robot1/avpr_localizer/matches
"""

from __future__ import annotations

import sys

from diagnostic_msgs.msg import DiagnosticArray
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node


def line(message: DiagnosticArray) -> str:
    """Return the best candidate of an image in one line."""
    best = message.status[0]
    values = {item.key: item.value for item in best.values}
    stamp_s = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
    text = f'{stamp_s:.3f} {best.hardware_id}: {values["reason"]}'
    if values['reason'] == 'accepted':
        text += f' at x {float(values["x_m"]):.2f} m, y {float(values["y_m"]):.2f} m'
    if 'moved_images' in values:
        text += f', {values["moved_images"]} images contradict the place before'
    return f'{text} ({best.message})'


class MatchReader(Node):
    """Prints the decision on each image."""

    def __init__(self) -> None:
        super().__init__('match_reader')
        self.create_subscription(DiagnosticArray, '/avpr_localizer/matches', self._print, 10)

    def _print(self, message: DiagnosticArray) -> None:
        print(line(message), flush=True)


def main() -> int:
    """Run until SIGINT or SIGTERM."""
    rclpy.init()
    try:
        rclpy.spin(MatchReader())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
