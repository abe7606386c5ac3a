# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What lies at a path decides how it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_bags import STORAGES, drive, write_bag

from avpr_ros.errors import ConfigError, SourceError
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.open import SourceOptions, open_source


@pytest.mark.parametrize('storage', STORAGES)
def test_folder_file_and_recording_without_metadata(tmp_path: Path, storage: str) -> None:
    bag = write_bag(tmp_path / 'bag', drive(2), storage)
    file = next(path for path in bag.iterdir() if path.suffix != '.yaml')

    assert isinstance(open_source(bag, SourceOptions()), BagSource)
    assert isinstance(open_source(file, SourceOptions()), BagSource)
    (bag / 'metadata.yaml').unlink()  # a recorder that crashed leaves none
    assert isinstance(open_source(bag, SourceOptions()), BagSource)


def test_open_source_invalid_path_is_an_error(tmp_path: Path) -> None:
    (tmp_path / 'notes.txt').write_text('hello')
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'two').mkdir()
    for name in ('a.mcap', 'b.mcap'):
        (tmp_path / 'two' / name).touch()

    for name, words in (
        ('nothing', 'does not exist'),
        ('notes.txt', 'is not a bag'),
        ('empty', '0 folders of images'),
        ('two', 'a.mcap is truncated'),
    ):
        with pytest.raises(SourceError, match=words):
            open_source(tmp_path / name, SourceOptions())


def test_what_to_open_instead_is_named(tmp_path: Path) -> None:
    write_bag(tmp_path / 'week' / 'day' / 'run', drive(2))
    (tmp_path / 'map').mkdir()
    for name in ('map/manifest.json', 'run.mcap.gz', 'run.bag.active'):
        (tmp_path / name).touch()

    for name, words in (
        ('week', r'bags further below: give them one by one: day/run\.'),
        ('week/day/run/metadata.yaml', 'give its folder .*week/day/run'),
        ('map', 'is a gallery map: give the recording'),
        ('run.mcap.gz', 'unpack it'),
        ('run.bag.active', 'rosbag reindex'),
    ):
        with pytest.raises(SourceError, match=words):
            open_source(tmp_path / name, SourceOptions())


@pytest.mark.parametrize('gap', [-1.0, float('nan'), float('inf')])
def test_impossible_gap_is_refused(gap: float) -> None:
    with pytest.raises(ConfigError, match='max_gap_s'):
        SourceOptions(max_gap_s=gap)


def test_two_pose_sources_are_refused() -> None:
    with pytest.raises(ConfigError, match='More than one pose source'):
        SourceOptions(pose_topic='/odom', tum_file=Path('x'))
