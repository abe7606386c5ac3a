# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json


def test_a_good_folder_has_exit_code_0(avpr, walk):
    code, out, err = avpr('doctor', walk)
    assert (code, err) == (0, '')
    assert 'ok images: 12 images' in out
    assert 'remedy' not in out


def test_findings_have_cause_and_remedy(avpr, walk):
    table = walk / 'poses.csv'
    table.write_text(table.read_text() + 'lost.png,5,0,0,0,0,0,1\nbad.png,,,,,,,\n')
    code, out, _ = avpr('doctor', walk)
    assert code == 1
    assert 'warning rows: 1 of 14 rows of poses.csv are no poses' in out
    assert 'why: The rows that are skipped give no pose.' in out
    assert 'remedy: Correct the rows that are named.' in out


def test_json_holds_the_same_findings(avpr, walk, tmp_path):
    code, out, _ = avpr('doctor', tmp_path / 'none', '--json')
    report = json.loads(out)
    assert (code, report['exit_code']) == (2, 2)
    assert report['findings'][0]['check'] == 'source'
    assert 'does not exist' in report['findings'][0]['found']
    assert set(report['findings'][0]) == {'check', 'level', 'found', 'why', 'remedy'}


def test_poses_in_another_frame_than_the_map_are_an_error(avpr, walk, tmp_path):
    assert avpr('build', walk, '-o', tmp_path / 'map', '--map-frame', 'site')[0] == 0
    assert avpr('doctor', walk, '--map', tmp_path / 'map')[0] == 0
    code, out, _ = avpr('doctor', walk, '--map', tmp_path / 'map', '--map-frame', 'odom')
    assert code == 2
    assert 'differ in map_frame (site and odom)' in out
