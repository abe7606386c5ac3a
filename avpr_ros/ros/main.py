# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Entry point of ``avpr_localizer``."""

from __future__ import annotations

import signal
import sys

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.logging import get_logger

from avpr_ros.errors import AvprError
from avpr_ros.ros.interface import NODE_NAME

#: Exit code when a parameter, the map or the query network cannot be used.
REFUSED = 2


def main(args: list[str] | None = None) -> int:
    """Run the node until SIGINT or SIGTERM; return 0 then, 2 when it cannot start."""
    try:
        rclpy.init(args=args)
        _run()
    except AvprError as error:
        get_logger(NODE_NAME).fatal(str(error))
        return REFUSED
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:
        # What rclpy raises when a signal shuts it down in the middle of a call.
        if rclpy.ok():
            raise
    finally:
        rclpy.try_shutdown()
    return 0


def _run() -> None:
    # Imported here, so that a signal during the seconds this takes ends as cleanly as any other.
    from avpr_ros.ros.localizer import Localizer

    localizer = None
    node = rclpy.create_node(NODE_NAME)
    try:
        localizer = Localizer(node)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        executor.spin()
    finally:
        # A terminal and a launch file both send SIGINT: the second must not break the farewell.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if localizer is not None:
            localizer.close()
        node.destroy_node()


if __name__ == '__main__':
    sys.exit(main())
