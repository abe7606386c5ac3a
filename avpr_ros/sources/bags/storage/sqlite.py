# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""SQLite storage of ROS 2 bags, with the messages that still lie in its write-ahead log."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
import sqlite3
from typing import Any, Literal

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.storage.stored_topic import StoredMessage, StoredTopic

_TABLES = {'topics', 'messages'}


class SqliteFile:
    """A ``.db3`` file, schema versions 1 to 4."""

    is_ros2 = True

    def __init__(self, path: Path) -> None:
        """Open the file for reading.

        Raises:
            SourceError: its write-ahead log cannot be read where it lies.
            sqlite3.Error: it is damaged, or no such database.
        """
        self._database = _connect(path)
        try:
            tables = {name for (name,) in self._rows('SELECT name FROM sqlite_master')}
            if not tables >= _TABLES:
                raise sqlite3.DatabaseError('the tables topics and messages are missing')
            self.unreadable: dict[str, str] = {}
            self.topics = self._topics('message_definitions' in tables)
            bounds = 'SELECT MIN(timestamp), MAX(timestamp), COUNT(*) FROM messages'
            begin_ns, end_ns, self.total = self._rows(bounds)[0]
            self.span_ns = None if begin_ns is None else (int(begin_ns), int(end_ns))
        except BaseException:
            self._database.close()
            raise

    def messages(
        self, keys: Collection[int], between_ns: tuple[int, int] | None = None
    ) -> Iterator[StoredMessage]:
        """See ``StorageFile``."""
        marks = ','.join('?' * len(keys))
        span = '' if between_ns is None else 'AND timestamp BETWEEN ? AND ? '
        cursor = self._database.execute(
            f'SELECT timestamp, topic_id, data FROM messages WHERE topic_id IN ({marks}) '
            f'{span}ORDER BY timestamp, id',
            (*keys, *(between_ns or ())),
        )
        for recorded_ns, key, data in cursor:
            yield StoredMessage(int(recorded_ns), int(key), bytes(data))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _topics(self, has_definitions: bool) -> list[StoredTopic]:
        columns = {row[1] for row in self._rows('PRAGMA table_info(topics)')}
        digest = 'type_description_hash' if 'type_description_hash' in columns else "''"
        definitions = {}
        if has_definitions:
            query = 'SELECT topic_type, encoding, encoded_message_definition '
            rows = self._rows(f'{query} FROM message_definitions')
            definitions = {name: (encoding, text) for name, encoding, text in rows}
        counts = dict(self._rows('SELECT topic_id, COUNT(*) FROM messages GROUP BY topic_id'))
        topics = []
        query = f'SELECT id, name, type, serialization_format, {digest} FROM topics ORDER BY id'
        for key, name, msgtype, serialisation, hashed in self._rows(query):
            if serialisation != 'cdr':
                self.unreadable[name] = serialisation
                continue
            encoding, text = definitions.get(msgtype, ('', ''))
            language: Literal['msg', 'idl'] = 'idl' if encoding.endswith('idl') else 'msg'
            count = int(counts.get(key, 0))
            topics.append(
                StoredTopic(int(key), name, msgtype, count, text, language, hashed or '')
            )
        return topics

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return list(self._database.execute(query))


def _connect(path: Path) -> sqlite3.Connection:
    """Open a database without locks, or with its log where it was not closed properly.

    An immutable database needs no lock, so it can be read on any file system, but SQLite then
    ignores the log beside it.
    """
    address = path.resolve().as_uri()
    logs = [path.with_name(path.name + suffix) for suffix in ('-wal', '-journal')]
    left = [log for log in logs if log.is_file() and log.stat().st_size]
    mode = 'mode=ro' if left else 'immutable=1'
    database = sqlite3.connect(f'{address}?{mode}', uri=True, check_same_thread=False)
    if left:
        try:
            database.execute('SELECT COUNT(*) FROM sqlite_master').fetchone()
        except sqlite3.OperationalError as error:
            database.close()
            raise SourceError(
                f'{path} was not closed and {left[0].name} holds its last messages, which SQLite '
                f'cannot read in this place ({error}): copy both files into a folder that can be '
                'written to, and open that.'
            ) from error
    return database
