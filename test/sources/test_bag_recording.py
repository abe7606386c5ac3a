# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Storages as recorders and their crashes leave them: nothing is lost without a word."""

from __future__ import annotations

from pathlib import Path
import re
import shutil
import sqlite3

from backports import zstd
import pytest
from small_bags import EPOCH_NS, SECOND_NS, STORAGES, Sent, drive, found, tf, transform, write_bag

from avpr_ros.api.drives import open_drives
from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.open import SourceOptions, open_source

EVERY_STORAGE = pytest.mark.parametrize('storage', STORAGES)


def storage_file(bag: Path) -> Path:
    return next(path for path in bag.iterdir() if path.suffix != '.yaml')


def split(folder: Path, storage: str = 'mcap', cut_s: float = 3.0) -> list[Path]:
    """Write a drive as two files of one folder; the first alone has /tf_static."""
    fixed = tf(transform(EPOCH_NS, 'base_link', 'cam', 0.5))
    sent = [Sent('/tf_static', fixed, EPOCH_NS), *drive(6)]
    cut_ns = EPOCH_NS + int(cut_s * SECOND_NS)
    parts = [[s for s in sent if s.stamp_ns < cut_ns], [s for s in sent if s.stamp_ns >= cut_ns]]
    folder.mkdir()
    files = []
    for number, part in enumerate(parts):
        bag = write_bag(folder.with_name(f'part{number}'), part, storage)
        file = storage_file(bag)
        files.append(file.rename(folder / f'run_{number}{file.suffix}'))
    return files


def images(source: FrameSource) -> int:
    return sum(1 for _ in source.frames())


def open_only(path: Path) -> FrameSource:
    return open_source(path, SourceOptions())


def test_messages_in_the_write_ahead_log_are_read(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', drive(6), 'sqlite3')
    file = storage_file(bag)
    copy = tmp_path / 'copy'
    with sqlite3.connect(file) as database:
        database.execute('PRAGMA journal_mode=WAL')
        rows = list(database.execute('SELECT * FROM messages WHERE id > 40'))
        database.execute('DELETE FROM messages WHERE id > 40')
        database.commit()
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        database.executemany('INSERT INTO messages VALUES (?, ?, ?, ?)', rows)
        database.commit()
        shutil.copytree(bag, copy)  # as a crash leaves it: the log is not written back
    assert (copy / f'{file.name}-wal').stat().st_size > 0

    assert images(open_only(copy / file.name)) == 6
    assert images(open_only(copy)) == 6


@EVERY_STORAGE
def test_split_folder_without_metadata_is_one_recording(tmp_path: Path, storage: str) -> None:
    split(tmp_path / 'run', storage)

    source = open_only(tmp_path / 'run')

    assert images(source) == 6
    assert source.cameras[0].base_from_camera is not None


def test_splits_given_one_by_one_are_one_recording(tmp_path: Path) -> None:
    files = split(tmp_path / 'run')

    drives = open_drives(files, SourceOptions())

    assert [images(drive) for drive in drives] == [6]
    assert drives[0].cameras[0].base_from_camera is not None


def test_one_split_alone_says_so(tmp_path: Path) -> None:
    files = split(tmp_path / 'run')

    check = found(open_only(files[0]).preflight(), 'storage')

    assert check.level == 'warning'
    assert 'is one of 2 files of run' in check.text


def test_numbered_drives_far_apart_stay_separate(tmp_path: Path) -> None:
    files = split(tmp_path / 'run')
    later = [
        Sent(s.topic, s.message, s.stamp_ns + 600 * SECOND_NS) for s in drive(3) if s.stamp_ns
    ]
    shutil.copy(storage_file(write_bag(tmp_path / 'later', later)), files[1])

    assert len(open_drives(files, SourceOptions())) == 2
    with pytest.raises(SourceError, match=r'several recordings.*run_1.mcap begins'):
        open_only(tmp_path / 'run').preflight()


def test_copies_in_one_folder_are_refused(tmp_path: Path) -> None:
    file = storage_file(write_bag(tmp_path / 'bag', drive(3)))
    (tmp_path / 'bag' / 'metadata.yaml').unlink()
    shutil.copy(file, file.with_name('recovered.mcap'))

    with pytest.raises(SourceError, match=r'same topics over the same time'):
        open_only(tmp_path / 'bag')


@EVERY_STORAGE
def test_stale_metadata_hides_neither_files_nor_messages(tmp_path: Path, storage: str) -> None:
    files = split(tmp_path / 'run', storage)
    bag = write_bag(tmp_path / 'whole', drive(2), storage)
    named = (bag / 'metadata.yaml').read_text().replace(storage_file(bag).name, files[0].name)
    (tmp_path / 'run' / 'metadata.yaml').write_text(named.replace('message_count: 22', 'x: 0'))

    source = open_only(tmp_path / 'run')

    assert images(source) == 6
    assert 'names 1 of 2 storage files' in found(source.preflight(), 'storage').text


def test_metadata_that_counts_nothing_is_corrected_by_the_files(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', drive(2))
    text = (bag / 'metadata.yaml').read_text()
    (bag / 'metadata.yaml').write_text(re.sub(r'\bmessage_count: \d+', 'message_count: 0', text))

    source = open_only(bag)

    assert images(source) == 2
    assert 'counts 0 messages' in found(source.preflight(), 'storage').text


def test_unreadable_metadata_does_not_matter(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', drive(2))
    (bag / 'metadata.yaml').write_text(':\n  - {')

    source = open_only(bag)

    assert images(source) == 2
    assert 'cannot be read' in found(source.preflight(), 'storage').text


@EVERY_STORAGE
def test_compressed_file_and_capital_suffix_are_opened(tmp_path: Path, storage: str) -> None:
    file = storage_file(write_bag(tmp_path / 'bag', drive(2), storage))
    packed = tmp_path / f'alone{file.suffix}.zstd'
    packed.write_bytes(zstd.compress(file.read_bytes()))
    capital = tmp_path / f'loud{file.suffix.upper()}'
    shutil.copy(file, capital)

    assert images(open_only(packed)) == 2
    assert images(open_only(capital)) == 2


def test_parent_of_bags_lists_them(tmp_path: Path) -> None:
    parent = tmp_path / 'all'
    parent.mkdir()
    write_bag(parent / 'monday', drive(2))
    assert isinstance(open_only(parent), BagSource)

    write_bag(parent / 'tuesday', drive(2))
    with pytest.raises(SourceError, match=r'holds 2 bags: give one of them.*monday, tuesday'):
        open_only(parent)


def test_missing_file_of_metadata_is_named(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', drive(2))
    file = storage_file(bag)
    file.rename(file.with_name('other.mcap'))

    with pytest.raises(SourceError, match=r'names bag.mcap, which is missing'):
        open_only(bag)


def test_splits_in_the_order_of_a_shell_are_one_recording(tmp_path: Path) -> None:
    files = split(tmp_path / 'run')
    ninth = files[0].rename(files[0].with_name('run_2026.05.01_9.mcap'))
    tenth = files[1].rename(files[1].with_name('run_2026.05.01_10.mcap'))

    drives = open_drives([tenth, ninth], SourceOptions())

    assert [images(drive) for drive in drives] == [6]
    assert drives[0].cameras[0].base_from_camera is not None


@pytest.mark.parametrize('suffix', ['.zstd', '.zst'])
def test_files_packed_or_unpacked_after_metadata_was_written_are_read(
    tmp_path: Path, suffix: str
) -> None:
    bag = write_bag(tmp_path / 'bag', drive(2))
    file, metadata = storage_file(bag), bag / 'metadata.yaml'
    packed = file.with_name(file.name + suffix)
    packed.write_bytes(zstd.compress(file.read_bytes()))
    file.rename(tmp_path / file.name)
    assert images(open_only(bag)) == images(open_only(packed)) == 2

    packed.unlink()
    (tmp_path / file.name).rename(file)
    metadata.write_text(metadata.read_text().replace(file.name, packed.name))
    assert images(open_only(bag)) == 2


def test_metadata_written_on_windows_is_read(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', drive(2))
    text = (bag / 'metadata.yaml').read_text()
    (bag / 'metadata.yaml').write_text(text.replace('bag.mcap', 'C:\\bags\\bag.mcap'))

    assert images(open_only(bag)) == 2


def test_empty_split_is_named(tmp_path: Path) -> None:
    split(tmp_path / 'run')
    (tmp_path / 'run' / 'run_2.mcap').touch()

    with pytest.raises(SourceError, match=r'run_2.mcap is .*\(it is empty\).*; remove it'):
        open_only(tmp_path / 'run')
