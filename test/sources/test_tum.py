# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Trajectory files: stamps to the nanosecond, and lines that are no poses."""

from __future__ import annotations

from pathlib import Path

import pytest

from avpr_ros.errors import SourceError
from avpr_ros.sources.poses.stamp_units import parse_stamp_ns
from avpr_ros.sources.poses.tum import read_tum


def test_stamps_keep_every_digit() -> None:
    assert parse_stamp_ns('1403715280.562142976') == 1403715280562142976
    assert parse_stamp_ns('1403715280562142976') == 1403715280562142976
    assert parse_stamp_ns('1.4037152805e9') == 1403715280500000000
    assert parse_stamp_ns('0.1') == 100_000_000
    for text in ('', 'x', 'nan', '-1', '1e40'):
        with pytest.raises(ValueError, match='no time stamp'):
            parse_stamp_ns(text)


def test_file_with_remarks_and_commas(tmp_path: Path) -> None:
    path = tmp_path / 'a.tum'
    path.write_text('# t x y z qx qy qz qw\n\n2.5 1 2 3 0 0 0 1 # end\n0.5,4,5,6,0,0,1,0\n')

    track = read_tum(path)

    assert track.stamps_ns.tolist() == [500_000_000, 2_500_000_000]
    assert track.translations_m.tolist() == [[4, 5, 6], [1, 2, 3]]
    assert track.quaternions.tolist() == [[0, 0, 1, 0], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('1 2 3\n', r'no line that is a pose \(line 1: 3 numbers\)'),
        ('0 0 0 north 0 0 0 1\n', 'line 1: .*north'),
        ('# nothing\n', 'no line that is a pose'),
        ('timestamp x y z qw qx qy qz\n0 0 0 0 1 0 0 0\n', 'give it as a CSV file'),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / 'a.tum'
    path.write_text(text)

    with pytest.raises(SourceError, match=words):
        read_tum(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='cannot be read'):
        read_tum(tmp_path / 'none.tum')


@pytest.mark.parametrize('start', ['', '\ufeff', 'timestamp x y z qx qy qz qw\n', '# by hand\n'])
def test_lines_that_are_no_poses_are_skipped_and_counted(tmp_path: Path, start: str) -> None:
    path = tmp_path / 'a.tum'
    path.write_text(f'{start}0 0 0 0 0 0 0 1\n1 2 3\nnan 5 5 0 0 0 0 1\n2 2 0 0 0 0 0 1\n')

    track = read_tum(path)

    assert track.stamps_ns.tolist() == [0, 2_000_000_000]
    (check,) = track.checks()
    assert check.level == 'warning'
    assert '2 of 4 rows of a.tum are no poses' in check.text
    assert '3 numbers' in check.text


@pytest.mark.parametrize('digits', [13, 16, 19])
def test_unit_of_stamps_is_told_by_their_magnitude(tmp_path: Path, digits: int) -> None:
    path = tmp_path / 'a.tum'
    stamp = '1403715280562142976'[:digits]
    path.write_text(f'{stamp} 1 2 3 0 0 0 1\n')

    assert read_tum(path).stamps_ns[0] // 1_000_000 == 1403715280562


@pytest.mark.parametrize('encoding', ['utf-16', 'utf-16-le', 'utf-16-be', 'cp1252'])
def test_text_encodings_of_editors(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / 'a.tum'
    path.write_bytes('# Straße\n1.5 1 2 3 0 0 0 1\n2.5 2 2 3 0 0 0 1\n'.encode(encoding))
    track = read_tum(path)
    assert track.stamps_ns.tolist() == [1_500_000_000, 2_500_000_000]
    assert track.translations_m.tolist() == [[1, 2, 3], [2, 2, 3]]


def test_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'a.tum'
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(SourceError, match='it is no text file'):
        read_tum(path)


@pytest.mark.parametrize('zone', ['', 'Z', '+00:00'])
@pytest.mark.parametrize('between', ['T', ' '])
def test_dates_and_times(tmp_path: Path, between: str, zone: str) -> None:
    path = tmp_path / 'a.tum'
    path.write_text(f'2024-05-01{between}10:00:00.25{zone} 1 2 3 0 0 0 1\n')
    assert read_tum(path).stamps_ns.tolist() == [1714557600250000000]


def test_semicolons_between_the_numbers(tmp_path: Path) -> None:
    path = tmp_path / 'a.tum'
    path.write_text('timestamp;x;y;z;qx;qy;qz;qw\n1,5;1,25;2;3;0;0;0;1\n2.5;2;2;3;0;0;0;1\n')
    track = read_tum(path)
    assert track.stamps_ns.tolist() == [1_500_000_000, 2_500_000_000]
    assert track.translations_m.tolist() == [[1.25, 2, 3], [2, 2, 3]]
