# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import os
from pathlib import Path
import subprocess
import sys
import threading

import pytest

from avpr_ros import files
from avpr_ros.errors import ConfigError
from avpr_ros.files import (
    atomic_file,
    atomic_folder,
    check_name,
    printable,
    sha256_of_file,
    write_text_atomically,
)


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
    (tmp_path / 'map' / 'notes.txt').touch()
    with pytest.raises(FileExistsError), atomic_folder(tmp_path / 'map'):
        pytest.fail('the body must not run')


def test_an_empty_folder_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / 'map').mkdir()
    with atomic_folder(tmp_path / 'map') as folder:
        (folder / 'new').touch()
    assert [path.name for path in tmp_path.iterdir()] == ['map']
    assert (tmp_path / 'map' / 'new').exists()


def test_leftovers_of_killed_processes_go_and_those_in_use_stay(tmp_path: Path) -> None:
    target = tmp_path / 'map'
    code = (
        'import os, signal, sys; from pathlib import Path; from avpr_ros.files import *\n'
        'with atomic_folder(Path(sys.argv[1])) as folder:\n'
        '    (folder / "part").touch(); os.kill(os.getpid(), signal.SIGKILL)'
    )
    subprocess.run([sys.executable, '-c', code, target], check=False)
    (tmp_path / '.map.old.abcdefgh').mkdir()
    left = [path for path in tmp_path.iterdir() if 'old' not in path.name]
    assert len(left) == 1

    with atomic_folder(target), atomic_folder(target, replace=True):
        assert not left[0].exists()
        assert len(list(tmp_path.glob('.map.????????'))) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ['.map.old.abcdefgh', 'map']


def test_a_name_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(ConfigError, match='is no UTF-8: choose another one'):
        check_name(Path(os.fsdecode(b'map\xff')))
    assert printable(os.fsdecode(b'map\xff')) == 'map\ufffd'


def test_leftover_files_go_too(tmp_path: Path) -> None:
    (tmp_path / '.net.onnx.abcd_123.onnx').touch()
    (tmp_path / '.net.onnx.notes').touch()
    with atomic_file(tmp_path / 'net.onnx') as temporary:
        with atomic_file(tmp_path / 'net.onnx') as second:
            second.write_text('two')
        assert temporary.exists()
        temporary.write_text('one')
    assert sorted(p.name for p in tmp_path.iterdir()) == ['.net.onnx.notes', 'net.onnx']
