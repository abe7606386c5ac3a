# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
from pathlib import Path
import threading

import pytest

from avpr_ros import files
from avpr_ros.files import atomic_file, atomic_folder, sha256_of_file, write_text_atomically


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / 'a.bin'
    path.write_bytes(b'x' * 3_000_000)
    assert sha256_of_file(path) == hashlib.sha256(b'x' * 3_000_000).hexdigest()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / 'a.txt'
    write_text_atomically(path, 'old')
    with pytest.raises(RuntimeError), atomic_file(path) as temporary:
        temporary.write_text('half')
        raise RuntimeError
    assert path.read_text() == 'old'
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_folder_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / 'map'
    with atomic_folder(path) as temporary:
        (temporary / 'a').write_text('old')
    with pytest.raises(RuntimeError), atomic_folder(path, replace=True) as temporary:
        (temporary / 'a').write_text('half')
        raise RuntimeError
    assert (path / 'a').read_text() == 'old'
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('in_one_step', [True, False])
def test_replacing_swaps_the_whole_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_one_step: bool
) -> None:
    if not in_one_step:
        monkeypatch.setattr(files, '_exchange', lambda a, b: False)
    path = tmp_path / 'map'
    for name in ('first', 'second'):
        with atomic_folder(path, replace=True) as temporary:
            (temporary / name).touch()
    assert [entry.name for entry in path.iterdir()] == ['second']
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_always_finds_a_whole_folder(tmp_path: Path) -> None:
    (tmp_path / 'a').mkdir()
    (tmp_path / 'b').mkdir()
    if not files._exchange(tmp_path / 'a', tmp_path / 'b'):
        pytest.skip('this file system cannot exchange two folders in one step')
    path = tmp_path / 'map'
    path.mkdir()
    (path / 'file').touch()
    missing: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            if not (path / 'file').exists():
                missing.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(100):
        with atomic_folder(path, replace=True) as temporary:
            (temporary / 'file').touch()
    done.set()
    reader.join()
    assert not missing


def test_an_existing_folder_is_not_touched_unasked(tmp_path: Path) -> None:
    (tmp_path / 'map').mkdir()
    with pytest.raises(FileExistsError), atomic_folder(tmp_path / 'map'):
        pytest.fail('the body must not run')
