# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Small recordings that claim, compute or unpack to more than a computer has."""

from __future__ import annotations

from pathlib import Path
import sqlite3

from lz4.frame import compress
import pytest
from rosbags.rosbag1 import Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from small_bags import EPOCH_NS, drive, write_bag
from small_mcap import number, record, text

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.metadata import read_metadata
from avpr_ros.sources.bags.storage import mcap, opening, ros1, sqlite, unpack_limit, zstandard
from avpr_ros.sources.bags.storage.mcap import McapFile
from avpr_ros.sources.bags.storage.mcap_records import MAGIC, McapError
from avpr_ros.sources.bags.storage.opening import open_storage
from avpr_ros.sources.bags.storage.type_extent import check_extent
from avpr_ros.sources.open import SourceOptions, open_source

SEPARATOR = '=' * 80 + '\n'
#: Rows without end.
ENDLESS = 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n AS id'


def changed_database(folder: Path, script: str) -> Path:
    """Return a bag whose database was changed by SQL."""
    bag = write_bag(folder / 'bag', drive(3), 'sqlite3')
    database = sqlite3.connect(next(bag.glob('*.db3')))
    database.executescript(script)
    database.close()
    return bag


def frames(bag: Path) -> int:
    return len(list(open_source(bag, SourceOptions()).frames()))


@pytest.mark.parametrize(
    'script',
    [
        'ALTER TABLE messages RENAME TO other; CREATE VIEW messages AS '
        f"{ENDLESS}, 1 AS topic_id, n AS timestamp, x'00' AS data FROM r;",
        'ALTER TABLE topics RENAME TO other; CREATE VIEW topics AS '
        f"{ENDLESS}, 'a' AS name, 'b' AS type, 'cdr' AS serialization_format FROM r;",
        'ALTER TABLE messages RENAME TO other; CREATE TABLE messages(id INTEGER PRIMARY KEY, '
        'topic_id INT, timestamp INT, data BLOB AS (zeroblob(500000000)));'
        'INSERT INTO messages SELECT id, topic_id, timestamp FROM other;',
    ],
    ids=['endless messages', 'endless topics', 'computed messages'],
)
def test_rows_that_a_database_computes_are_not_read(tmp_path: Path, script: str) -> None:
    bag = changed_database(tmp_path, script)
    with pytest.raises(SourceError, match=r'missing|computed columns'):
        frames(bag)


def test_a_query_of_far_more_steps_than_the_file_has_bytes_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = write_bag(tmp_path / 'bag', drive(3), 'sqlite3')
    monkeypatch.setattr(sqlite, '_MIN_STEPS', 0)
    monkeypatch.setattr(sqlite, '_STEPS_A_BYTE', 0)
    monkeypatch.setattr(sqlite, '_STEPS', 1)
    with pytest.raises(SourceError, match='more rows than bytes'):
        frames(bag)


def test_a_message_that_is_a_number_is_a_damaged_one(tmp_path: Path) -> None:
    topic = "topic_id = (SELECT id FROM topics WHERE name = '/odom')"
    first = f'id = (SELECT MAX(id) FROM messages WHERE {topic})'
    bag = changed_database(tmp_path, f'UPDATE messages SET data = 4000000000 WHERE {first}')
    assert frames(bag) == 3


def test_a_compressed_file_that_would_fill_the_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack_limit, 'MIN_BYTES', 1 << 20)
    stream = zstandard._module().open(tmp_path / 'a.mcap.zstd', 'wb')
    with stream:
        for _ in range(8):
            stream.write(bytes(1 << 20))
    with pytest.raises(SourceError, match='it unpacks to more than 1048576 bytes'):
        opening.open_storage(tmp_path / 'a.mcap.zstd').__enter__()


def chunked(path: Path, chunks: int, size: int, *, entries: int = 1) -> Path:
    """Write an MCAP file of equal chunks of the same time, each listed so many times."""
    body = record(5, number(1, 2) + number(0, 4) + number(5, 8) + number(5, 8) + bytes(size))
    packed = compress(body)
    heads = record(3, number(1, 2) + text('a/msg/B') + text('ros2msg') + text('int32 x\n'))
    heads += record(4, number(1, 2) + number(1, 2) + text('/a') + text('cdr') + text(b''))
    data, index = MAGIC + record(1, text('') + text('')) + heads, heads
    times = number(5, 8) + number(5, 8)
    for _ in range(chunks):
        entry = times + number(len(data), 8) + number(0, 8) + text(b'') + number(0, 8)
        index += record(8, entry + text('lz4') + number(0, 16)) * entries
        sizes = number(len(body), 8) + number(0, 4) + text('lz4') + number(len(packed), 8)
        data += record(6, times + sizes + packed)
    count = chunks * entries
    statistics = number(count, 8) + number(1, 2) + number(1, 4) + number(0, 8) + number(count, 4)
    counts = number(1, 2) + number(count, 8)
    index += record(11, statistics + times + text(counts))
    data += record(15, number(0, 4))
    footer = record(2, number(len(data), 8) + number(0, 8) + number(0, 4))
    path.write_bytes(data + index + footer + MAGIC)
    return path


def test_messages_that_wait_for_overlapping_chunks_are_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = chunked(tmp_path / 'a.mcap', 5, 1000)
    assert len(list(McapFile(file).messages([1]))) == 5
    monkeypatch.setattr(mcap, '_MAX_WAITING_BYTES', 2500)
    with pytest.raises(McapError, match='chunks overlap'):
        list(McapFile(file).messages([1]))


def test_a_chunk_that_is_listed_again_and_again_is_read_once(tmp_path: Path) -> None:
    file = chunked(tmp_path / 'a.mcap', 2, 10, entries=50)
    assert len(list(McapFile(file).messages([1]))) == 2


def test_chunks_of_a_small_file_unpack_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = chunked(tmp_path / 'a.mcap', 9, 500_000)
    assert len(list(McapFile(file).messages([1]))) == 9
    monkeypatch.setattr(unpack_limit, 'MIN_BYTES', 1_000_000)
    monkeypatch.setattr(unpack_limit, 'MAX_RATIO', 2)
    with pytest.raises(ValueError, match='more than 2 times'):
        list(McapFile(file).messages([1]))


@pytest.mark.parametrize('kind', ['BZ2', 'LZ4'])
def test_a_chunk_of_a_ros1_bag_unpacks_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    store = get_typestore(Stores.ROS1_NOETIC)
    writer = Writer(tmp_path / 'a.bag')
    writer.set_compression(Writer.CompressionFormat[kind])
    with writer:
        topic = writer.add_connection('/a', 'std_msgs/msg/String', typestore=store)
        for second in range(4):
            writer.write(topic, EPOCH_NS + second, bytes(50_000))
    with open_storage(tmp_path / 'a.bag') as file:
        assert len(list(file.messages([0]))) == 4
    monkeypatch.setattr(ros1, 'MAX_CHUNK_BYTES', 100_000)
    with (
        open_storage(tmp_path / 'a.bag') as file,
        pytest.raises(ValueError, match='more than 100000'),
    ):
        list(file.messages([0]))


@pytest.mark.parametrize(
    'definition',
    [
        f'Foo[4294967295] x\n{SEPARATOR}MSG: a/Foo\nint32 a\nstring b\n',
        'string[4294967295] x\n',
        f'a/B x\n{SEPARATOR}MSG: a/B\nB y\n',
        f'Foo[] x\n{SEPARATOR}MSG: a/Foo\nBar[9] a\n{SEPARATOR}MSG: a/Bar\n',
        'T0 x\n'
        + ''.join(f'{SEPARATOR}MSG: a/T{n}\nT{n + 1} p\nT{n + 1} q\n' for n in range(40))
        + f'{SEPARATOR}MSG: a/T40\nint32 z\n',
    ],
    ids=['array', 'strings', 'itself', 'without bytes', 'doubling'],
)
def test_definitions_of_values_without_number_are_refused(definition: str) -> None:
    with pytest.raises(ValueError, match=r'values|itself|without bytes'):
        check_extent('a/msg/B', get_types_from_msg(definition, 'a/msg/B'))


def test_definitions_of_ros_are_within_the_limit() -> None:
    types = get_typestore(Stores.ROS2_JAZZY).fielddefs
    for name in types:
        check_extent(name, types)


def test_an_endless_definition_stands_back_behind_that_of_ros(tmp_path: Path) -> None:
    script = "UPDATE message_definitions SET encoded_message_definition = 'string[4294967295] x';"
    bag = changed_database(tmp_path, f"{script} UPDATE topics SET type_description_hash = '';")
    assert frames(bag) == 3


def test_names_of_files_that_double_in_metadata_are_not_expanded(tmp_path: Path) -> None:
    lists = ['a0: &a0 [x, x]', *(f'a{n}: &a{n} [*a{n - 1}, *a{n - 1}]' for n in range(1, 40))]
    root = 'rosbag2_bagfile_information: {relative_file_paths: [*a39]}'
    (tmp_path / 'metadata.yaml').write_text('\n'.join([*lists, root]))
    assert read_metadata(tmp_path) is None
