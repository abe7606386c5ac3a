# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""ROS 1 bags, read by rosbags."""

from __future__ import annotations

import bz2
from collections.abc import Callable, Collection, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import lz4.frame  # type: ignore[import-untyped]
from rosbags.rosbag1 import Reader
from rosbags.rosbag1.reader import Chunk, ChunkInfo

from avpr_ros.sources.bags.storage.mcap_records import MAX_CHUNK_BYTES
from avpr_ros.sources.bags.storage.stored_topic import StoredMessage, StoredTopic
from avpr_ros.sources.bags.storage.unpack_limit import UnpackLimit

#: Unpackers with a limit of what rosbags calls.
_LIMITED = {
    bz2.decompress: bz2.BZ2Decompressor,
    lz4.frame.decompress: lz4.frame.LZ4FrameDecompressor,
}


class _BoundedReader(Reader):
    """Unpacks at most ``MAX_CHUNK_BYTES`` of a chunk, and reads the index of each once."""

    def _unpack(self, kind: Callable[[], Any], data: bytes) -> bytes:
        """Return the records of a chunk; raises ``ValueError`` where they are too many."""
        unpacker = kind()
        records = bytes(unpacker.decompress(data, MAX_CHUNK_BYTES))
        if not unpacker.eof:
            raise ValueError(f'a chunk is cut off, or has more than {MAX_CHUNK_BYTES} bytes')
        self._limit.add(len(data), len(records))
        return records

    @cached_property
    def _limit(self) -> UnpackLimit:
        return UnpackLimit()

    @cached_property
    def _positions(self) -> set[int]:
        return set()

    def read_chunk_info(self) -> ChunkInfo:
        """Read where a chunk lies; raises ``ValueError`` for one that was listed before."""
        info = super().read_chunk_info()
        if info.pos in self._positions:
            raise ValueError('it lists a chunk twice')
        self._positions.add(info.pos)
        return info

    def read_chunk(self) -> Chunk:
        """Read the header of a chunk."""
        chunk = super().read_chunk()
        kind = _LIMITED.get(chunk.decompressor)
        return chunk if kind is None else chunk._replace(decompressor=partial(self._unpack, kind))


class Ros1File:
    """A ``.bag`` file; raises what rosbags raises."""

    is_ros2 = False

    def __init__(self, path: Path) -> None:
        """Open the file."""
        self._reader = _BoundedReader(path)
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
