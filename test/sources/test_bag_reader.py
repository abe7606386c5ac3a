# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Damaged bags: one sentence each, whatever the reader trips over."""

from __future__ import annotations

from pathlib import Path
import sqlite3

import numpy as np
import pytest
from small_bags import STORAGES, drive, found, write_bag

from avpr_ros.errors import AvprError, SourceError
from avpr_ros.sources.open import SourceOptions, open_source

EVERY_STORAGE = pytest.mark.parametrize('storage', STORAGES)


def storage_file(bag: Path) -> Path:
    return next(path for path in bag.iterdir() if path.suffix != '.yaml')


def read_all(bag: Path) -> int:
    source = open_source(bag, SourceOptions())
    source.preflight()
    return sum(frame.decode().size > 0 for frame in source.frames())


@EVERY_STORAGE
@pytest.mark.parametrize('share', [0.0, 0.001, 0.1, 0.5, 0.9, 0.99])
def test_truncated_bag_is_refused_in_one_sentence(
    tmp_path: Path, storage: str, share: float
) -> None:
    bag = write_bag(tmp_path / 'bag', drive(), storage)
    file = storage_file(bag)
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])

    with pytest.raises(SourceError, match='truncated, damaged or of an unknown kind') as caught:
        read_all(bag)
    assert '\n' not in str(caught.value)
    assert len(str(caught.value)) < 600


@EVERY_STORAGE
def test_flipped_bytes_raise_nothing_but_our_own_errors(tmp_path: Path, storage: str) -> None:
    rng = np.random.default_rng(11)
    bag = write_bag(tmp_path / 'bag', drive(3), storage)
    file = storage_file(bag)
    data = file.read_bytes()
    noticed = 0
    for _ in range(20):
        broken = bytearray(data)
        for place in rng.integers(0, len(data), 4):
            broken[place] ^= int(rng.integers(1, 256))
        file.write_bytes(broken)
        try:
            read_all(bag)
            checks = open_source(bag, SourceOptions()).preflight().checks
            noticed += any(check.level != 'ok' for check in checks)
        except AvprError as error:
            noticed += 1
            assert '\n' not in str(error)
    assert noticed > 2


def replaced(bag: Path, topic: str, rows: slice, data: bytes) -> None:
    """Write other bytes into some messages of a topic of an sqlite3 bag."""
    with sqlite3.connect(storage_file(bag)) as database:
        query = 'SELECT m.id FROM messages m JOIN topics t ON t.id = topic_id WHERE t.name = ?'
        ids = [number for (number,) in database.execute(query, (topic,))][rows]
        for number in ids:
            database.execute('UPDATE messages SET data = ? WHERE id = ?', (data, number))


@pytest.mark.parametrize('topic', ['/cam/image_raw', '/odom'])
def test_a_damaged_message_is_left_out_and_counted(tmp_path: Path, topic: str) -> None:
    bag = write_bag(tmp_path / 'bag', drive(6), 'sqlite3')
    replaced(bag, topic, slice(2, 3), b'\0\1\0\0cut')
    source = open_source(bag, SourceOptions())

    frames = list(source.frames())

    check = found(source.preflight(), 'storage')
    count = 6 if topic == '/cam/image_raw' else 60
    assert check.level == 'warning'
    assert f'1 of {count} messages on {topic} do not fit their type' in check.text
    kept = [0, 1, 3, 4, 5] if topic == '/cam/image_raw' else [*range(6)]
    assert [round(f.map_from_base.translation_m[0] - 0.05) for f in frames] == kept
    # each image keeps its own stamp, pose and pixels
    assert [round(float(f.decode().mean() - 10) / 10) for f in frames] == kept


def test_a_topic_of_damaged_messages_is_refused(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', drive(6), 'sqlite3')
    replaced(bag, '/odom', slice(0, 30), b'\0\1\0\0cut')

    with pytest.raises(SourceError, match=r'30 of 60 messages on /odom .* do not fit their type'):
        read_all(bag)


@EVERY_STORAGE
def test_missing_parts_of_a_bag(tmp_path: Path, storage: str) -> None:
    bag = write_bag(tmp_path / 'bag', drive(), storage)
    storage_file(bag).unlink()
    with pytest.raises(SourceError, match='missing'):
        read_all(bag)
    (bag / 'metadata.yaml').write_text('no: bag\n')
    with pytest.raises(SourceError, match='truncated, damaged or of an unknown kind'):
        read_all(bag)


@pytest.mark.parametrize('share', [0.0, 0.3, 0.9])
@pytest.mark.data
def test_truncated_ros1_bag_is_refused(tmp_path: Path, share: float) -> None:
    original = Path(__file__).resolve().parents[3] / 'shared/data/bags/t265_office.bag'
    if not original.exists():
        pytest.skip(f'{original} is missing')
    data = original.read_bytes()
    bag = tmp_path / 'cut.bag'
    bag.write_bytes(data[: int(share * len(data))])

    with pytest.raises(SourceError, match='truncated, damaged or of an unknown kind'):
        open_source(bag, SourceOptions(image_topics=('/camera/fisheye1/image_raw',)))
