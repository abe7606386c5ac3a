# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from avpr_ros.errors import ConfigError, MapError, OutputBusyError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.manifest import FileEntry
from avpr_ros.gallery.map_folder import SIGNATURE
from avpr_ros.mapping.map_append import append_to_map
from avpr_ros.mapping.map_builder import BuildSettings
from avpr_ros.mapping.versions.map_versions import MapVersions, differences, map_names
from avpr_ros.poses import Pose
from avpr_ros.storage.object_store import open_objects


@pytest.fixture(params=['folder', 'memory'])
def objects(request, tmp_path):
    if request.param == 'memory':
        pytest.importorskip('fsspec', reason='URIs need fsspec')
    address = tmp_path / 'maps' if request.param == 'folder' else f'memory://{tmp_path}/maps'
    return open_objects(address)


@pytest.fixture
def versions(objects, gallery, drive_class, describer):
    """Two versions: a map, and the map with one more drive."""
    found = MapVersions(objects, 'yard')
    found.push(gallery.path)
    more = drive_class([Pose.from_xy_yaw(x, 30, 0) for x in range(4)], name='evening')
    append_to_map(gallery, [more], describer, BuildSettings())
    found.push(gallery.path)
    return found


def test_versions_are_counted_and_the_last_is_current(objects, versions):
    assert [one.number for one in versions.records()] == [1, 2]
    assert versions.current().keyframes == 24
    assert map_names(objects) == ['yard']


def test_pulled_map_is_the_pushed_one(versions, gallery, tmp_path):
    record, replaced = versions.pull(tmp_path / 'robot')
    assert (record.number, replaced) == (2, True)
    pulled = GalleryMap.open(tmp_path / 'robot')
    assert pulled.manifest.to_json() == GalleryMap.open(gallery.path).manifest.to_json()
    assert pulled.thumbnail(3) is not None
    assert versions.pull(tmp_path / 'robot') == (record, False)


def test_robot_goes_without_thumbnails(versions, tmp_path):
    versions.pull(tmp_path / 'robot', for_robot=True)
    assert not list((tmp_path / 'robot').rglob('*.jpg'))
    assert versions.pull(tmp_path / 'robot', for_robot=True)[1] is False


def test_signature_is_pushed_and_pulled(versions, gallery, tmp_path):
    versions.pull(tmp_path / 'robot')
    (gallery.path / SIGNATURE).write_bytes(b'a signature')
    assert versions.push(gallery.path).number == 3
    assert versions.pull(tmp_path / 'robot', for_robot=True)[1]
    assert (tmp_path / 'robot' / SIGNATURE).read_bytes() == b'a signature'
    assert versions.pull(tmp_path / 'robot', for_robot=True)[1] is False


def test_rollback_is_what_robots_pull_next(versions, tmp_path):
    versions.pull(tmp_path / 'robot')
    assert versions.roll_back().number == 1
    assert versions.pull(tmp_path / 'robot')[0].number == 1
    assert len(GalleryMap.open(tmp_path / 'robot')) == 20
    with pytest.raises(MapError, match='no version before 1'):
        versions.roll_back()
    assert versions.roll_back(2).keyframes == 24


def test_same_map_is_not_pushed_twice(versions, gallery):
    assert versions.push(gallery.path).number == 2
    assert len(versions.records()) == 2


def test_damaged_file_is_named_and_the_robots_map_stays(objects, versions, tmp_path):
    versions.pull(tmp_path / 'robot', 1)
    sha256 = versions.current().files['descriptors.npy'].sha256
    objects.write(f'objects/{sha256[:2]}/{sha256}', b'other bytes')
    with pytest.raises(MapError, match=r'descriptors\.npy of version 2 of yard is damaged'):
        versions.verify()
    with pytest.raises(MapError, match=r'descriptors\.npy of version 2'):
        versions.pull(tmp_path / 'robot')
    assert len(GalleryMap.open(tmp_path / 'robot')) == 20


def test_changed_record_is_refused(objects, versions):
    name = f'yard/versions/{versions.current().name}'
    objects.write(name, objects.read(name).replace(b'"keyframes": 24', b'"keyframes": 25'))
    with pytest.raises(MapError, match='was changed after it was written'):
        versions.current()


def test_difference_names_drives_and_files(versions):
    rows = dict(differences(*versions.records()))
    assert rows['keyframes'] == '20 -> 24'
    assert rows['drives added'] == 'evening'
    assert 'descriptors.npy' in rows['files changed']
    assert differences(versions.current(), versions.current()) == []


def test_verification_reads_every_file_once(versions):
    assert versions.verify() == len(
        {entry.sha256 for one in versions.records() for entry in one.files.values()}
    )


def test_unknown_versions_maps_and_names_are_refused(objects, versions):
    with pytest.raises(MapError, match='has no version 7; there are: 1, 2'):
        versions.version(7)
    with pytest.raises(MapError, match='has no map cellar'):
        MapVersions(objects, 'cellar').current()
    with pytest.raises(ConfigError, match='is no name of a map'):
        MapVersions(objects, '../yard')
    with pytest.raises(ConfigError, match='cannot be opened'):
        open_objects('nonsense://maps')


@pytest.mark.parametrize('sha256', ['../../../../dev/zero', '', 'A' * 64, '0' * 63])
def test_hash_of_a_record_is_no_path(objects, versions, tmp_path, sha256):
    record = versions.current()
    name = next(iter(record.files))
    files = {**record.files, name: FileEntry(sha256, 10)}
    forged = replace(record, files=files)
    objects.write(f'yard/versions/{record.name}', forged.to_bytes())
    with pytest.raises(MapError, match='is damaged'):
        versions.pull(tmp_path / 'robot')
    assert not (tmp_path / 'robot').exists()


def test_current_version_is_a_file_of_its_map(objects, versions, tmp_path):
    objects.write('yard/current.json', b'{"version": "../../../secret.json"}')
    with pytest.raises(ConfigError, match='leads out of its folder'):
        versions.pull(tmp_path / 'robot')


def test_object_of_another_size_is_not_read(objects, versions, tmp_path, monkeypatch):
    entry = next(iter(versions.current().files.values()))
    key = f'objects/{entry.sha256[:2]}/{entry.sha256}'
    objects.write(key, bytes(5_000_000))
    monkeypatch.setattr(type(objects), 'read', guarded(type(objects).read, key), raising=True)
    with pytest.raises(MapError, match='damaged'):
        versions.pull(tmp_path / 'robot')


def guarded(read, key):
    """Return a method that reads every object but one."""

    def read_other(self, name):
        assert name != key
        return read(self, name)

    return read_other


@pytest.mark.parametrize('place', ['.', 'store'])
def test_store_inside_the_map_is_refused(gallery, place):
    before = sorted(entry.name for entry in gallery.path.iterdir())
    with pytest.raises(ConfigError, match='lies in the map'):
        MapVersions(open_objects(gallery.path / place), 'yard').push(gallery.path)
    assert sorted(entry.name for entry in gallery.path.iterdir()) == before


def test_two_processes_do_not_push_the_same_number(tmp_path, gallery):
    objects = open_objects(tmp_path / 'maps')
    versions = MapVersions(objects, 'yard')
    with objects.lock('yard'), pytest.raises(OutputBusyError):
        versions.push(gallery.path)
    assert versions.push(gallery.path).number == 1
    assert not list((tmp_path / 'maps').glob('.*'))


@pytest.mark.parametrize('target', ['/', 'file/map'])
def test_folder_that_cannot_be_written_is_one_sentence(versions, tmp_path, monkeypatch, target):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'file').write_text('mine', encoding='utf-8')
    with pytest.raises(MapError):
        versions.pull(Path(target))


def test_current_folder_is_replaced_by_its_path(versions, tmp_path, monkeypatch):
    (tmp_path / 'robot').mkdir()
    monkeypatch.chdir(tmp_path / 'robot')
    assert versions.pull(Path())[1]
    assert len(GalleryMap.open(tmp_path / 'robot')) == 24
