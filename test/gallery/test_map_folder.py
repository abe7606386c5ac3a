# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Names that a stranger's map brings, and folders that only look like a map."""

from __future__ import annotations

from dataclasses import replace
import json
import shutil

import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.gallery_map import KEYFRAMES, WARNINGS, GalleryMap
from avpr_ros.gallery.manifest import FileEntry, Manifest
from avpr_ros.gallery.map_folder import check_replaceable
from avpr_ros.gallery.thumbnails import SUMS, Thumbnails, read_sums
from avpr_ros.mapping.map_append import append_to_map
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.storage.json_hash import with_hash


def sealed(gallery, **files):
    """Write the manifest anew, over whatever the folder holds by now."""
    names = [*gallery.manifest.files]
    manifest = gallery.manifest.sealed(gallery.path, names)
    replace(manifest, files={**manifest.files, **files}).save(gallery.path)


@pytest.mark.parametrize('name', ['../x', '/etc/hostname', 'a/../../x', '..', 'a\\b', ''])
def test_a_manifest_that_names_files_outside_is_refused(gallery, name):
    sealed(gallery, **{name: FileEntry('0' * 64, 1)})
    with pytest.raises(MapError, match='leads out of the map folder'):
        GalleryMap.open(gallery.path)


@pytest.mark.parametrize('line', ['../../../.bashrc', '/etc/passwd', 'x.jpg', '000001.jpg/..'])
def test_a_list_of_thumbnails_that_leads_outside_is_refused(
    gallery, straight_drive, describer, line
):
    with (gallery.path / SUMS).open('a') as stream:
        stream.write(f'{"0" * 64}  {line}\n')
    sealed(gallery)
    opened = GalleryMap.open(gallery.path)
    with pytest.raises(MapError, match=r'SHA256SUMS, line 21 is no hash and name'):
        append_to_map(opened, [straight_drive], describer, BuildSettings())
    with pytest.raises(MapError, match='line 21'):
        read_sums(gallery.path)


def test_no_symlink_inside_a_map_is_followed(gallery, tmp_path):
    shutil.move(gallery.path / 'thumbnails', tmp_path / 'elsewhere')
    (gallery.path / 'thumbnails').symlink_to(tmp_path / 'elsewhere')
    with pytest.raises(MapError, match='is a symlink, which is not followed'):
        GalleryMap.open(gallery.path)
    with pytest.raises(MapError, match='is a symlink'):
        Thumbnails(gallery.path)


def test_a_file_of_a_map_that_is_a_symlink_is_refused(gallery, tmp_path):
    shutil.move(gallery.path / KEYFRAMES, tmp_path / KEYFRAMES)
    (gallery.path / KEYFRAMES).symlink_to(tmp_path / KEYFRAMES)
    with pytest.raises(MapError, match='is a symlink'):
        GalleryMap.open(gallery.path)
    thumbnail = gallery.path / 'thumbnails' / '000003.jpg'
    shutil.move(thumbnail, tmp_path / 'x.jpg')
    thumbnail.symlink_to(tmp_path / 'x.jpg')
    with pytest.raises(MapError, match='is a symlink'):
        Thumbnails(gallery.path).read(3)


def test_a_map_folder_that_is_a_symlink_opens(gallery, tmp_path):
    (tmp_path / 'current').symlink_to(gallery.path)
    assert len(GalleryMap.open(tmp_path / 'current')) == len(gallery)


@pytest.mark.parametrize(
    'text',
    [
        '{"manifest_version": 3, "name": "a browser extension"}',
        json.dumps(with_hash({'name': 'x', 'files': {}})),
        '[]',
        '',
    ],
)
def test_a_folder_with_another_manifest_is_no_map(tmp_path, straight_drive, describer, text):
    folder = tmp_path / 'app'
    folder.mkdir()
    (folder / 'manifest.json').write_text(text)
    with pytest.raises(MapError, match='is not a gallery map, so it is not replaced'):
        build_map(straight_drive, describer, folder, BuildSettings(replace=True))
    assert (folder / 'manifest.json').read_text() == text


@pytest.mark.parametrize('name', ['notes.txt', 'query.onnx', 'thumbnails/mine.jpg', 'sub'])
def test_a_map_with_files_of_the_user_is_not_replaced(gallery, straight_drive, describer, name):
    (gallery.path / name).mkdir() if name == 'sub' else (gallery.path / name).touch()
    with pytest.raises(MapError, match='is no part of the map'):
        build_map(straight_drive, describer, gallery.path, BuildSettings(replace=True))
    with pytest.raises(MapError, match='is no part of the map'):
        append_to_map(gallery, [straight_drive], describer, BuildSettings())
    assert (gallery.path / name).exists()


def test_a_map_is_replaceable_with_all_its_parts(gallery, tmp_path):
    (gallery.path / 'report.html').touch()
    (gallery.path / WARNINGS).write_text('[]')
    check_replaceable(gallery.path)
    check_replaceable(tmp_path / 'absent')
    assert Manifest.load(gallery.path) == gallery.manifest
