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

from avpr_ros.errors import AvprError, ConfigError
from avpr_ros.ros.common.diagnostics import Refusal
from avpr_ros.ros.startup.signal_handling import SignalStop
from avpr_ros.ros.startup.start_signals import (
    ignore_signals,
    interrupt_on_signals,
    interrupted,
)

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
        return _spin(_create_node(name, args), build)
    except ConfigError as error:
        if interrupted():
            return 0
        get_logger(name).fatal(str(error))
        return REFUSED
    except KeyboardInterrupt:
        return 0  # The signal came before there was anything to spin.
    except Exception:
        # The interruption of a library's work may come out as an error of the library.
        if not interrupted():
            raise
        return 0
    finally:
        ignore_signals()
        rclpy.try_shutdown()


def _create_node(name: str, args: list[str] | None) -> Node:
    """Return the node; raises ``ConfigError`` for arguments of ROS that cannot be read."""
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
        return rclpy.create_node(name)
    except RuntimeError as error:
        # A parameter file that is missing or no YAML, a name or remapping that ROS does not allow.
        reason = str(error).partition(', at ')[0].strip().removesuffix('. Error: error not set')
        raise ConfigError(
            f'The arguments after --ros-args cannot be used: {reason}; check the parameter file, '
            'the names and the remappings.'
        ) from error


def _spin(node: Node, build: Callable[[Node], NodeComponent]) -> int:
    part = None
    executor = SingleThreadedExecutor()
    refusal = Refusal(node)
    try:
        part = build(node)
        refusal.withdraw()
        executor.add_node(node)
        with SignalStop(executor) as stop:
            if not interrupted():
                stop.spin()
    except AvprError as error:
        if interrupted():
            return 0
        node.get_logger().fatal(str(error))
        if part is None:
            refusal.publish(str(error))
        return REFUSED
    finally:
        # The farewell is not to be broken by a second signal.
        ignore_signals()
        if part is not None:
            part.close()
        executor.shutdown()
        node.destroy_node()
    return 0
