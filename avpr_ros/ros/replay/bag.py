# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Serialised messages of a bag: images and further topics, in recorded order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
import importlib
from pathlib import Path
import struct

from rosbags.typesys import Stores, get_typestore
from sensor_msgs.msg import CompressedImage, Image

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.reader import OpenBag, open_bag, topic_types
from avpr_ros.stamps import NS_PER_S

MESSAGE_TYPES = {
    'sensor_msgs/msg/Image': Image,
    'sensor_msgs/msg/CompressedImage': CompressedImage,
}


@dataclass(frozen=True)
class BagMessage:
    """One message of a bag.

    Attributes:
        topic: its topic in the bag.
        stamp_ns: of its header; 0 for messages other than images.
        data: CDR bytes.
    """

    topic: str
    stamp_ns: int
    data: bytes


@dataclass(frozen=True)
class Stream:
    """One image topic of an open bag, and further topics.

    Attributes:
        topic: the image topic's name in the bag.
        message_type: the class of its messages.
        also: classes of the further topics' messages, by topic.
        count: how many images there are.
        messages: walks over all of them in recorded order.
    """

    topic: str
    message_type: type
    also: Mapping[str, type]
    count: int
    messages: Iterator[BagMessage]


def cdr_stamp_ns(data: bytes) -> int:
    """Return the stamp of a serialised message that begins with a header.

    A header of four bytes gives the byte order; ``stamp.sec`` (int32) and ``stamp.nanosec``
    (uint32) follow (DDS-XTypes 1.3, 7.6.3.1.2, encapsulation header).

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
def open_stream(path: Path, topic: str, also: Sequence[str] = ()) -> Iterator[Stream]:
    """Open topics of a bag; messages of a ROS 1 bag are put into ROS 2's bytes.

    Args:
        path: the bag.
        topic: of the images.
        also: further topics of any type.

    Raises:
        SourceError: the bag cannot be read, lacks a topic, or has an unknown message type.
    """
    with open_bag(path) as bag:
        types = topic_types(bag)
        _check_topics(types, path, topic, also)
        others = [name for name in dict.fromkeys(also) if name != topic]
        yield Stream(
            topic,
            MESSAGE_TYPES[types[topic]],
            {name: _message_type(types[name]) for name in others},
            bag.count(topic),
            _messages(bag, path, topic, [topic, *others]),
        )


def _check_topics(types: Mapping[str, str], path: Path, topic: str, also: Sequence[str]) -> None:
    images = [name for name, msgtype in types.items() if msgtype in MESSAGE_TYPES]
    if topic not in images:
        have = ', '.join(images) or 'none'
        raise SourceError(f'{path} has no image topic {topic}; its image topics: {have}.')
    for name in also:
        if name not in types:
            raise SourceError(f'{path} has no topic {name}; its topics: {", ".join(types)}.')


def _message_type(name: str) -> type:
    """Return the class of ``package/msg/Name``.

    Raises:
        SourceError: its package is not installed.
    """
    package, _, kind = name.split('/')
    try:
        found: type = getattr(importlib.import_module(f'{package}.msg'), kind)
    except (ImportError, AttributeError) as error:
        raise SourceError(
            f'Messages of type {name} cannot be played: install the package {package}.'
        ) from error
    return found


def _messages(
    bag: OpenBag, path: Path, image_topic: str, topics: Sequence[str]
) -> Iterator[BagMessage]:
    store = get_typestore(Stores.ROS2_JAZZY)
    for message in bag.messages(topics):
        try:
            cdr = message.data
            if not bag.is_ros2:
                cdr = bytes(store.ros1_to_cdr(message.data, message.msgtype))
        # The parser raises many types of exceptions on a damaged bag.
        except Exception as error:
            raise SourceError(f'{path} is damaged ({error}); restore it.') from error
        is_image = message.topic == image_topic
        yield BagMessage(message.topic, cdr_stamp_ns(cdr) if is_image else 0, cdr)
