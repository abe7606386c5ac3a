# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from avpr_ros.errors import OutputBusyError
from avpr_ros.storage.file_pair import matching_bytes, matching_file, pair_lock, replace_pair
from avpr_ros.storage.files import write_text_atomically
from avpr_ros.storage.workspace import workspace


class Killed(BaseException):
    """Stands for the end of a process: nothing is cleaned up after it."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_pair(path: Path, data: bytes, killed_at: str = '') -> None:
    """Write a pair; leave everything as it is at a moment of the replacement."""

    def save(record: Path) -> None:
        if killed_at == 'before the record':
            raise Killed
        write_text_atomically(record, json.dumps({'sha256': sha256(data)}))
        if killed_at == 'after the record':
            raise Killed

    with workspace(path) as folder:
        new = folder / path.name
        new.write_bytes(data)
        replace_pair(new, path, sha256(data), save)


def read_pair(path: Path) -> bytes | None:
    named = json.loads(path.with_suffix('.json').read_text())['sha256']
    data = matching_bytes(path, named)
    file = matching_file(path, named)
    assert data == (None if file is None else file.read_bytes())
    return data


@pytest.mark.parametrize(
    ('moment', 'found'), [('before the record', b'old'), ('after the record', b'new')]
)
def test_a_pair_is_whole_at_every_moment(tmp_path: Path, moment: str, found: bytes) -> None:
    path = tmp_path / 'net.onnx'
    write_pair(path, b'old')
    with pytest.raises(Killed):
        write_pair(path, b'new', moment)
    assert read_pair(path) == found
    with pair_lock(path, 'sha256'):
        assert path.read_bytes() == found == read_pair(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ['net.json', 'net.onnx']


def test_a_full_disk_leaves_the_old_pair_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / 'net.onnx'
    write_pair(path, b'old')
    record = path.with_suffix('.json').read_text()

    def full(record: Path) -> None:
        raise OSError(28, 'No space left on device')

    (tmp_path / 'new').write_bytes(b'new')
    with pytest.raises(OSError, match='No space'):
        replace_pair(tmp_path / 'new', path, sha256(b'new'), full)
    assert read_pair(path) == b'old'
    assert path.with_suffix('.json').read_text() == record
    assert sorted(p.name for p in tmp_path.iterdir()) == ['net.json', 'net.onnx']


def test_files_of_others_with_such_names_stay(tmp_path: Path) -> None:
    path = tmp_path / 'net.onnx'
    other = tmp_path / f'.net.onnx.{"0" * 16}.avpr-new'
    other.write_text('notes')
    with pair_lock(path, 'sha256'):
        pass
    assert other.read_text() == 'notes'


def test_two_writers_of_a_pair_exclude_each_other(tmp_path: Path) -> None:
    with pair_lock(tmp_path / 'net.onnx', 'sha256'), pytest.raises(OutputBusyError):
        pair_lock(tmp_path / 'net.onnx', 'sha256').__enter__()


def test_symlinks_of_a_pair_stay(tmp_path: Path) -> None:
    (tmp_path / 'real').mkdir()
    for name in ('net.onnx', 'net.json'):
        (tmp_path / name).symlink_to(tmp_path / 'real' / name)
    write_pair(tmp_path / 'real' / 'net.onnx', b'old')
    path = tmp_path / 'net.onnx'
    (tmp_path / 'real' / 'new').write_bytes(b'new')
    text = json.dumps({'sha256': sha256(b'new')})
    replace_pair(
        tmp_path / 'real' / 'new', path, sha256(b'new'), lambda r: write_text_atomically(r, text)
    )
    assert path.is_symlink()
    assert read_pair(path) == b'new'
