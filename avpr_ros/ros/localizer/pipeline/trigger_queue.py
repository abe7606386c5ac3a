# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Requests of ``~/trigger``, answered with the outcome of the next image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import threading

from avpr_ros.ros.common.callback_groups import PausableCallbackGroup
from avpr_ros.ros.common.thread_safe_future import ThreadSafeFuture


@dataclass(frozen=True)
class Outcome:
    """What became of an image.

    Attributes:
        success: whether the match was accepted.
        text: the accepted match, or the reason why there is none.
    """

    success: bool
    text: str


#: Answer to a request whose image raised an error that is logged.
FAILED = Outcome(False, 'The image could not be matched; the log says why.')


#: Requests that may wait for an image. They are answered together, and a client's queue holds ten
#: answers: of more, some would be lost.
MOST_WAITING = 10


class TriggerQueue:
    """Requests that wait for the next image; images are not paused while one waits."""

    def __init__(self, pause: PausableCallbackGroup) -> None:
        """Start without requests.

        Args:
            pause: the callback group of the image subscriptions.
        """
        self._pause = pause
        self._requests: list[ThreadSafeFuture[Outcome]] = []
        self._lock = threading.Lock()

    @property
    def full(self) -> bool:
        """Whether as many requests wait as may."""
        return len(self._requests) >= MOST_WAITING

    def add(self, request: ThreadSafeFuture[Outcome]) -> None:
        """Add a request; the next image is matched whatever the gates say."""
        with self._lock:
            self._requests.append(request)
        self._pause.resume()

    def withdraw(self, request: ThreadSafeFuture[Outcome]) -> None:
        """Remove a request that timed out, if it still waits."""
        with self._lock:
            self._requests = [waiting for waiting in self._requests if waiting is not request]

    def answer_with(self, process: Callable[[bool], Outcome]) -> None:
        """Process an image and resolve the requests that waited for it.

        Args:
            process: called with whether the image is requested; returns its outcome. Where it
                raises, the requests are resolved with :data:`FAILED`.
        """
        with self._lock:
            requests, self._requests = self._requests, []
        outcome = FAILED
        try:
            outcome = process(bool(requests))
        finally:
            for request in requests:
                request.resolve(outcome)

    def pause_unless_waiting(self, duration_ns: int) -> None:
        """Pause the image subscriptions, unless a request waits for the next image."""
        with self._lock:
            if not self._requests:
                self._pause.pause(duration_ns)
