# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What every kind of storage file gives: its topics and their serialised messages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol


@dataclass(frozen=True)
class StoredTopic:
    """One topic of one storage file.

    Attributes:
        key: its number in the file.
        name: of the topic.
        msgtype: message type, e.g. ``sensor_msgs/msg/Image``.
        count: number of messages the file claims to hold.
        definition: definition of the message type; empty where the file has none.
        definition_format: language of the definition.
        digest: RIHS01 hash of the message type; empty where unknown.
    """

    key: int
    name: str
    msgtype: str
    count: int
    definition: str = ''
    definition_format: Literal['msg', 'idl'] = 'msg'
    digest: str = ''


class StoredMessage(NamedTuple):
    """A serialised message; ``key`` is that of its topic in the file."""

    recorded_ns: int
    key: int
    data: bytes


class StorageFile(Protocol):
    """An open storage file.

    Attributes:
        is_ros2: whether messages are CDR; otherwise they are serialised as in ROS 1.
        topics: topics with ROS messages.
        unreadable: encoding by name of the topics that hold no ROS messages.
        span_ns: time of the first and last message; None without any.
        total: number of messages of all topics, readable or not.
    """

    @property
    def is_ros2(self) -> bool: ...  # noqa: D102

    @property
    def topics(self) -> Sequence[StoredTopic]: ...  # noqa: D102

    @property
    def unreadable(self) -> Mapping[str, str]: ...  # noqa: D102

    @property
    def span_ns(self) -> tuple[int, int] | None: ...  # noqa: D102

    @property
    def total(self) -> int: ...  # noqa: D102

    def messages(
        self, keys: Collection[int], between_ns: tuple[int, int] | None = None
    ) -> Iterator[StoredMessage]:
        """Yield the messages of some topics in the order they were recorded.

        Args:
            keys: of the topics.
            between_ns: first and last time of recording; None: all.
        """
        ...

    def close(self) -> None:
        """Close the file."""
        ...
