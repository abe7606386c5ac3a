# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Read recordings as files, without replay; every fault becomes a ``SourceError``.

A recording is one storage file or several: splits of one run, read as one. On damaged files the
parsers raise whatever they happen to hit (struct, index, assertion, database and decompression
errors), so every exception at this border means: the bag cannot be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
import heapq
from pathlib import Path
from typing import Any, NamedTuple

from rosbags.typesys.store import Typestore

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.metadata import METADATA
from avpr_ros.sources.bags.recording import Recording, find_recording
from avpr_ros.sources.bags.storage import zstandard
from avpr_ros.sources.bags.storage.message_types import check_digest, typestore_of
from avpr_ros.sources.bags.storage.opening import cannot_read, open_storage
from avpr_ros.sources.bags.storage.stored_topic import StorageFile, StoredTopic
from avpr_ros.sources.bags.storage.unpack_limit import UnpackLimit
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.storage.reading import reason


class Message(NamedTuple):
    """A message of a bag, not deserialised yet; ``deserialize`` outlives the reader."""

    topic: str
    msgtype: str
    deserialize: Callable[[], Any]
    recorded_ns: int = 0


class RawMessage(NamedTuple):
    """A serialised message of a bag: CDR, or ROS 1's bytes."""

    topic: str
    msgtype: str
    recorded_ns: int
    data: bytes


class OpenBag:
    """The open storage files of a recording."""

    def __init__(self, recording: Recording, files: Sequence[StorageFile]) -> None:
        self.recording = recording
        self.is_ros2 = all(file.is_ros2 for file in files)
        self._files = files
        self._stores: dict[str, Typestore] = {}

    @property
    def unreadable(self) -> Mapping[str, str]:
        """Encoding by name of the topics that hold no ROS messages."""
        return {name: kind for file in self._files for name, kind in file.unreadable.items()}

    def message_types(self) -> dict[str, list[str]]:
        """Return the message types of every topic that has messages, sorted by topic."""
        found: dict[str, list[str]] = {}
        for topic in sorted(self._topics, key=lambda topic: topic.name):
            types = found.setdefault(topic.name, [])
            if topic.msgtype not in types:
                types.append(topic.msgtype)
        return found

    def checks(self) -> tuple[PreflightCheck, ...]:
        """Return the findings about the files and what is left out of them."""
        found = [*self.recording.checks]
        total, counted = sum(file.total for file in self._files), self.recording.counted
        if counted is not None and counted != total:
            found.append(
                PreflightCheck(
                    'storage',
                    'warning',
                    f'{METADATA} counts {counted} messages and its files hold {total}, which are '
                    'read. "ros2 bag reindex" corrects it.',
                )
            )
        if self.unreadable:
            listed = ', '.join(f'{name} ({kind})' for name, kind in self.unreadable.items())
            text = f'Topics without ROS messages are left out: {listed}.'
            found.append(PreflightCheck('storage', 'ok', text))
        return tuple(found)

    def lost_check(self, read: Mapping[str, int]) -> tuple[PreflightCheck, ...]:
        """Check that all messages that the files claim to hold were read.

        Args:
            read: number of messages read, by topic.
        """
        lost = [
            f'{topic} ({number} of {self.count(topic)})'
            for topic, number in read.items()
            if number < self.count(topic)
        ]
        if not lost:
            return ()
        text = (
            f'Fewer messages were found than the index of the bag counts: {", ".join(lost)}; '
            '"mcap recover" or "ros2 bag reindex" may find the others.'
        )
        return (PreflightCheck('storage', 'warning', text),)

    def count(self, topic: str) -> int:
        """Return the number of messages that the files claim to hold of a topic."""
        return sum(stored.count for stored in self._topics if stored.name == topic)

    def messages(
        self, topics: Collection[str], between_ns: tuple[int, int] | None = None
    ) -> Iterator[RawMessage]:
        """Yield the messages of some topics in the order they were recorded.

        Args:
            topics: names of the topics.
            between_ns: first and last time of recording; None: all.

        Raises:
            SourceError: the bag is damaged at this place.
        """
        walks = [self._walk(file, topics, between_ns) for file in self._files]
        merged = heapq.merge(*walks, key=lambda message: message.recorded_ns)
        while True:
            try:
                message = next(merged)
            except StopIteration:
                return
            except SourceError:
                raise
            except Exception as error:
                raise cannot_read(self.recording.path, error) from error
            yield message

    def loader(self, message: RawMessage) -> Callable[[], Any]:
        """Return the function that deserialises a message.

        Raises:
            SourceError: the definition of its type is damaged or another one.
        """
        store = self._store_for(message.msgtype)
        load = store.deserialize_cdr if self.is_ros2 else store.deserialize_ros1
        return partial(load, message.data, message.msgtype)

    def _store_for(self, msgtype: str) -> Typestore:
        """Return the store of a message type, whose definition is checked."""
        if (known := self._stores.get(msgtype)) is not None:
            return known
        topics = [topic for topic in self._topics if topic.msgtype == msgtype]
        store = typestore_of(topics)
        try:
            for topic in topics:
                check_digest(store, topic)
        except Exception as error:
            raise cannot_read(self.recording.path, error) from error
        self._stores[msgtype] = store
        return store

    @property
    def _topics(self) -> list[StoredTopic]:
        return [topic for file in self._files for topic in file.topics if topic.count]

    def _walk(
        self, file: StorageFile, topics: Collection[str], between_ns: tuple[int, int] | None
    ) -> Iterator[RawMessage]:
        wanted = {topic.key: topic for topic in file.topics if topic.name in topics}
        if not wanted:
            return
        limit = UnpackLimit()
        for recorded_ns, key, data in file.messages(wanted, between_ns):
            # CDR begins with the byte order, so that compressed messages are told apart
            if file.is_ros2 and data[:4] == zstandard.MAGIC:
                packed = len(data)
                data = zstandard.decompress(data, zstandard.MAX_MESSAGE_BYTES)
                limit.add(packed, len(data))
            yield RawMessage(wanted[key].name, wanted[key].msgtype, recorded_ns, data)


@contextmanager
def open_bag(path: Path | Sequence[Path]) -> Iterator[OpenBag]:
    """Open a bag folder, .mcap, .db3 or ROS 1 .bag files.

    Args:
        path: a folder or a file, or the files of one recording.

    Raises:
        SourceError: it cannot be opened: truncated, corrupt, of an unknown version.
    """
    recording = find_recording(path)
    with ExitStack() as stack:
        files = [stack.enter_context(open_storage(file)) for file in recording.files]
        yield OpenBag(recording, files)


def topic_types(bag: OpenBag) -> dict[str, str]:
    """Return the message type of every topic that has messages, sorted by topic."""
    return {topic: types[0] for topic, types in bag.message_types().items()}


def read_messages(
    bag: OpenBag,
    topics: Collection[str],
    counted: Counter[str] | None = None,
    between_ns: tuple[int, int] | None = None,
) -> Iterator[Message]:
    """Yield the messages of some topics in the order they were recorded.

    Args:
        bag: the open bag.
        topics: names of the topics.
        counted: counts the messages by topic.
        between_ns: first and last time of recording; None: all.

    Raises:
        SourceError: the bag is damaged at this place.
    """
    for message in bag.messages(topics, between_ns):
        if counted is not None:
            counted[message.topic] += 1
        load = bag.loader(message)
        yield Message(message.topic, message.msgtype, load, message.recorded_ns)


def load_message(message: Message, path: Path) -> Any:
    """Deserialise a message that the whole drive depends on, such as a pose.

    Raises:
        SourceError: its bytes do not fit its type.
    """
    try:
        return message.deserialize()
    except Exception as error:
        raise SourceError(
            f'A message on {message.topic} of {path} does not fit its type ({reason(error)}): '
            'the bag is damaged, restore it from its original.'
        ) from error
