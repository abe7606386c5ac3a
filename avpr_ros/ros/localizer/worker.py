# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one thread in which images are decoded, described and matched."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Generic, TypeVar

from avpr_ros.ros.localizer.latest_message import NewestOnly

Item = TypeVar('Item')


class Worker(Generic[Item]):
    """Calls a function with each item of the slots, one at a time, off the executor's thread."""

    def __init__(
        self,
        slots: NewestOnly[Item],
        work: Callable[[str, Item], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Prepare, without starting.

        Args:
            slots: where the items come from.
            work: called with a camera's name and its item.
            on_error: told of what ``work`` raised; the thread lives on.
        """
        self._slots = slots
        self._work = work
        self._on_error = on_error
        self._thread = threading.Thread(target=self._run, name='avpr_worker', daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Close the slots, wait for the item in work, and tell whether the thread ended."""
        self._slots.close()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (taken := self._slots.take()) is not None:
            try:
                self._work(*taken)
            except Exception as error:  # one bad image must not end the node's work
                self._on_error(error)
