# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
from dataclasses import replace
import re

import pytest

from avpr_ros.runtime.query_manifest import QueryManifest


@pytest.fixture
def map_and_query(avpr, walk, tmp_path, angle_network):
    assert avpr('build', walk, '-o', tmp_path / 'map')[0] == 0
    return '--map', tmp_path / 'map', '--query', angle_network(tmp_path / 'map')


def _cell(out: str, name: str) -> str:
    found = re.search(rf'│ {re.escape(name)} +│ (.*?) +│', out)
    assert found, out
    return found.group(1)


def test_a_drive_with_poses_is_matched_and_scored(avpr, walk, tmp_path, map_and_query):
    single = ('--temporal-filter', 'none')
    code, out, err = avpr('localize', walk, *map_and_query, '-o', tmp_path / 'out', *single)
    assert (code, err) == (0, '')
    assert _cell(out, 'images') == '12'
    assert _cell(out, 'accepted').startswith('12 ')
    assert 'poses.csv' in _cell(out, 'scored against')
    assert _cell(out, 'recall@1') == '1.000'
    assert _cell(out, 'position error') == 'median 0.00 m, 95 % 0.00 m'
    with (tmp_path / 'out' / 'matches.csv').open() as stream:
        best = [row for row in csv.DictReader(stream) if row['rank'] == '0']
    assert [int(row['keyframe_id']) for row in best] == list(range(12))
    assert len((tmp_path / 'out' / 'trajectory.tum').read_text().splitlines()) == 12


def test_a_drive_without_poses_is_matched_and_not_scored(avpr, walk, tmp_path, map_and_query):
    (walk / 'poses.csv').unlink()
    (walk / '003.png').write_bytes(b'no image')
    code, out, _ = avpr('localize', walk, *map_and_query, '-o', tmp_path / 'out')
    assert code == 0
    assert 'has no poses' in _cell(out, 'no score')
    assert _cell(out, 'undecodable').startswith('1 ')
    assert 'neither JPEG nor PNG' in _cell(out, 'first undecodable')


def test_a_drive_of_which_nothing_can_be_decoded_is_an_error(avpr, walk, tmp_path, map_and_query):
    for path in walk.glob('*.png'):
        path.write_bytes(b'no image')
    code, _, err = avpr('localize', walk, *map_and_query, '-o', tmp_path / 'out')
    assert code == 2
    assert 'None of 3 images of camera walk that were tried can be decoded: A compressed' in err


def test_poses_in_another_frame_are_no_truth(avpr, walk, tmp_path, map_and_query):
    arguments = ('localize', walk, *map_and_query, '-o', tmp_path / 'out', '--map-frame', 'odom')
    code, out, _ = avpr(*arguments)
    assert code == 0
    assert 'are in odom and the map is in map' in _cell(out, 'no score')


def test_localize_missing_poses_are_an_error(avpr, walk, tmp_path, map_and_query):
    arguments = ('localize', walk, *map_and_query, '-o', tmp_path / 'out')
    code, _, err = avpr(*arguments, '--tum', tmp_path / 'nowhere.tum')
    assert code == 2
    assert 'nowhere.tum' in err


def test_a_stricter_threshold_rejects(avpr, walk, tmp_path, map_and_query):
    arguments = ('localize', walk, *map_and_query, '-o', tmp_path / 'out', '--min-ratio', '50')
    code, out, _ = avpr(*arguments)
    assert code == 0
    assert _cell(out, 'rejected: ambiguous') == '12 (100.0%)'
    assert (tmp_path / 'out' / 'trajectory.tum').read_text() == ''


def test_a_sequence_is_waited_for_and_an_unknown_kind_refused(avpr, walk, tmp_path, map_and_query):
    arguments = ('localize', walk, *map_and_query, '-o', tmp_path / 'out', '--temporal-filter')
    code, out, _ = avpr(*arguments, 'bayes')
    assert code == 0
    assert _cell(out, 'rejected: temporal_inconsistency').startswith('1')
    code, _, err = avpr(*arguments, 'seqslam')
    assert code == 2
    assert "temporal_filter is 'seqslam'; use none or consistency or bayes" in err


def test_another_space_is_refused_and_nothing_written(avpr, walk, tmp_path, map_and_query):
    manifest = tmp_path / 'query.json'
    replace(QueryManifest.load(manifest), space_id='b' * 64).save(manifest)
    code, _, err = avpr('localize', walk, *map_and_query, '-o', tmp_path / 'out')
    assert code == 2
    assert 'bbbbbbbbbbbb' in err
    assert not (tmp_path / 'out').exists()


def test_a_page_about_a_run_with_its_map(avpr, walk, tmp_path, map_and_query):
    single = ('--temporal-filter', 'none')
    assert avpr('localize', walk, *map_and_query, '-o', tmp_path / 'out', *single)[0] == 0
    page = ('-o', tmp_path / 'run.html')
    code, out, err = avpr('report', tmp_path / 'out', '--map', tmp_path / 'map', *page)
    assert (code, err) == (0, '')
    assert _cell(out, 'accepted') == '12 of 12 images (100.0%)'
    assert '<td>accepted</td><td>12</td>' in (tmp_path / 'run.html').read_text()
    code, _, err = avpr('report', tmp_path / 'nowhere', *page)
    assert code == 2
    assert 'nowhere' in err


def test_localize_missing_odometry_is_an_error(avpr, walk, tmp_path, map_and_query):
    arguments = ('localize', walk, *map_and_query, '-o', tmp_path / 'out')
    code, _, err = avpr(*arguments, '--odom-topic', '/odom')
    assert code == 2
    assert '/odom' in err
    assert not (tmp_path / 'out').exists()


def test_images_without_stamps_are_refused(avpr, walk, tmp_path, map_and_query):
    rows = (walk / 'poses.csv').read_text().splitlines()
    stamped = [f'{rows[0]},stamp_ns', *(f'{row},0' for row in rows[1:])]
    (walk / 'poses.csv').write_text('\n'.join(stamped))
    code, _, err = avpr('localize', walk, *map_and_query, '-o', tmp_path / 'out')
    assert code == 2
    assert 'All image stamps are 0' in err
