# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One node in one process, from ``rclpy.init`` to a clean end."""

from __future__ import annotations

import signal

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.logging import get_logger

from avpr_ros.errors import AvprError
from avpr_ros.ros.interface import NODE_NAME
from avpr_ros.ros.localizer import Localizer

#: Exit code when a parameter, the map or the query network cannot be used.
REFUSED = 2


def run(args: list[str] | None) -> int:
    """Run the node until SIGINT or SIGTERM; return 0 then, 2 when it cannot start."""
    try:
        rclpy.init(args=args)
        _spin()
    except AvprError as error:
        get_logger(NODE_NAME).fatal(str(error))
        return REFUSED
    except ExternalShutdownException:
        pass
    except RuntimeError:
        # What rclpy raises when a signal shuts it down in the middle of a call.
        if rclpy.ok():
            raise
    finally:
        rclpy.try_shutdown()
    return 0


def _spin() -> None:
    localizer = None
    # First of all: rclpy's executor does not survive a signal while it is being made.
    executor = SingleThreadedExecutor()
    node = rclpy.create_node(NODE_NAME)
    try:
        localizer = Localizer(node)
        executor.add_node(node)
        executor.spin()
    finally:
        # A terminal and a launch file both send SIGINT: the second must not break the farewell.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if localizer is not None:
            localizer.close()
        executor.shutdown()
        node.destroy_node()
