# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Runs one node as a process: refusals in one sentence, clean ends on SIGINT and SIGTERM."""

from __future__ import annotations

from collections.abc import Callable
import signal
from typing import Protocol

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node

from avpr_ros.errors import AvprError

#: Exit code when a parameter or an installation does not allow a start.
REFUSED = 2


class Part(Protocol):
    """What lives on a node."""

    def close(self) -> None:
        """Finish the work; the node is destroyed then."""
        ...


def run(name: str, build: Callable[[Node], Part], args: list[str] | None) -> int:
    """Spin a node until a signal; return 0 then, 2 when it cannot start.

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
        pass
    except RuntimeError:
        # What rclpy raises when a signal shuts it down in the middle of a call.
        if rclpy.ok():
            raise
    finally:
        rclpy.try_shutdown()
    return 0


def _spin(name: str, build: Callable[[Node], Part]) -> None:
    node = rclpy.create_node(name)
    part = None
    try:
        part = build(node)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        executor.spin()
    finally:
        # A terminal and a launch file both send SIGINT: the second must not break the farewell.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if part is not None:
            part.close()
        node.destroy_node()
