# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The latest message of each camera, so that the work never lags behind the cameras."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Generic, TypeVar

Item = TypeVar('Item')


class LatestMessageBuffer(Generic[Item]):
    """Hands items from many writers to one reader; a newer item replaces one not yet taken.

    A camera keeps its turn when its item is replaced, so that a fast camera cannot starve a slow
    one.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Item] = {}
        self._condition = threading.Condition()
        self._closed = False
        self._replaced = 0

    @property
    def replaced(self) -> int:
        """How many items were replaced before they were taken."""
        return self._replaced

    def put(self, key: str, item: Item) -> None:
        """Replace the waiting item of one camera; never blocks."""
        with self._condition:
            self._replaced += key in self._waiting
            self._waiting[key] = item
            self._condition.notify()

    def take(self) -> tuple[str, Item] | None:
        """Wait for an item and return it with its key; None once the buffer is closed."""
        with self._condition:
            self._condition.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            key = next(iter(self._waiting))
            return key, self._waiting.pop(key)

    def clear(self) -> list[str]:
        """Discard the waiting items and return their keys."""
        with self._condition:
            keys = list(self._waiting)
            self._waiting.clear()
            return keys

    def close(self) -> None:
        """End the reader's wait; nothing is taken any more."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()


class Worker(Generic[Item]):
    """Calls a function with each item of a buffer, one at a time, off the executor's thread."""

    def __init__(
        self,
        buffer: LatestMessageBuffer[Item],
        work: Callable[[str, Item], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Prepare, without starting.

        Args:
            buffer: source of the items.
            work: called with a camera's name and its item.
            on_error: called with each exception of ``work``; the thread goes on.
        """
        self._buffer = buffer
        self._work = work
        self._on_error = on_error
        self._thread = threading.Thread(target=self._run, name='avpr_worker', daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Close the buffer, wait for the item in work, and tell whether the thread ended."""
        self._buffer.close()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (taken := self._buffer.take()) is not None:
            try:
                self._work(*taken)
            except Exception as error:  # one bad image must not end the node's work
                self._on_error(error)
