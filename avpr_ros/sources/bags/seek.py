# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Messages of some frames of an indexed bag, read without those before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.reader import Message, OpenBag, read_messages
from avpr_ros.sources.frame_index import FrameIndex


def recorded_between(
    bag: OpenBag, topics: Sequence[str], index: FrameIndex, span: tuple[int, int]
) -> Iterator[tuple[int, Message]]:
    """Yield position and message of the frames of a span, in the order of positions.

    Args:
        bag: the open bag.
        topics: its image topics, in the order of the index's cameras.
        index: of the bag.
        span: first position, and position after the last.

    Raises:
        SourceError: the bag is damaged, or is not the one that was indexed.
    """
    positions = range(*span)
    if not positions:
        return
    wanted: dict[tuple[int, int], list[int]] = {}
    for position in reversed(positions):
        key = int(index.camera_rows[position]), int(index.recorded_ns[position])
        wanted.setdefault(key, []).append(position)
    recorded = index.recorded_ns[span[0] : span[1]]
    between_ns = int(recorded.min()), int(recorded.max())
    waiting: dict[int, Message] = {}
    following = span[0]
    for message in read_messages(bag, topics, between_ns=between_ns):
        same = wanted.get((topics.index(message.topic), message.recorded_ns))
        if not same:
            continue
        waiting[same.pop()] = message
        while following in waiting:
            yield following, waiting.pop(following)
            following += 1
    if following < span[1]:
        raise SourceError(
            f'{index.name} changed since it was indexed: frame {following} of {len(index)} is not '
            'where it was recorded; wait until the bag is no longer written to, and build again'
        )
