# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""SQLite storage of ROS 2 bags, with the messages that still lie in its write-ahead log."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
import re
import sqlite3
from typing import Any, Literal

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.storage.stored_topic import StoredMessage, StoredTopic

_TABLES = {'topics', 'messages'}
_DEFINITIONS = 'message_definitions'
_PLAIN_TABLE = re.compile(r'\s*CREATE\s+TABLE\b', re.IGNORECASE)
#: Of a message, where SQLite itself allows 1 GB, and the number of that limit (sqlite3.h).
_MAX_MESSAGE_BYTES, _LIMIT_LENGTH = 1 << 29, 0
#: Steps of SQLite's machine between two looks at their number, and how many a query may take: a
#: row of a recorder has 20 bytes and more, and takes some tens of steps.
_STEPS, _MIN_STEPS, _STEPS_A_BYTE = 100_000, 10_000_000, 20


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
        self._steps = 0
        self._most_steps = max(_MIN_STEPS, _STEPS_A_BYTE * path.stat().st_size)
        self._database.set_progress_handler(self._count_steps, _STEPS)
        try:
            tables = self._tables()
            if not tables >= _TABLES:
                raise sqlite3.DatabaseError('the tables topics and messages are missing')
            self.unreadable: dict[str, str] = {}
            self.topics = self._topics(_DEFINITIONS in tables)
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
        query = (
            f'SELECT timestamp, topic_id, data FROM messages WHERE topic_id IN ({marks}) '
            f'{span}ORDER BY timestamp, id'
        )
        for recorded_ns, key, data in self._query(query, (*keys, *(between_ns or ()))):
            # Of a number, Python would make as many bytes; without any, the message is damaged.
            data = data if isinstance(data, bytes) else b''
            yield StoredMessage(int(recorded_ns), int(key), data)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _topics(self, has_definitions: bool) -> list[StoredTopic]:
        columns = {row[1] for row in self._rows('PRAGMA table_info(topics)')}
        digest = 'type_description_hash' if 'type_description_hash' in columns else "''"
        definitions = {}
        if has_definitions:
            query = 'SELECT topic_type, encoding, encoded_message_definition '
            rows = self._rows(f'{query} FROM {_DEFINITIONS}')
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

    def _tables(self) -> set[str]:
        """Return the names of the tables of stored rows; views and the like compute theirs."""
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        plain = {name for name, sql in self._rows(query) if _PLAIN_TABLE.match(str(sql))}
        for name in plain & {*_TABLES, _DEFINITIONS}:
            if any(row[6] for row in self._rows(f'PRAGMA table_xinfo({name})')):
                raise sqlite3.DatabaseError(f'the table {name} has computed columns')
        return plain

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return list(self._query(query))

    def _query(self, query: str, values: Sequence[int] = ()) -> Iterator[tuple[Any, ...]]:
        self._steps = 0
        try:
            # `yield from` would close the cursor of a walk that is left, after its database.
            for row in self._database.execute(query, values):  # noqa: UP028
                yield row
        except sqlite3.OperationalError as error:
            if self._steps > self._most_steps:
                raise sqlite3.DataError('it has far more rows than bytes') from error
            raise

    def _count_steps(self) -> bool:
        self._steps += _STEPS
        return self._steps > self._most_steps


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
    if hasattr(database, 'setlimit'):  # Python 3.11
        database.setlimit(_LIMIT_LENGTH, _MAX_MESSAGE_BYTES)
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
