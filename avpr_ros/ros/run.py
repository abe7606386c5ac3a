# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One node in one process, from ``rclpy.init`` to a clean end."""

from __future__ import annotations

from collections.abc import Callable
import signal
from typing import Protocol

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node

from avpr_ros.errors import AvprError

#: Exit code when a parameter, a file or the installation does not allow a start.
REFUSED = 2


class Part(Protocol):
    """What lives on a node."""

    def close(self) -> None:
        """Finish the work; the node is destroyed then."""
        ...


def run(name: str, build: Callable[[Node], Part], args: list[str] | None) -> int:
    """Spin a node until SIGINT or SIGTERM; return 0 then, 2 when it cannot start.

    Args:
        name: the node's name.
        build: makes what lives on the node; an ``AvprError`` it raises is the refusal.
        args: command line, ``--ros-args`` and all.
    """
    try:
        rclpy.init(args=args)
        _spin(name, build)
    except AvprError as error:
        get_logger(name).fatal(str(error))
        return REFUSED
    except (KeyboardInterrupt, ExternalShutdownException):
        # Here too: the signal may have come before there was anything to spin.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except RuntimeError:
        # What rclpy raises when a signal shuts it down in the middle of a call.
        if rclpy.ok():
            raise
    finally:
        rclpy.try_shutdown()
    return 0


def _spin(name: str, build: Callable[[Node], Part]) -> None:
    part = None
    # First of all: rclpy's executor does not survive a signal while it is being made.
    executor = SingleThreadedExecutor()
    node = rclpy.create_node(name)
    try:
        part = build(node)
        executor.add_node(node)
        executor.spin()
    finally:
        # A terminal and a launch file both send SIGINT: the second must not break the farewell.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if part is not None:
            part.close()
        executor.shutdown()
        node.destroy_node()
