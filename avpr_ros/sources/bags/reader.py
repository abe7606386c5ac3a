# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Read bags as files, without replay; every fault becomes a ``SourceError``.

rosbags reads ROS 2 bags (sqlite3, mcap) and ROS 1 bags alike. On damaged files it raises what its
parsers happen to hit (struct, index, assertion and decompression errors, apsw's own), so every
exception at this border means: the bag cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore
from rosbags.typesys.store import Typestore

from avpr_ros.errors import SourceError

_REASON_CHARACTERS = 160


class Message(NamedTuple):
    """A message of a bag, not deserialised yet; ``deserialize`` outlives the reader."""

    topic: str
    deserialize: Callable[[], Any]


@contextmanager
def open_bag(path: Path) -> Iterator[AnyReader]:
    """Open a bag folder, .mcap, .db3 or ROS 1 .bag file.

    Bags older than ROS 2 Iron do not carry message definitions in sqlite3; Humble's are taken.

    Raises:
        SourceError: it cannot be opened: truncated, corrupt, of an unknown version.
    """
    try:
        reader = AnyReader([path], default_typestore=_older_definitions())
        reader.open()
    except Exception as error:
        raise SourceError(_cannot_read(path, error)) from error
    try:
        yield reader
    finally:
        reader.close()


def topic_types(reader: AnyReader) -> dict[str, str]:
    """Return the message type of every topic that has messages, sorted by topic."""
    return {
        connection.topic: connection.msgtype
        for connection in sorted(reader.connections, key=lambda connection: connection.topic)
        if connection.msgcount
    }


def read_messages(reader: AnyReader, path: Path, topics: Collection[str]) -> Iterator[Message]:
    """Yield the messages of some topics in the order they were recorded.

    Raises:
        SourceError: the bag is damaged at this place.
    """
    wanted = [connection for connection in reader.connections if connection.topic in topics]
    if not wanted:
        return
    store = reader.typestore  # the reader forgets it when closed; frames may be decoded later
    load = store.deserialize_cdr if reader.is2 else store.deserialize_ros1
    messages = reader.messages(connections=wanted)
    while True:
        try:
            connection, _, raw = next(messages)
        except StopIteration:
            return
        except Exception as error:
            raise SourceError(_cannot_read(path, error)) from error
        yield Message(connection.topic, partial(load, raw, connection.msgtype))


def load_message(message: Message, path: Path) -> Any:
    """Deserialise a message that the whole drive depends on, such as a pose.

    Raises:
        SourceError: its bytes do not fit its type.
    """
    try:
        return message.deserialize()
    except Exception as error:
        raise SourceError(
            f'A message on {message.topic} of {path} does not fit its type ({_reason(error)}): '
            'the bag is damaged, restore it from its original.'
        ) from error


@cache
def _older_definitions() -> Typestore:
    return get_typestore(Stores.ROS2_HUMBLE)


def _cannot_read(path: Path, error: Exception) -> str:
    return (
        f'Bag {path} is truncated, damaged or of an unknown kind ({_reason(error)}): restore it '
        'from its original or repair it with its recorder\'s tools ("ros2 bag reindex", '
        '"mcap recover").'
    )


def _reason(error: Exception) -> str:
    """Return the exception's text on one line, shortened: some parsers quote the whole input."""
    words = ' '.join(str(error).split()).rstrip('.') or type(error).__name__
    return words if len(words) <= _REASON_CHARACTERS else f'{words[:_REASON_CHARACTERS]}...'
