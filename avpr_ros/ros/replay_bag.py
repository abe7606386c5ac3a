# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Image messages of a bag as the bytes they were recorded with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import struct
from typing import Any

from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore
from sensor_msgs.msg import CompressedImage, Image

from avpr_ros.errors import SourceError
from avpr_ros.ros.gates import NS_PER_S
from avpr_ros.sources.bag_reader import open_bag

MESSAGE_TYPES = {
    'sensor_msgs/msg/Image': Image,
    'sensor_msgs/msg/CompressedImage': CompressedImage,
}


@dataclass(frozen=True)
class ImageStream:
    """One image topic of an open bag.

    Attributes:
        topic: its name in the bag.
        message_type: the class of its messages.
        count: how many there are.
        messages: walks over stamp in nanoseconds and CDR bytes, in recorded order.
    """

    topic: str
    message_type: type
    count: int
    messages: Iterator[tuple[int, bytes]]


def cdr_stamp_ns(data: bytes) -> int:
    """Return the stamp of a serialised message that begins with a header.

    After four bytes that say how numbers are laid out come ``stamp.sec`` (int32) and
    ``stamp.nanosec`` (uint32) (DDS-XTypes 1.3, 7.6.3.1.2, encapsulation header).

    Raises:
        SourceError: too few bytes.
    """
    if len(data) < 12:
        raise SourceError(
            f'An image message of {len(data)} bytes is too short for a header; the bag is damaged.'
        )
    seconds, nanoseconds = struct.unpack_from('<iI' if data[1] & 1 else '>iI', data, 4)
    return int(seconds) * NS_PER_S + int(nanoseconds)


@contextmanager
def open_images(path: Path, topic: str) -> Iterator[ImageStream]:
    """Open one image topic of a bag; messages of a ROS 1 bag are put into ROS 2's bytes.

    Raises:
        SourceError: no bag that can be read, or no such image topic in it.
    """
    with open_bag(path) as reader:
        connections = _image_connections(reader, path, topic)
        yield ImageStream(
            topic,
            MESSAGE_TYPES[connections[0].msgtype],
            sum(one.msgcount for one in connections),
            _messages(reader, path, connections),
        )


def _image_connections(reader: AnyReader, path: Path, topic: str) -> list[Any]:
    images = [one for one in reader.connections if one.msgtype in MESSAGE_TYPES]
    chosen = [one for one in images if one.topic == topic]
    if not chosen:
        have = ', '.join(sorted({one.topic for one in images})) or 'none'
        raise SourceError(f'{path} has no image topic {topic}; its image topics: {have}.')
    return chosen


def _messages(
    reader: AnyReader, path: Path, connections: list[Any]
) -> Iterator[tuple[int, bytes]]:
    store = get_typestore(Stores.ROS2_JAZZY)
    walk = reader.messages(connections=connections)
    while True:
        try:
            connection, _, data = next(walk)
            cdr = data if reader.is2 else bytes(store.ros1_to_cdr(data, connection.msgtype))
        except StopIteration:
            return
        # A damaged bag makes its parsers raise whatever they hit.
        except Exception as error:
            raise SourceError(f'{path} is damaged ({error}); restore it.') from error
        yield cdr_stamp_ns(cdr), cdr
