# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Subscriptions that do not wake the executor, for messages that nobody needs one by one.

To be woken by a message and to hand it to a callback takes rclpy about a millisecond: a camera of
30 Hz that is matched once a second, or odometry of 50 Hz beside it, would take more of a processor
than all matching. Out of the executor's sight the middleware keeps the newest messages, at nearly
no cost, until somebody takes them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.subscription import Subscription

#: A shorter rest costs more than it saves: two turns of the executor, for a few images.
LEAST_REST_NS = 100_000_000
#: A rest ends so long before images may pass again: a busy machine lets it end late, and the first
#: image that may pass must not be overlooked.
EARLY_NS = 50_000_000


class PolledCallbackGroup(CallbackGroup):
    """A callback group whose subscriptions the executor does not see."""

    def can_execute(self, entity: Any) -> bool:
        """Tell the executor whether to wait for an entity's messages."""
        return False

    def beginning_execution(self, entity: Any) -> bool:
        """Let no callback begin."""
        return False

    def ending_execution(self, entity: Any) -> None:
        """Have nothing to undo."""


class PausableCallbackGroup(PolledCallbackGroup):
    """Watched but for rests: while no image would be matched, none needs to be looked at.

    Attributes:
        resting: whether it rests now.
    """

    def __init__(self, node: Node, overlook: Callable[[], None]) -> None:
        """Begin awake.

        Args:
            node: whose clock the rests are measured by.
            overlook: called before a rest ends, to take what came meanwhile out of the way.
        """
        super().__init__()
        self.resting = False
        self._node = node
        self._overlook = overlook
        self._timer = node.create_timer(1.0, self.end)
        self._timer.cancel()

    def begin(self, duration_ns: int) -> None:
        """Rest while no image may pass, for so long, if that is worth it; from any thread."""
        rest_ns = duration_ns - EARLY_NS
        if rest_ns < LEAST_REST_NS:
            return
        # In this order: the timer may come at once.
        self.resting = True
        self._timer.timer_period_ns = rest_ns
        self._timer.reset()
        if (executor := self._node.executor) is not None:
            executor.wake()  # it does not see by itself that there is a timer to wait for

    def end(self) -> None:
        """Watch again; in the executor's thread."""
        self._timer.cancel()
        if self.resting:
            self._overlook()
            self.resting = False

    def can_execute(self, entity: Any) -> bool:
        """Tell the executor whether to wait for an entity's messages."""
        return not self.resting

    def beginning_execution(self, entity: Any) -> bool:
        """Let a callback begin: one executor of one thread runs them all."""
        return not self.resting


def taken(subscription: Subscription, *, raw: bool = False) -> Any:
    """Take the next message that the middleware keeps for a subscription; None: there is none.

    Args:
        subscription: one that the executor does not see at this moment.
        raw: as bytes, which is cheaper where only its having come matters.
    """
    with subscription.handle:
        found = subscription.handle.take_message(subscription.msg_type, raw)
    return None if found is None else found[0]
