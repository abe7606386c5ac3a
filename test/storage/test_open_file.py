# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A file that is hashed and read through one descriptor."""

from __future__ import annotations

import gc
import hashlib
import os
from pathlib import Path

import pytest

from avpr_ros.errors import MapError
from avpr_ros.storage.open_file import OpenFile, opened

CONTENT = bytes(range(256)) * 5000  # more than one block


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / 'file').write_bytes(CONTENT)
    return tmp_path / 'file'


def test_hash_and_bytes_are_of_the_whole_file(path: Path) -> None:
    file = OpenFile(path)
    assert file.size == len(CONTENT)
    assert file.read() == CONTENT
    assert file.sha256() == hashlib.sha256(CONTENT).hexdigest()
    assert str(file) == str(path)
    assert opened(file) is file
    assert opened(path).read() == CONTENT


def test_file_that_is_replaced_is_read_as_it_was(path: Path) -> None:
    file = OpenFile(path)
    digest = file.sha256()
    (path.parent / 'other').write_bytes(b'x' * len(CONTENT))
    (path.parent / 'other').rename(path)
    assert file.sha256() == digest
    assert file.read() == CONTENT
    path.unlink()
    assert file.stream().read() == CONTENT


@pytest.mark.parametrize('size', [10, len(CONTENT), len(CONTENT) + 10])
def test_file_that_is_written_over_is_refused(path: Path, size: int) -> None:
    file = OpenFile(path)
    path.write_bytes(b'x' * size)
    os.utime(path, ns=(1, 1))
    for read in (file.sha256, file.read, file.stream().read):
        with pytest.raises(MapError, match='was changed while it is in use'):
            read()


def test_streams_of_one_file_have_their_own_positions(path: Path) -> None:
    file = OpenFile(path)
    with file.stream() as first, file.stream() as second:
        assert first.read(3) == CONTENT[:3]
        assert second.seek(-4, os.SEEK_END) == len(CONTENT) - 4
        assert second.read() == CONTENT[-4:]
        assert second.read() == b''
        assert first.seek(10, os.SEEK_CUR) == 13
        assert first.read(2) == CONTENT[13:15]
        assert first.seek(len(CONTENT) + 5) == len(CONTENT) + 5
        assert first.read() == b''
        with pytest.raises(OSError, match='before the begin'):
            first.seek(-1)
    assert file.read() == CONTENT


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / 'empty').touch()
    file = OpenFile(tmp_path / 'empty')
    assert file.read() == file.stream().read() == b''
    assert file.sha256() == hashlib.sha256(b'').hexdigest()


def test_descriptors_are_closed_with_their_owners(path: Path) -> None:
    def count() -> int:
        gc.collect()
        return len(list(Path('/proc/self/fd').iterdir()))

    before = count()
    files = [OpenFile(path) for _ in range(20)]
    streams = [file.stream() for file in files]
    assert count() == before + 20
    del files
    assert count() == before + 20
    del streams
    assert count() == before
