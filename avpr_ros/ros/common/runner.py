# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One node in one process, from ``rclpy.init`` to a clean end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from avpr_ros.errors import AvprError
from avpr_ros.ros.common.signal_handling import SignalStop, ignore_signals, interrupt_on_signals

#: Exit code when a parameter, a file or the installation does not allow a start.
REFUSED = 2


class NodeComponent(Protocol):
    """What lives on a node."""

    def close(self) -> None:
        """Finish the work; the node is destroyed then."""
        ...


def run(name: str, build: Callable[[Node], NodeComponent], args: list[str] | None) -> int:
    """Spin a node until SIGINT or SIGTERM; return 0 then, 2 when it cannot start.

    Args:
        name: the node's name.
        build: makes what lives on the node; an ``AvprError`` it raises is the refusal.
        args: command line, ``--ros-args`` and all.
    """
    try:
        interrupt_on_signals()
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
        _spin(name, build)
    except AvprError as error:
        get_logger(name).fatal(str(error))
        return REFUSED
    except KeyboardInterrupt:
        # The signal came before there was anything to spin.
        ignore_signals()
    finally:
        rclpy.try_shutdown()
    return 0


def _spin(name: str, build: Callable[[Node], NodeComponent]) -> None:
    part = None
    executor = SingleThreadedExecutor()
    node = rclpy.create_node(name)
    try:
        part = build(node)
        executor.add_node(node)
        with SignalStop(executor) as stop:
            stop.spin()
    finally:
        # The farewell is not to be broken by a second signal.
        ignore_signals()
        if part is not None:
            part.close()
        executor.shutdown()
        node.destroy_node()
