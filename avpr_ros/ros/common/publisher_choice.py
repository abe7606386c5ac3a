# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One publisher of odometry that is followed, where several publish on the topic.

rclpy names the publishers of a topic by their GIDs, but not the publisher of a message. So a
message is attributed by its sequence number, which every publisher counts for itself, and by
whether frames, time and pose go on from the message before.
"""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any

from rclpy.node import Node

#: Messages of the followed publisher that may be lost in a row.
_MOST_LOST = 50
#: Seconds without a message after which another publisher is followed.
_SILENT_S = 5.0
#: Seconds for which the list of publishers is not read again.
_LIST_AGE_S = 1.0


class PublisherChoice:
    """Follows the publisher of the first message, until it ends or stays silent.

    Attributes:
        dropped: how many messages of other publishers were dropped.
    """

    def __init__(
        self, node: Node, topic: str, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Choose among the publishers of a topic.

        Args:
            node: reads the list of publishers, and logs.
            topic: its full name.
            clock_s: returns seconds of a steady clock.
        """
        self.dropped = 0
        self._node = node
        self._topic = topic
        self._clock_s = clock_s
        self._followed: bytes | None = None
        self._sequence: int | None = None
        self._taken_s: float | None = None
        self._listed: dict[bytes, str] = {}
        self._listed_s = float('-inf')

    def takes(self, sequence: int | None, goes_on: bool) -> bool:
        """Return whether a message is of the followed publisher.

        Args:
            sequence: number of the message by its publisher; None where the middleware has none.
            goes_on: whether frames, time and pose go on from the message before.
        """
        if not (goes_on and self._is_next(sequence)) and self._of_another():
            self.dropped += 1
            self._node.get_logger().warning(self.problem(), throttle_duration_sec=30.0)
            return False
        self._sequence = sequence
        self._taken_s = self._clock_s()
        if self._followed is None:
            self._follow(self._publishers(fresh=False))
        return True

    def problem(self) -> str | None:
        """Return what is wrong with the publishers, in one sentence; None where one publishes."""
        publishers = self._publishers(fresh=False)
        if len(publishers) < 2 or self._taken_s is None:
            return None
        names = ', '.join(sorted(publishers.values()))
        followed = publishers.get(self._followed or b'')
        whom = 'the first one' if followed is None else followed
        return (
            f'{len(publishers)} publishers on {self._topic} ({names}): {whom} is followed and '
            f'{self.dropped} messages of others were dropped; let only one publish odometry.'
        )

    def _is_next(self, sequence: int | None) -> bool:
        if sequence is None or self._sequence is None:
            return True
        return 0 < sequence - self._sequence <= _MOST_LOST

    def _of_another(self) -> bool:
        """Return whether a message that does not go on is of another publisher than before."""
        publishers = self._publishers(fresh=True)
        if self._taken_s is None or len(publishers) < 2:
            self._follow(publishers)
            return False
        ended = self._followed is not None and self._followed not in publishers
        if ended or self._clock_s() - self._taken_s > _SILENT_S:
            self._node.get_logger().warning(
                f'The followed publisher on {self._topic} '
                f'{"has ended" if ended else f"was silent for {_SILENT_S:.0f} s"}; another one is '
                'followed.'
            )
            self._followed = None
            return False
        return True

    def _follow(self, publishers: dict[bytes, str]) -> None:
        self._followed = next(iter(publishers)) if len(publishers) == 1 else None

    def _publishers(self, *, fresh: bool) -> dict[bytes, str]:
        """Return the name of the node of each publisher by its GID."""
        now_s = self._clock_s()
        if fresh or now_s - self._listed_s > _LIST_AGE_S:
            infos: list[Any] = self._node.get_publishers_info_by_topic(self._topic)
            self._listed = {bytes(info.endpoint_gid): str(info.node_name) for info in infos}
            self._listed_s = now_s
        return self._listed
