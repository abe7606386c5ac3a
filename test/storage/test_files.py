# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import threading

import pytest

from avpr_ros.errors import ConfigError, OutputBusyError
from avpr_ros.storage import files, workspace
from avpr_ros.storage.files import (
    atomic_file,
    atomic_folder,
    check_name,
    printable,
    sha256_of_file,
    write_text_atomically,
)
from avpr_ros.storage.workspace import MARKER, REPLACED, remove_leftovers


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


def killed_while_writing(target: Path) -> Path:
    """Kill a process that writes a folder; return the workspace that it leaves."""
    code = (
        'import os, signal, sys; from pathlib import Path; from avpr_ros.storage.files import *\n'
        'with atomic_folder(Path(sys.argv[1])) as folder:\n'
        '    (folder / "part").touch(); os.kill(os.getpid(), signal.SIGKILL)'
    )
    subprocess.run([sys.executable, '-c', code, target], check=False)
    (left,) = target.parent.glob(f'.{target.name}.avpr-????????')
    return left


def test_leftovers_of_a_killed_process_go_at_the_next_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target = tmp_path / 'map'
    left = killed_while_writing(target)
    with atomic_folder(target):
        assert not left.exists()
    assert [path.name for path in tmp_path.iterdir()] == ['map']
    assert re.search(rf'removed {re.escape(str(left))}, left \d+ s ago', caplog.text)


def test_the_marker_goes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = killed_while_writing(tmp_path / 'map')
    removed = []
    rmtree = shutil.rmtree

    def record(path: Path, *, ignore_errors: bool) -> None:
        removed.append((path.name, (left / MARKER).exists()))
        rmtree(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(workspace.shutil, 'rmtree', record)
    assert remove_leftovers(tmp_path / 'map') == [left]
    assert removed == [('map', True), (left.name, True)]


def test_folders_of_others_stay_whatever_their_name(tmp_path: Path) -> None:
    for name in ('.map.avpr-abcdefgh', '.map.abcdefgh', '.map.old.abcdefgh'):
        (tmp_path / name).mkdir()
        (tmp_path / name / 'notes.txt').touch()
    (tmp_path / '.map.avpr-lockfile').touch()
    with atomic_folder(tmp_path / 'map'):
        pass
    assert len(list(tmp_path.glob('.map.*/notes.txt'))) == 3
    assert (tmp_path / '.map.avpr-lockfile').exists()


def test_a_second_writer_is_refused_and_the_lock_ends_with_its_holder(tmp_path: Path) -> None:
    target = tmp_path / 'map'
    with atomic_folder(target):
        with pytest.raises(OutputBusyError, match='is being written by another process'):
            atomic_folder(target).__enter__()
        (tmp_path / 'link').symlink_to(target)
        with pytest.raises(OutputBusyError):
            atomic_folder(tmp_path / 'link').__enter__()
    (tmp_path / 'link').unlink()
    killed_while_writing(tmp_path / 'other')
    with atomic_folder(tmp_path / 'other'):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ['map', 'other']


def test_what_appears_during_the_work_stays(tmp_path: Path) -> None:
    path = tmp_path / 'map'
    with pytest.raises(FileExistsError), atomic_folder(path):
        path.mkdir()
        (path / 'notes.txt').write_text('mine')
    assert (path / 'notes.txt').read_text() == 'mine'
    with pytest.raises(FileExistsError), atomic_folder(tmp_path / 'file'):
        (tmp_path / 'file').write_text('mine')
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ['file', 'map']


@pytest.mark.parametrize('in_one_step', [True, False])
def test_what_changes_at_the_swap_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_one_step: bool
) -> None:
    if not in_one_step:
        monkeypatch.setattr(files, '_exchange', lambda a, b: False)
    path = tmp_path / 'map'
    path.mkdir()
    (path / 'old').touch()
    calls: list[Path] = []

    def check(folder: Path) -> None:
        calls.append(folder)
        if len(calls) == 3:
            raise ValueError

    with pytest.raises(ValueError), atomic_folder(path, replace=True, check=check):
        pass
    assert calls[:2] == [path, path]
    assert [entry.name for entry in path.iterdir()] == ['old']
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_moved_aside_by_a_killed_process_is_put_back(tmp_path: Path) -> None:
    target = tmp_path / 'map'
    left = killed_while_writing(target)
    (left / REPLACED).mkdir()
    (left / REPLACED / 'old').touch()
    assert remove_leftovers(target) == [left]
    assert (target / 'old').exists()


def test_a_symlink_stays_and_leads_to_the_new_content(tmp_path: Path) -> None:
    (tmp_path / 'real').mkdir()
    (tmp_path / 'real' / 'old').touch()
    (tmp_path / 'link').symlink_to('real')
    with atomic_folder(tmp_path / 'link', replace=True) as folder:
        (folder / 'new').touch()
    (tmp_path / 'file').symlink_to('text')
    write_text_atomically(tmp_path / 'file', 'new')
    assert (tmp_path / 'link').is_symlink()
    assert (tmp_path / 'real' / 'new').exists()
    assert (tmp_path / 'text').read_text() == 'new'
    assert sorted(p.name for p in tmp_path.iterdir()) == ['file', 'link', 'real', 'text']


def test_a_name_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(ConfigError, match='is no UTF-8: choose another one'):
        check_name(Path(os.fsdecode(b'map\xff')))
    assert printable(os.fsdecode(b'map\xff')) == 'map\ufffd'


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    check_name(tmp_path / ('m' * 240))
    with pytest.raises(ConfigError, match='300 bytes, and 240 at most'):
        check_name(tmp_path / ('m' * 300) / 'map')


def test_two_writers_of_a_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    with atomic_file(tmp_path / 'net.onnx') as temporary:
        with atomic_file(tmp_path / 'net.onnx') as second:
            second.write_text('two')
        assert temporary.exists()
        temporary.write_text('one')
    assert (tmp_path / 'net.onnx').read_text() == 'one'
    assert [path.name for path in tmp_path.iterdir()] == ['net.onnx']
