# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
import shutil
from types import SimpleNamespace

import pytest

from avpr_ros.cli import append
from avpr_ros.gallery.augmented_views import load_views
from avpr_ros.gallery.gallery_map import GALLERY_NETWORK, GalleryMap
from avpr_ros.runtime.query_manifest import QueryManifest

pytestmark = pytest.mark.slow
#: The second walk has the images of the first.
AGAIN = ('--append', '--allow-duplicates')


@pytest.fixture
def second_walk(walk: Path) -> Path:
    """The same images, five metres beside."""
    folder = walk.with_name('second')
    shutil.copytree(walk, folder)
    lines = (folder / 'poses.csv').read_text().splitlines()
    moved = [line.replace(',0,0,0,0,0,1', ',5,0,0,0,0,1') for line in lines]
    (folder / 'poses.csv').write_text('\n'.join(moved) + '\n')
    return folder


def test_a_second_drive_makes_the_next_revision(avpr, walk, second_walk, tmp_path):
    target = tmp_path / 'map'
    assert avpr('build', walk, '-o', target)[0] == 0
    code, out, err = avpr('build', second_walk, '-o', target, *AGAIN)
    assert (code, err) == (0, '')
    assert 'revision 2, 24 keyframes' in out
    assert 'their calibration does not cover the new sessions' in out
    grown = GalleryMap.open(target)
    assert [s.name for s in grown.manifest.sessions] == ['walk', 'second']
    assert 'report.html' in grown.manifest.files


def test_map_with_its_own_network_is_not_called_uncalibrated(capsys):
    own = SimpleNamespace(manifest=SimpleNamespace(files={GALLERY_NETWORK: None}))
    append._recalibrate(own, None)
    assert capsys.readouterr().out == 'the calibration in the map covers the new sessions\n'


def test_a_map_with_views_has_them_of_the_new_keyframes_too(avpr, walk, second_walk, tmp_path):
    target = tmp_path / 'map'
    assert avpr('build', walk, '-o', target, '--views', 2)[0] == 0
    assert avpr('build', second_walk, '-o', target, *AGAIN)[0] == 0
    assert load_views(GalleryMap.open(target)).shape == (24, 2, 2)
    assert len(GalleryMap.open(target).hog().rows) == 24


def test_append_with_query_recalibrates_network(avpr, walk, second_walk, angle_network, tmp_path):
    target = tmp_path / 'map'
    assert avpr('build', walk, '-o', target)[0] == 0
    query = angle_network(target)
    before = QueryManifest.load(query.with_suffix('.json'))
    code, out, err = avpr('build', second_walk, '-o', target, *AGAIN, '--query', query)
    assert (code, err) == (0, '')
    assert f'threshold {before.calibration.in_use().min_similarity:.3f} -> ' in out
    after = QueryManifest.load(query.with_suffix('.json'))
    assert after.calibration != before.calibration
    assert after.onnx_sha256 == before.onnx_sha256


def test_a_dry_run_adds_nothing(avpr, walk, second_walk, tmp_path):
    target = tmp_path / 'map'
    assert avpr('build', walk, '-o', target)[0] == 0
    code, out, _ = avpr('build', second_walk, '-o', target, *AGAIN, '--dry-run')
    assert code == 0
    assert '12 expected' in out
    assert GalleryMap.open(target).manifest.revision == 1


def test_the_same_drive_again_is_refused(avpr, walk, second_walk, tmp_path):
    target = tmp_path / 'map'
    assert avpr('build', walk, '-o', target)[0] == 0
    code, _, err = avpr('build', second_walk, '-o', target, '--append')
    assert code == 2
    assert 'the same drive as session walk of the map map' in err
    assert '--allow-duplicates' in err
    code, _, err = avpr('build', walk, second_walk, '--dry-run')
    assert code == 2
    assert 'the same drive as walk' in err


def test_invalid_arguments_are_reported_in_one_line(avpr, walk, tmp_path):
    for arguments, text in (
        (('--append',), '--append needs --output'),
        (('--append', '-o', tmp_path / 'none'), 'is not a gallery map'),
        (('--append', '--replace', '-o', tmp_path / 'none'), 'exclude each other'),
    ):
        code, _, err = avpr('build', walk, *arguments)
        assert code == 2
        assert text in err
        assert err.count('\n') == 1
