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

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.typesys import Stores, get_typestore
from sensor_msgs.msg import CompressedImage, Image

from avpr_ros.errors import SourceError
from avpr_ros.ros.gates import NS_PER_S

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
    """Open one image topic of a ROS 2 bag.

    Raises:
        SourceError: no bag that can be read, no such topic, or no image topic.
    """
    if path.suffix == '.bag':
        raise SourceError(
            f'{path} is a ROS 1 bag, whose bytes no ROS 2 node understands; convert it with '
            f'rosbags-convert.'
        )
    try:
        with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_JAZZY)) as reader:
            connections = _image_connections(reader, path, topic)
            yield ImageStream(
                topic,
                MESSAGE_TYPES[connections[0].msgtype],
                sum(one.msgcount for one in connections),
                _messages(reader, connections),
            )
    except (AnyReaderError, OSError) as error:
        raise SourceError(f'{path} cannot be read as a ROS 2 bag: {error}.') from error


def _image_connections(reader: AnyReader, path: Path, topic: str) -> list[Any]:
    images = [one for one in reader.connections if one.msgtype in MESSAGE_TYPES]
    chosen = [one for one in images if one.topic == topic]
    if not chosen:
        have = ', '.join(sorted({one.topic for one in images})) or 'none'
        raise SourceError(f'{path} has no image topic {topic}; its image topics: {have}.')
    return chosen


def _messages(reader: AnyReader, connections: list[Any]) -> Iterator[tuple[int, bytes]]:
    for _, _, data in reader.messages(connections=connections):
        yield cdr_stamp_ns(data), data
