# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Trajectory files: stamps to the nanosecond, and lines that are no poses."""

from __future__ import annotations

from pathlib import Path

import pytest

from avpr_ros.errors import SourceError
from avpr_ros.sources.poses.tum import parse_stamp_ns, read_tum


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
        ('0 0 0 0 0 0 0 1\n1 2 3\n', r'Line 2 of TUM file .* \(3 numbers\)'),
        ('0 0 0 north 0 0 0 1\n', 'Line 1 of TUM file .*north'),
        ('# nothing\n', 'no usable pose'),
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
