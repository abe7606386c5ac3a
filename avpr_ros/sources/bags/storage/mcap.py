# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""MCAP storage, by its index where that is whole and by a scan of the file where it is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
import heapq
from pathlib import Path
from typing import BinaryIO

from avpr_ros.sources.bags.storage import mcap_records as records
from avpr_ros.sources.bags.storage.mcap_records import Channel, McapError, RecordFields, Schema
from avpr_ros.sources.bags.storage.stored_topic import StoredMessage, StoredTopic
from avpr_ros.sources.bags.storage.unpack_limit import UnpackLimit

#: Of messages that are read before it is their turn, as chunks overlap in time.
_MAX_WAITING_BYTES = 1 << 28
_MSG, _IDL = ('ros2msg', ''), ('ros2idl', 'omgidl')


@dataclass(frozen=True, order=True)
class _Block:
    """A chunk, or a message outside of chunks.

    Attributes:
        begin_ns: time of its first message.
        offset: of its record in the file.
        end_ns: time of its last message.
        channels: those with messages in it; empty where unknown.
    """

    begin_ns: int
    offset: int
    end_ns: int
    channels: frozenset[int] = frozenset()

    def overlaps(self, first_ns: int, last_ns: int) -> bool:
        """Return whether some of its messages may lie in a span of time; True where unknown."""
        return not self.end_ns or (self.begin_ns <= last_ns and self.end_ns >= first_ns)


@dataclass
class _Contents:
    """Schemas, channels and blocks of a file, and the number of messages by channel."""

    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    blocks: list[_Block] = field(default_factory=list)
    counts: Counter[int] = field(default_factory=Counter)

    def take(self, opcode: int, data: bytes) -> None:
        """Take a schema or a channel."""
        if opcode == records.SCHEMA:
            number, schema = records.read_schema(RecordFields(data))
            self.schemas[number] = schema
        elif opcode == records.CHANNEL:
            number, channel = records.read_channel(RecordFields(data))
            self.channels[number] = channel


class McapFile:
    """An ``.mcap`` file; channels that hold no ROS 2 messages are listed and left out."""

    is_ros2 = True

    def __init__(self, path: Path) -> None:
        """Open the file and read its index.

        Raises:
            McapError: it is truncated or damaged.
            OSError: it cannot be read.
        """
        self._stream = path.open('rb')
        try:
            begin, summary, end = _sections(self._stream)
            contents = _by_summary(self._stream, summary, end) if summary else None
            self._contents = contents or _by_scan(self._stream, begin, summary or end)
        except BaseException:
            self._stream.close()
            raise
        self.unreadable: dict[str, str] = {}
        self.topics: list[StoredTopic] = []
        for number, channel in sorted(self._contents.channels.items()):
            self._add_topic(number, channel)
        self.total = sum(self._contents.counts.values())
        blocks = [block for block in self._contents.blocks if block.end_ns]
        self.span_ns: tuple[int, int] | None = None
        if blocks:
            self.span_ns = (min(blocks).begin_ns, max(block.end_ns for block in blocks))

    def messages(
        self, keys: Collection[int], between_ns: tuple[int, int] | None = None
    ) -> Iterator[StoredMessage]:
        """See ``StorageFile``."""
        wanted = frozenset(keys)
        waiting: list[tuple[int, int, StoredMessage]] = []
        serial = waiting_bytes = 0
        limit = UnpackLimit()
        for block in sorted(self._contents.blocks):
            while waiting and waiting[0][0] < block.begin_ns:
                message = heapq.heappop(waiting)[2]
                waiting_bytes -= len(message.data)
                yield message
            if waiting_bytes > _MAX_WAITING_BYTES:
                raise McapError('its chunks overlap by more than can be sorted')
            if block.channels and not block.channels & wanted:
                continue
            if between_ns and not block.overlaps(*between_ns):
                continue
            for message in self._read(block, limit):
                if message.key in wanted and _within(message.recorded_ns, between_ns):
                    heapq.heappush(waiting, (message.recorded_ns, serial, message))
                    serial += 1
                    waiting_bytes += len(message.data)
        while waiting:
            yield heapq.heappop(waiting)[2]

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _read(self, block: _Block, limit: UnpackLimit) -> Iterator[StoredMessage]:
        opcode, length = records.record_at(self._stream, block.offset)
        data = records.content(self._stream, length)
        inside: Iterator[tuple[int, bytes]] = iter([(opcode, data)])
        if opcode == records.CHUNK:
            inside = records.records_in(records.read_chunk(RecordFields(data), limit))
        for kind, raw in inside:
            if kind == records.MESSAGE:
                message = records.read_message(raw)
                yield StoredMessage(message.logged_ns, message.channel, message.data)

    def _add_topic(self, number: int, channel: Channel) -> None:
        schema = self._contents.schemas.get(channel.schema, Schema('', '', b''))
        known = schema.encoding in (*_MSG, *_IDL) and schema.name
        if channel.encoding != 'cdr' or not known:
            self.unreadable[channel.topic] = channel.encoding or schema.encoding or 'unknown'
            return
        self.topics.append(
            StoredTopic(
                number,
                channel.topic,
                _full_name(schema.name),
                self._contents.counts[number],
                schema.data.decode(errors='replace'),
                'idl' if schema.encoding in _IDL else 'msg',
            )
        )


def _within(recorded_ns: int, between_ns: tuple[int, int] | None) -> bool:
    return between_ns is None or between_ns[0] <= recorded_ns <= between_ns[1]


def _full_name(name: str) -> str:
    """Return ``package/msg/Name`` for ``package/Name``."""
    package, _, kind = name.partition('/')
    return name if '/' in kind else f'{package}/msg/{kind}'


def _sections(stream: BinaryIO) -> tuple[int, int, int]:
    """Return the offsets of the data, of the summary (0: none) and of the footer."""
    if stream.read(8) != records.MAGIC:
        raise McapError('it does not begin as an MCAP file does')
    stream.seek(0, 2)
    footer = stream.tell() - records.TAIL_BYTES
    if footer < 8:
        raise McapError('it ends before its footer')
    opcode, length = records.record_at(stream, footer)
    tail = stream.read()
    if tail[-8:] != records.MAGIC or opcode != records.FOOTER or length != 20:
        raise McapError('it has no end mark: it was cut off, or is still being written')
    summary = int.from_bytes(tail[:8], 'little')
    if summary and not 8 <= summary <= footer:
        raise McapError('its summary lies outside of the file')
    return 8, summary, footer


def _by_summary(stream: BinaryIO, offset: int, end: int) -> _Contents | None:
    """Read the summary; None where it does not describe the whole file."""
    found = _Contents()
    numbers = None
    while offset < end:
        opcode, length = records.record_at(stream, offset)
        data = records.content(stream, length)
        offset += 9 + length
        found.take(opcode, data)
        if opcode == records.CHUNK_INDEX:
            fields = RecordFields(data)
            begin_ns, end_ns, place = fields.number(8), fields.number(8), fields.number(8)
            fields.raw(8)
            index = fields.sized()
            channels = frozenset(
                int.from_bytes(index[i : i + 2], 'little') for i in range(0, len(index), 10)
            )
            found.blocks.append(_Block(begin_ns, place, end_ns, channels))
        elif opcode == records.STATISTICS:
            fields = RecordFields(data)
            total, _, channels_ = fields.number(8), fields.number(2), fields.number(4)
            fields.raw(8)
            numbers = (total, channels_, fields.number(4))
            fields.raw(16)
            counts = RecordFields(fields.sized())
            while counts.offset < len(counts.data):
                number = counts.number(2)  # the right side would be read first
                found.counts[number] = counts.number(8)
    if numbers is None or (len(found.channels), len(found.blocks)) != numbers[1:]:
        return None
    once = len({block.offset for block in found.blocks}) == len(found.blocks)
    whole = sum(found.counts.values()) == numbers[0] and (found.blocks or not numbers[0])
    return found if whole and once else None


def _by_scan(stream: BinaryIO, offset: int, end: int) -> _Contents:
    """Read every record of the data section."""
    found, limit = _Contents(), UnpackLimit()
    while offset < end:
        opcode, length = records.record_at(stream, offset)
        if opcode == records.CHUNK:
            chunk = records.read_chunk(_content(stream, length), limit)
            _take_messages(found, offset, list(records.records_in(chunk)))
        elif opcode == records.MESSAGE:
            _take_messages(found, offset, [(opcode, records.content(stream, length))])
        elif opcode in (records.SCHEMA, records.CHANNEL):
            found.take(opcode, records.content(stream, length))
        elif opcode == records.DATA_END:
            break
        offset += 9 + length
    return found


def _content(stream: BinaryIO, length: int) -> RecordFields:
    return RecordFields(records.content(stream, length))


def _take_messages(found: _Contents, offset: int, inside: list[tuple[int, bytes]]) -> None:
    times = []
    channels = set()
    for kind, raw in inside:
        found.take(kind, raw)
        if kind == records.MESSAGE:
            message = records.read_message(raw)
            times.append(message.logged_ns)
            channels.add(message.channel)
            found.counts[message.channel] += 1
    if times:
        found.blocks.append(_Block(min(times), offset, max(times), frozenset(channels)))
