# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Subscriptions that do not wake the executor, for messages that nobody needs one by one.

To be woken by a message and to hand it to a callback takes rclpy about a millisecond: a camera of
30 Hz that is matched once a second, or odometry of 50 Hz, would take more of a processor than all
matching. Hidden from the executor, a subscription costs nearly nothing: the middleware keeps the
newest messages until they are taken with ``compat.take_message``.
"""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from avpr_ros.ros.common.compat import HidingCallbackGroup, restart_timer

#: A shorter pause costs more than it saves: two turns of the executor, for a few images.
MIN_PAUSE_NS = 100_000_000
#: A pause ends this long before images may pass again: on a busy machine the timer is late, and
#: the first image that may pass must not be discarded.
RESUME_EARLY_NS = 50_000_000


class PolledCallbackGroup(HidingCallbackGroup):
    """A callback group whose subscriptions the executor never sees: their messages are polled."""


class PausableCallbackGroup(HidingCallbackGroup):
    """A callback group that is hidden from the executor while no image could be matched.

    Attributes:
        paused: whether it is hidden now.
    """

    def __init__(self, node: Node, discard_pending: Callable[[], None]) -> None:
        """Begin unpaused.

        Args:
            node: whose clock the pauses are measured by.
            discard_pending: called before a pause ends, to take the messages that came meanwhile.
        """
        super().__init__()
        self.paused = False
        self._node = node
        self._discard_pending = discard_pending
        self._timer = node.create_timer(1.0, self.resume)
        self._timer.cancel()

    @property
    def hidden(self) -> bool:
        """See ``HidingCallbackGroup``."""
        return self.paused

    def pause(self, duration_ns: int) -> None:
        """Hide the group for a time, if that is long enough to save work; from any thread."""
        pause_ns = duration_ns - RESUME_EARLY_NS
        if pause_ns < MIN_PAUSE_NS:
            return
        # In this order: the timer may fire at once.
        self.paused = True
        restart_timer(self._node, self._timer, pause_ns)

    def resume(self) -> None:
        """End a pause; in the executor's thread."""
        self._timer.cancel()
        if self.paused:
            self._discard_pending()
            self.paused = False
