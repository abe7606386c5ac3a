# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""MCAP files as other writers make them: without parts of the index, with other encodings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rosbags.typesys import Stores, get_typestore
from small_bags import STORE, Sent

_HUMBLE = get_typestore(Stores.ROS2_HUMBLE)
MAGIC = b'\x89MCAP0\r\n'


def number(value: int, size: int) -> bytes:
    return value.to_bytes(size, 'little')


def text(value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return number(len(raw), 4) + raw


def record(opcode: int, data: bytes) -> bytes:
    return number(opcode, 1) + number(len(data), 8) + data


def write_mcap(
    path: Path,
    sent: Iterable[Sent],
    *,
    alien: Sequence[tuple[str, str, bytes]] = (),
    defined: Sequence[str] | None = None,
    summary: bool = True,
    chunked: bool = True,
    claimed: int | None = None,
) -> Path:
    """Write a file without message indexes.

    Args:
        path: the file.
        sent: ROS messages.
        alien: topic, encoding and schema of channels that hold no ROS messages; one message each.
        defined: topics whose types are defined in the file; None: all.
        summary: write the summary with chunk index and statistics.
        chunked: put the messages into one chunk.
        claimed: number of messages of the first channel in the statistics; None: the true one.
    """
    messages = list(sent)
    names = list(dict.fromkeys(one.topic for one in messages))
    heads = []
    for row, name in enumerate(names, start=1):
        msgtype = next(one for one in messages if one.topic == name).message.__msgtype__
        known = defined is None or name in defined
        definition = _HUMBLE.generate_msgdef(msgtype)[0] if known else ''
        encoding = 'ros2msg' if known else ''
        schema = number(row, 2) + text(msgtype) + text(encoding) + text(definition)
        heads.append(record(3, schema))
        channel = number(row, 2) + number(row, 2) + text(name) + text('cdr') + text(b'')
        heads.append(record(4, channel))
    for row, (name, encoding, schema) in enumerate(alien, start=len(names) + 1):
        heads.append(record(3, number(row, 2) + text('foo.Bar') + text(encoding) + text(schema)))
        channel = number(row, 2) + number(row, 2) + text(name) + text(encoding) + text(b'')
        heads.append(record(4, channel))
    bodies, counts = [], dict.fromkeys(range(1, len(names) + len(alien) + 1), 0)
    for one in messages:
        row = names.index(one.topic) + 1
        counts[row] += 1
        data = bytes(STORE.serialize_cdr(one.message, one.message.__msgtype__))
        bodies.append(_message(row, one.stamp_ns, data))
    for row in range(len(names) + 1, len(counts) + 1):
        counts[row] += 1
        bodies.append(_message(row, messages[0].stamp_ns, b'{"a": 1}'))
    if claimed is not None:
        counts[1] = claimed
    out = MAGIC + record(1, text('ros2') + text('test'))
    begin, end = messages[0].stamp_ns, max(one.stamp_ns for one in messages)
    place = len(out)
    inside = b''.join([*heads, *bodies])
    if chunked:
        times = number(begin, 8) + number(end, 8)
        block = times + number(len(inside), 8) + number(0, 4) + text('')
        out += record(6, block + number(len(inside), 8) + inside)
    else:
        out += inside
    length = len(out) - place
    out += record(0x0F, number(0, 4))
    start = len(out) if summary else 0
    if summary:
        out += b''.join(heads)
        if chunked:
            entry = number(begin, 8) + number(end, 8) + number(place, 8) + number(length, 8)
            entry += number(0, 4) + number(0, 8) + text('') + number(len(inside), 8) * 2
            out += record(8, entry)
        table = b''.join(number(row, 2) + number(count, 8) for row, count in counts.items())
        sizes = number(sum(counts.values()), 8) + number(len(counts), 2) + number(len(counts), 4)
        rest = number(0, 8) + number(int(chunked), 4) + number(begin, 8) + number(end, 8)
        out += record(0x0B, sizes + rest + text(table))
    out += record(2, number(start, 8) + number(0, 8) + number(0, 4)) + MAGIC
    path.write_bytes(out)
    return path


def _message(channel: int, stamp_ns: int, data: bytes) -> bytes:
    head = number(channel, 2) + number(0, 4) + number(stamp_ns, 8) + number(stamp_ns, 8)
    return record(5, head + data)
