# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Checks that the subscribers of a node's loop closures are connected to it."""

from __future__ import annotations

from collections.abc import Sequence

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from avpr_ros.ros.common.localizer_interface import LOOP_CLOSURE_LISTENERS


class ConnectionMonitor:
    """Monitors the connections between other nodes.

    It is not enough that both run: a message published before the publisher has discovered the
    subscription is lost. Only the publisher has this count; its diagnostics report it.
    """

    def __init__(self, node: Node, target: str, listeners: Sequence[str]) -> None:
        """Subscribe to the diagnostics.

        Args:
            node: the node to use.
            target: full name of the node that publishes.
            listeners: names of the nodes that must be connected to its ``~/loop_closure``.
        """
        self._node = node
        self._target = target
        self._topic = f'{target}/loop_closure'
        self._listeners = ['/' + name.strip('/') for name in listeners]
        self._connected = 0
        node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 50)

    def missing(self) -> list[str]:
        """Return the missing connections, one clause each."""
        subscriptions = self._node.get_subscriptions_info_by_topic(self._topic)
        names = {f'{info.node_namespace.rstrip("/")}/{info.node_name}' for info in subscriptions}
        missing = [
            f'{name} does not subscribe to {self._topic}'
            for name in self._listeners
            if name not in names
        ]
        if not missing and self._connected < len(subscriptions):
            missing = [
                f'{self._target} is connected to {self._connected} of {len(subscriptions)} '
                f'subscribers of {self._topic}'
            ]
        return missing

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        task = f'{self._target.rpartition("/")[2]}: localisation'
        for status in message.status:
            if status.name == task:
                values = {pair.key: pair.value for pair in status.values}
                self._connected = int(values.get(LOOP_CLOSURE_LISTENERS, 0))
