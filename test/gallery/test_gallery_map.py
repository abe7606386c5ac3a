# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
from pathlib import Path
import shutil

import faiss
import numpy as np
import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.manifest import FileEntry, Manifest
from avpr_ros.gallery.map_state import MapState
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.storage.open_file import OpenFile

ADVICE = 'build the map again|copy the map again|build it again|see avpr build'


@pytest.fixture
def folder(straight_drive, describer, tmp_path) -> Path:
    def finish(gallery: GalleryMap) -> None:
        (gallery.path / 'report.html').write_text('<html></html>')

    settings = BuildSettings()
    return build_map(straight_drive, describer, tmp_path / 'm', settings, finish=finish).path


def _files(folder: Path) -> list[str]:
    return sorted(str(f.relative_to(folder)) for f in folder.rglob('*') if f.is_file())


def _flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 0x01
    path.write_bytes(data)


def _reseal(folder: Path, name: str) -> None:
    """Make the manifest agree with a changed file, as a broken tool would."""
    manifest = Manifest.load(folder)
    files = {**manifest.files, name: FileEntry.from_file(folder / name)}
    manifest.sealed(folder, list(files)).save(folder)


def _use_everything(folder: Path) -> None:
    gallery = GalleryMap.open(folder)
    gallery.space()
    for row in range(len(gallery)):
        gallery.thumbnail(row)


def test_a_flipped_byte_in_any_file_is_refused(folder):
    names = _files(folder)
    assert len(names) == 7 + 20
    _use_everything(folder)
    for name in names:
        size = (folder / name).stat().st_size
        for position in {0, size // 2, size - 2}:
            _flip(folder / name, position)
            with pytest.raises(MapError, match=ADVICE) as caught:
                _use_everything(folder)
            assert '\n' not in str(caught.value)
            _flip(folder / name, position)
    _use_everything(folder)


def test_any_byte_of_the_manifest_counts(folder):
    size = (folder / 'manifest.json').stat().st_size
    for position in range(0, size - 1):
        _flip(folder / 'manifest.json', position)
        with pytest.raises(MapError):
            Manifest.load(folder)
        _flip(folder / 'manifest.json', position)


def test_a_truncated_or_missing_file_is_refused(folder):
    for name in ('manifest.json', 'descriptors.npy', 'keyframes.npz', 'index.faiss', 'space.npz'):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(MapError, match=ADVICE):
            GalleryMap.open(folder)
        with pytest.raises(MapError, match=ADVICE):
            GalleryMap.open(folder, verify=False)
        (folder / name).unlink()
        with pytest.raises(MapError, match=f'no {name}|{name} is missing'):
            GalleryMap.open(folder)
        (folder / name).write_bytes(whole)


def test_a_robot_can_do_without_thumbnails_and_report(folder):
    shutil.rmtree(folder / 'thumbnails')
    (folder / 'report.html').unlink()
    gallery = GalleryMap.open(folder)
    assert gallery.thumbnail(0) is None


def test_a_folder_that_is_no_map_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / 'nowhere'):
        with pytest.raises(MapError, match='is not a gallery map'):
            GalleryMap.open(path)


@pytest.mark.parametrize('version', [0, 2, '1', None])
def test_an_unknown_version_is_refused(folder, version):
    path = folder / 'manifest.json'
    data = json.loads(path.read_text())
    data['format_version'] = version
    path.write_text(json.dumps(data))
    with pytest.raises(MapError, match='map format version'):
        GalleryMap.open(folder)


@pytest.mark.parametrize(
    'rows',
    [
        np.zeros((20, 32), np.float32),
        np.zeros((19, 32), np.float16),
        np.zeros((20, 31), np.float16),
        np.zeros(20, np.float16),
        np.array([{}], dtype=object),
    ],
)
def test_descriptors_of_another_type_or_shape_are_refused(folder, rows):
    np.save(folder / 'descriptors.npy', rows, allow_pickle=True)
    _reseal(folder, 'descriptors.npy')
    with pytest.raises(MapError, match=ADVICE):
        GalleryMap.open(folder)


@pytest.mark.parametrize(
    ('column', 'values'),
    [
        ('ids', np.zeros(20, np.float64)),
        ('poses', np.zeros((20, 6))),
        ('poses', np.full((20, 7), np.nan)),
        ('poses', np.zeros((20, 7))),
        ('cameras', np.full(20, 5, np.int32)),
        ('sessions', np.full(20, -1, np.int32)),
        ('stamps_ns', np.zeros(19, np.int64)),
    ],
)
def test_a_wrong_column_of_the_keyframes_is_refused(folder, column, values):
    with np.load(folder / 'keyframes.npz') as stored:
        columns = {**stored, column: values}
    np.savez(folder / 'keyframes.npz', **columns)
    _reseal(folder, 'keyframes.npz')
    with pytest.raises(MapError, match='build the map again'):
        GalleryMap.open(folder)


@pytest.mark.parametrize('index', [faiss.IndexFlatL2(32), faiss.IndexFlatIP(31)])
def test_another_index_is_refused(folder, index):
    index.add(np.zeros((20, index.d), np.float32))
    faiss.write_index(index, str(folder / 'index.faiss'))
    _reseal(folder, 'index.faiss')
    with pytest.raises(MapError, match='build the map again'):
        GalleryMap.open(folder)


def test_arrays_of_another_space_are_refused(folder):
    np.savez(folder / 'space.npz', axes=np.ones((2, 2)))
    _reseal(folder, 'space.npz')
    with pytest.raises(MapError, match='descriptor space'):
        GalleryMap.open(folder).space()


@pytest.mark.parametrize('name', ['descriptors.npy', 'manifest.json', 'index.faiss'])
def test_file_that_is_written_over_is_a_change_of_the_map(folder, name):
    gallery = GalleryMap.open(folder)
    assert gallery.state.change() is None
    content = (folder / name).read_bytes()
    os.truncate(folder / name, 10)
    assert gallery.state.change() == f'{name} was written over'
    (folder / 'other').write_bytes(content)
    (folder / name).unlink()
    assert gallery.state.change() == f'{name} was removed'
    (folder / 'another').write_bytes(content)
    (folder / 'another').rename(folder / name)
    assert gallery.state.change() == f'{name} was replaced'


def test_map_that_changes_while_it_is_opened_is_refused(folder, monkeypatch):
    load = Keyframes.load

    def load_and_touch(path):
        os.utime(folder / 'descriptors.npy', ns=(1, 1))
        return load(path)

    monkeypatch.setattr(Keyframes, 'load', load_and_touch)
    with pytest.raises(MapError, match='was changed on disk'):
        GalleryMap.open(folder)


@pytest.mark.parametrize('name', ['keyframes.npz', 'index.faiss', 'descriptors.npy', 'space.npz'])
def test_file_that_is_exchanged_after_its_hash_was_compared_is_not_read(folder, monkeypatch, name):
    whole = GalleryMap.open(folder)
    digest_of = OpenFile.sha256

    def hash_then_exchange(file):
        digest = digest_of(file)
        if str(file) == str(folder / name):
            (folder / 'other').write_bytes(b'x' * file.size)
            (folder / 'other').rename(folder / name)
        return digest

    monkeypatch.setattr(OpenFile, 'sha256', hash_then_exchange)
    monkeypatch.setattr(MapState, 'check', lambda _: None)  # which would notice, but later
    gallery = GalleryMap.open(folder)
    assert (folder / name).read_bytes().strip(b'x') == b''
    np.testing.assert_array_equal(gallery.read_descriptors(), whole.read_descriptors())
    np.testing.assert_array_equal(gallery.keyframes.poses, whole.keyframes.poses)
    rows = np.asarray(gallery.descriptors[:3], np.float32)
    assert gallery.index.search(rows, 1)[1].ravel().tolist() == [0, 1, 2]
    assert gallery.space().id == whole.space().id


def test_search_goes_on_where_files_are_cut_short(folder):
    gallery = GalleryMap.open(folder)
    query = gallery.descriptors[3].astype(np.float32)
    for name in ('index.faiss', 'descriptors.npy', 'keyframes.npz'):
        os.truncate(folder / name, 0)
    _, rows = gallery.index.search(query[np.newaxis], 1)
    assert rows[0, 0] == 3
    with pytest.raises(MapError, match='was changed while it is in use'):
        gallery.descriptors[3]
