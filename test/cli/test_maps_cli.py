# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr maps``: what is printed of versions in a folder, and what a robot's folder becomes."""

from __future__ import annotations

from avpr_ros.gallery.gallery_map import GalleryMap


def test_map_is_pushed_pulled_compared_and_rolled_back(avpr, walk, tmp_path):
    store, made, robot = tmp_path / 'store', tmp_path / 'yard', tmp_path / 'robot'
    assert avpr('maps', 'list', store)[1].startswith(str(store))
    for spacing in ('1', '3'):
        assert avpr('build', walk, '-o', made, '--replace', '--min-distance-m', spacing)[0] == 0
        code, out, _ = avpr('maps', 'push', made, store)
        assert code == 0
        assert GalleryMap.open(made).manifest.content_hash in ''.join(out.split())
    out = avpr('maps', 'list', store)[1]
    assert '2 *' in out
    code, out, _ = avpr('maps', 'pull', store, robot, '--name', 'yard', '--robot')
    assert (code, len(GalleryMap.open(robot))) == (0, 4)
    assert 'is now version 2 of yard' in out
    assert 'reload_map' in out
    assert 'keyframes' in avpr('maps', 'diff', store, '--name', 'yard', 1, 2)[1]
    assert 'pull version 1' in avpr('maps', 'rollback', store, '--name', 'yard')[1]
    assert avpr('maps', 'pull', store, robot, '--name', 'yard')[0] == 0
    assert len(GalleryMap.open(robot)) == 12
    assert 'files match' in avpr('maps', 'verify', store)[1]
    code, _, err = avpr('maps', 'pull', store, robot, '--name', 'cellar')
    assert (code, err.count('\n')) == (2, 1)
    assert 'has no map cellar' in err


def test_a_folder_that_is_no_store_is_not_verified(avpr, tmp_path):
    (tmp_path / 'notes.txt').write_text('notes')
    code, out, err = avpr('maps', 'verify', tmp_path)
    assert (code, out, err.count('\n')) == (2, '', 1)
    assert 'holds no maps' in err
    code, _, err = avpr('maps', 'verify', tmp_path, '--name', 'yard')
    assert (code, 'has no map yard' in err) == (2, True)
