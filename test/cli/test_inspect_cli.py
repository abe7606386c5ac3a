# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re


def _flat(text: str) -> str:
    return re.sub(r'\s+', ' ', text)


def test_a_map_is_described_and_left_alone(avpr, gallery):
    before = {path: path.stat().st_mtime_ns for path in gallery.path.rglob('*')}
    code, out, _ = avpr('inspect', gallery.path)
    assert code == 0
    assert gallery.manifest.map_id in out
    assert 'intact: 5 files match their hashes, 20 thumbnails' in _flat(out)
    assert '19.0 x 0.0 x 0.0 m' in out
    assert {path: path.stat().st_mtime_ns for path in gallery.path.rglob('*')} == before


def test_inspect_writes_report(avpr, gallery, tmp_path):
    assert avpr('inspect', gallery.path, '--report', tmp_path / 'r.html')[0] == 0
    assert '<html' in (tmp_path / 'r.html').read_text()


def test_a_damaged_thumbnail_is_found(avpr, gallery):
    (gallery.path / 'thumbnails' / '000003.jpg').write_bytes(b'x')
    code, _, err = avpr('inspect', gallery.path)
    assert code == 2
    assert '000003.jpg is damaged' in err


def test_inspect_with_query_prints_calibration(avpr, walk, tmp_path, angle_network):
    assert avpr('build', walk, '-o', tmp_path / 'map')[0] == 0
    query = angle_network(tmp_path / 'map')
    code, out, _ = avpr('inspect', tmp_path / 'map', '--query', query)
    assert code == 0
    assert 'similarity from 0.900' in _flat(out)
    assert 'keyframes matched against the others' in _flat(out)
