# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""ROS 1 bags, read by rosbags."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from rosbags.rosbag1 import Reader

from avpr_ros.sources.bags.storage.stored_topic import StoredMessage, StoredTopic


class Ros1File:
    """A ``.bag`` file; raises what rosbags raises."""

    is_ros2 = False

    def __init__(self, path: Path) -> None:
        """Open the file."""
        self._reader = Reader(path)
        self._reader.open()
        self.unreadable: dict[str, str] = {}
        self.topics = [
            StoredTopic(c.id, c.topic, c.msgtype, c.msgcount, c.msgdef.data)
            for c in self._reader.connections
        ]
        self.total = sum(topic.count for topic in self.topics)
        self.span_ns: tuple[int, int] | None = None
        if self.total:
            self.span_ns = (self._reader.start_time, self._reader.end_time)

    def messages(
        self, keys: Collection[int], between_ns: tuple[int, int] | None = None
    ) -> Iterator[StoredMessage]:
        """See ``StorageFile``."""
        start, stop = (None, None) if between_ns is None else (between_ns[0], between_ns[1] + 1)
        wanted = [c for c in self._reader.connections if c.id in keys]
        for connection, recorded_ns, data in self._reader.messages(
            connections=wanted, start=start, stop=stop
        ):
            yield StoredMessage(recorded_ns, connection.id, data)

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
