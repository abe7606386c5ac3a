# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from avpr_ros.runtime.query_manifest import QueryManifest


def test_a_network_of_another_space_is_refused(avpr, walk, tmp_path, angle_network):
    assert avpr('build', walk, '-o', tmp_path / 'map')[0] == 0
    query = angle_network(tmp_path / 'map')
    manifest = query.with_suffix('.json')
    replace(QueryManifest.load(manifest), space_id='f' * 64).save(manifest)
    output = tmp_path / 'small.onnx'
    code, _, err = avpr('quantize', '--map', tmp_path / 'map', '--query', query, '-o', output)
    assert code == 2
    assert 'space' in err
    assert not output.exists()


def test_a_network_without_convolutions_stays_as_it_is(avpr, walk, tmp_path, angle_network):
    assert avpr('build', walk, '-o', tmp_path / 'map')[0] == 0
    query = angle_network(tmp_path / 'map')
    output = tmp_path / 'small.onnx'
    code, _, err = avpr('quantize', '--map', tmp_path / 'map', '--query', query, '-o', output)
    assert code == 2
    assert 'use it as it is' in err
    assert not output.exists()


def test_the_float_network_is_never_the_output(avpr, walk, tmp_path, angle_network):
    assert avpr('build', walk, '-o', tmp_path / 'map')[0] == 0
    query = angle_network(tmp_path / 'map')
    before = query.read_bytes(), query.with_suffix('.json').read_bytes()
    (tmp_path / 'same.onnx').symlink_to(query)
    for output in (query, tmp_path / 'same.onnx'):
        code, _, err = avpr('quantize', '--map', tmp_path / 'map', '--query', query, '-o', output)
        assert code == 2
        assert 'is the float network itself' in err
    assert (query.read_bytes(), query.with_suffix('.json').read_bytes()) == before
