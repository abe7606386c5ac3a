# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Time and topics of storage files: splits follow one another, copies cover the same time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from avpr_ros.sources.bags.storage.opening import open_storage
from avpr_ros.stamps import NS_PER_S

#: The files of one run follow one another within this time.
_LONGEST_PAUSE_NS = 5 * NS_PER_S
#: Splits may overlap: messages are sorted into files as they arrive.
_SHORTEST_OVERLAP_NS = NS_PER_S
#: Topics that every recording has, whoever recorded it.
_COMMON_TOPICS = {'/rosout', '/parameter_events', '/tf_static', '/clock', '/events/write_split'}


@dataclass(frozen=True)
class FileSpan:
    """A storage file.

    Attributes:
        file: its path.
        begin_ns: time of its first message; 0 where it has none.
        end_ns: time of its last message.
        topics: topics with messages, without those that every recording has.
        messages: number of its messages.
    """

    file: Path
    begin_ns: int
    end_ns: int
    topics: frozenset[str]
    messages: int


def file_span(file: Path) -> FileSpan:
    """Return time and topics of a storage file.

    Raises:
        SourceError: it cannot be read.
    """
    with open_storage(file) as storage:
        begin_ns, end_ns = storage.span_ns or (0, 0)
        topics = frozenset(topic.name for topic in storage.topics if topic.count)
        count = sum(topic.count for topic in storage.topics)
        return FileSpan(file, begin_ns, end_ns, topics - _COMMON_TOPICS, count)


def overlapping(first: FileSpan, second: FileSpan) -> bool:
    """Return whether two files hold the same topics over the same time."""
    common_ns = min(first.end_ns, second.end_ns) - max(first.begin_ns, second.begin_ns)
    shorter_ns = min(first.end_ns - first.begin_ns, second.end_ns - second.begin_ns)
    if not first.topics & second.topics or not (first.messages and second.messages):
        return False
    return common_ns >= min(_SHORTEST_OVERLAP_NS, shorter_ns)


def contiguous(first: FileSpan, second: FileSpan) -> bool:
    """Return whether the second file, which begins later, may continue the first."""
    if not (first.messages and second.messages):
        return True
    return second.begin_ns - first.end_ns <= _LONGEST_PAUSE_NS
