# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Everything that relies on the inner parts of rclpy, in one file to check for each release.

=========================== =======================================================================
here                        relies on
=========================== =======================================================================
SubscriptionEventCallbacks  its module: ``rclpy.event_handler``; ``rclpy.qos_event`` in Humble
HidingCallbackGroup         the executor asks ``CallbackGroup.can_execute`` before each wait, and
                            leaves out the entities of a group that answers no
take_message                ``Subscription.handle``, a context manager with
                            ``take_message(type, raw)``, which returns a pair or None
take_numbered               the key ``publication_sequence_number`` of the second of that pair
restart_timer               ``Timer.timer_period_ns`` can be assigned, and ``Executor.wake`` lets
                            the executor wait for the new period
parameter_overrides         the attribute ``Node._parameter_overrides``
=========================== =======================================================================

====================== ========= ==================================================================
distribution           rclpy     checked
====================== ========= ==================================================================
Jazzy                  7.1.5     tested, with the wheels that ``requirements/ros-jazzy.txt`` names
Humble                 3.3.15    source read: all of the above is there; never run
Rolling, end of 2024   8.0.0     source read: all of the above is there; never run
====================== ========= ==================================================================
"""

from __future__ import annotations

from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.subscription import Subscription
from rclpy.timer import Timer

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

__all__ = [
    'HidingCallbackGroup',
    'SubscriptionEventCallbacks',
    'parameter_overrides',
    'restart_timer',
    'sequence_number',
    'take_message',
    'take_numbered',
]


class HidingCallbackGroup(CallbackGroup):
    """A callback group that hides its entities from the executor while ``hidden`` is true."""

    @property
    def hidden(self) -> bool:
        """Whether the executor neither waits for the group's entities nor runs their callbacks."""
        return True

    def can_execute(self, entity: Any) -> bool:
        """Return whether the executor adds the entity to its wait set."""
        return not self.hidden

    def beginning_execution(self, entity: Any) -> bool:
        """Return whether a callback may begin; one executor of one thread runs them all."""
        return not self.hidden

    def ending_execution(self, entity: Any) -> None:
        """Do nothing: no state is kept of running callbacks."""


def take_message(subscription: Subscription, *, raw: bool = False) -> Any:
    """Take the next message that the middleware keeps for a subscription; None: there is none.

    Args:
        subscription: one that is hidden from the executor at this moment.
        raw: as bytes, which is cheaper where only the arrival of a message matters.
    """
    with subscription.handle:
        taken = subscription.handle.take_message(subscription.msg_type, raw)
    return None if taken is None else taken[0]


def take_numbered(subscription: Subscription) -> tuple[Any, int | None] | None:
    """Take the next message with its number by its publisher; None for none of either."""
    with subscription.handle:
        taken = subscription.handle.take_message(subscription.msg_type, False)
    return None if taken is None else (taken[0], sequence_number(taken[1]))


def sequence_number(info: Any) -> int | None:
    """Return the number of a message by its publisher; None where the middleware has none."""
    number = (info or {}).get('publication_sequence_number')
    return None if number is None else int(number)


def restart_timer(node: Node, timer: Timer, period_ns: int) -> None:
    """Start a timer of a node anew with another period; from any thread."""
    timer.timer_period_ns = period_ns
    timer.reset()
    if (executor := node.executor) is not None:
        executor.wake()  # It does not notice by itself that there is a timer to wait for.


def parameter_overrides(node: Node) -> dict[str, Any]:
    """Return the parameters that a node was started with, declared or not, by name."""
    return dict(getattr(node, '_parameter_overrides', {}))
