# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Records of MCAP files (https://mcap.dev/spec): framing, fields and chunks."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterator
from dataclasses import dataclass
import struct
from typing import BinaryIO

from lz4.frame import LZ4FrameDecompressor  # type: ignore[import-untyped]

from avpr_ros.sources.bags.storage import zstandard
from avpr_ros.sources.bags.storage.unpack_limit import UnpackLimit

MAGIC = b'\x89MCAP0\r\n'
FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK = 0x02, 0x03, 0x04, 0x05, 0x06
CHUNK_INDEX, STATISTICS, DATA_END = 0x08, 0x0B, 0x0F
#: Bytes of the footer record and the closing magic.
TAIL_BYTES = 37
#: Recorders write chunks of some megabytes.
MAX_CHUNK_BYTES = 1 << 28
#: No recorder writes more into one record.
MAX_RECORD_BYTES = 1 << 40
#: Bytes of a message record before its data.
_MESSAGE_HEADER_BYTES = 22


class McapError(ValueError):
    """The bytes of an MCAP file do not follow its specification."""


@dataclass
class RecordFields:
    """Reads the fields of one record in order."""

    data: bytes
    offset: int = 0

    def number(self, size: int) -> int:
        """Return an unsigned integer of some bytes."""
        return int.from_bytes(self.raw(size), 'little')

    def raw(self, size: int) -> bytes:
        """Return some bytes; raises ``McapError`` where the record is too short."""
        begin, self.offset = self.offset, self.offset + size
        if self.offset > len(self.data):
            raise McapError('a record is shorter than its fields')
        return self.data[begin : self.offset]

    def sized(self) -> bytes:
        """Return a byte string with a length of four bytes in front."""
        return self.raw(self.number(4))

    def text(self) -> str:
        """Return a string; bytes that are no UTF-8 are replaced."""
        return self.sized().decode(errors='replace')


@dataclass(frozen=True)
class Schema:
    """Name, encoding and text of a message type."""

    name: str
    encoding: str
    data: bytes


@dataclass(frozen=True)
class Channel:
    """A topic, the number of its schema and how its messages are encoded."""

    schema: int
    topic: str
    encoding: str


@dataclass(frozen=True)
class MessageRecord:
    """RecordFields of one message record."""

    channel: int
    logged_ns: int
    data: bytes


def read_schema(fields: RecordFields) -> tuple[int, Schema]:
    """Return the number of a schema and the schema."""
    return fields.number(2), Schema(fields.text(), fields.text(), fields.sized())


def read_channel(fields: RecordFields) -> tuple[int, Channel]:
    """Return the number of a channel and the channel."""
    return fields.number(2), Channel(fields.number(2), fields.text(), fields.text())


def read_message(data: bytes) -> MessageRecord:
    """Return the fields of a message record."""
    if len(data) < _MESSAGE_HEADER_BYTES:
        raise McapError('a message record is too short')
    channel, _, logged_ns = struct.unpack_from('<HIQ', data)
    return MessageRecord(channel, logged_ns, data[_MESSAGE_HEADER_BYTES:])


def read_chunk(fields: RecordFields, limit: UnpackLimit) -> bytes:
    """Return the decompressed records of a chunk, checked by its size and checksum."""
    fields.raw(16)  # its times
    size, checksum = fields.number(8), fields.number(4)
    compression = fields.text()
    if size > MAX_CHUNK_BYTES:
        raise McapError(f'a chunk of {size} bytes is larger than {MAX_CHUNK_BYTES}')
    limit.add(len(fields.data), size)
    records = _decompressed(fields.raw(fields.number(8)), compression, size)
    if len(records) != size:
        raise McapError(f'a chunk has {len(records)} bytes instead of {size}')
    if checksum and crc32(records) != checksum:
        raise McapError('the checksum of a chunk is wrong')
    return records


def records_in(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield opcode and content of the records in a chunk."""
    fields = RecordFields(data)
    while fields.offset < len(data):
        yield fields.number(1), fields.raw(fields.number(8))


def record_at(stream: BinaryIO, offset: int) -> tuple[int, int]:
    """Return opcode and length of the record at an offset; the stream stands at its content."""
    stream.seek(offset)
    head = stream.read(9)
    if len(head) != 9:
        raise McapError(f'a record at byte {offset} is cut off')
    return head[0], int.from_bytes(head[1:], 'little')


def content(stream: BinaryIO, length: int) -> bytes:
    """Return the content of the record at which a stream stands."""
    # a length that is no length may be larger than any memory
    data = stream.read(length) if length <= MAX_RECORD_BYTES else b''
    if len(data) != length:
        raise McapError(f'a record of {length} bytes is cut off')
    return data


def _decompressed(data: bytes, compression: str, size: int) -> bytes:
    """Decompress, but no more than one byte beyond the size that the chunk claims."""
    if compression == '':
        return data
    if compression == 'zstd':
        return zstandard.decompress(data, size + 1)
    if compression == 'lz4':
        return bytes(LZ4FrameDecompressor().decompress(data, max_length=size + 1))
    raise McapError(f'chunk compression {compression!r} is unknown')
