# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.gallery.augmented_views import load_views
from avpr_ros.gallery.gallery_map import GalleryMap


def test_a_folder_becomes_a_map_with_a_report(avpr, walk, tmp_path):
    code, out, err = avpr('build', walk, '--output', tmp_path / 'map')
    assert (code, err) == (0, '')
    assert 'walk: 12 of 12 frames' in out
    assert '12 expected from 12 frames' in out
    gallery = GalleryMap.open(tmp_path / 'map')
    assert len(gallery) == 12
    assert 'report.html' in gallery.manifest.files
    assert gallery.hog().rows.shape == (12, 12)


def test_views_of_each_keyframe_become_part_of_the_map(avpr, walk, tmp_path):
    assert avpr('build', walk, '-o', tmp_path / 'map', '--views', 2)[0] == 0
    gallery = GalleryMap.open(tmp_path / 'map')
    assert gallery.manifest.files['views.npy'].bytes > 0
    views = load_views(gallery)
    assert views.shape == (12, 2, 2)
    assert np.allclose(np.linalg.norm(views.astype(np.float32), axis=2), 1, atol=1e-2)


def test_build_dry_run_writes_nothing(avpr, walk, tmp_path):
    before = sorted(tmp_path.rglob('*'))
    code, out, _ = avpr('build', walk, '--dry-run', '--min-distance-m', '3')
    assert code == 0
    assert '4 expected from 12 frames' in out
    assert sorted(tmp_path.rglob('*')) == before


def test_build_reports_undecodable_image(avpr, walk, tmp_path):
    (walk / '004.png').write_bytes(b'no image')
    code, out, _ = avpr('build', walk, '-o', tmp_path / 'map')
    assert code == 0
    assert 'walk: 11 of 12 frames, 1 undecodable; the first: A compressed image' in out


def test_an_existing_map_needs_replace(avpr, walk, tmp_path):
    target = tmp_path / 'map'
    assert avpr('build', walk, '-o', target)[0] == 0
    code, out, err = avpr('build', walk, '-o', target)
    assert (code, out) == (2, '')
    assert '--replace' in err
    assert avpr('build', walk, '-o', target, '--replace')[0] == 0


def test_outputs_that_are_no_maps_are_refused_in_one_way(avpr, walk, tmp_path, monkeypatch):
    (tmp_path / 'notes').mkdir()
    (tmp_path / 'notes' / 'a.txt').touch()
    (tmp_path / 'file').touch()
    for name in ('notes', 'file'):
        for options in ((), ('--replace',)):
            code, _, err = avpr('build', walk, '-o', tmp_path / name, *options)
            assert code == 2
            assert 'is not a gallery map, so it is not replaced' in err
    monkeypatch.chdir(tmp_path)
    for name in ('', '.', '/'):
        code, _, err = avpr('build', walk, '-o', name)
        assert (code, err.count('\n')) == (2, 1)
        assert 'name a new folder in it' in err


@pytest.mark.parametrize(
    ('arguments', 'text'),
    [
        ((), '--output, the folder of the map, is missing'),
        (('-o', 'm', '--min-distance-m', '-1'), 'min_distance_m is -1'),
        (('-o', 'm', '--tum', 'a', '--poses', 'b'), 'More than one pose source'),
    ],
)
def test_invalid_arguments_are_reported_in_one_line(
    avpr, walk, tmp_path, monkeypatch, arguments, text
):
    monkeypatch.chdir(tmp_path)
    code, _, err = avpr('build', walk, *arguments)
    assert code == 2
    assert text in err
    assert err.count('\n') == 1


def test_a_failed_preflight_stops_before_work(avpr, walk, tmp_path):
    (walk / 'poses.csv').write_text('image,x_m,y_m,z_m,qx,qy,qz,qw\nother.png,0,0,0,0,0,0,1\n')
    code, _, err = avpr('build', walk, '-o', tmp_path / 'map')
    assert code == 2
    assert err.startswith('error: ')
    assert not (tmp_path / 'map').exists()
