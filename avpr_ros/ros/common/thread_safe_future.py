# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""An answer that another thread gives later, awaited by a service without blocking anything."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future

Answer = TypeVar('Answer')


class ThreadSafeFuture(Generic[Answer]):
    """Resolved once, from any thread; awaited in a coroutine of the executor.

    A guard condition carries the answer into the executor's thread: a future set from another
    thread would not wake an executor that sleeps.
    """

    def __init__(self, node: Node) -> None:
        """Prepare on a node whose executor runs the coroutine."""
        self._node = node
        self._future = Future()
        self._lock = threading.Lock()
        self._answers: list[Answer] = []
        self._guard = node.create_guard_condition(self._finish)

    def resolve(self, answer: Answer) -> None:
        """Give the answer; only the first one counts."""
        with self._lock:
            if not self._answers:
                self._answers.append(answer)
                self._guard.trigger()

    async def wait(self, timeout_s: float, timeout_answer: Answer) -> Answer:
        """Return the answer, or ``timeout_answer`` after ``timeout_s`` of steady time."""
        timer = self._node.create_timer(
            timeout_s,
            lambda: self.resolve(timeout_answer),
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )
        try:
            answer: Answer = await self._future
            return answer
        finally:
            self._node.destroy_timer(timer)
            self._node.destroy_guard_condition(self._guard)

    def _finish(self) -> None:
        if not self._future.done():
            self._future.set_result(self._answers[0])
