# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Plans and shards that were damaged or written by somebody else."""

from __future__ import annotations

from io import BytesIO
import json
from pathlib import Path
import tracemalloc

import numpy as np
import pytest

from avpr_ros.errors import AvprError, ConfigError, MapError
from avpr_ros.mapping.stages.fleet_plan import FleetPlan, FleetSettings, PlannedDrive
from avpr_ros.mapping.stages.index_stage import load_index
from avpr_ros.mapping.stages.shards import ShardStore, fitting_shards, shard_name
from avpr_ros.storage.object_store import open_objects

NAME = shard_name('index', content='a drive')


@pytest.fixture
def store(tmp_path: Path) -> ShardStore:
    return ShardStore(open_objects(tmp_path / 'shards'))


@pytest.fixture
def plan(store: ShardStore) -> dict:
    FleetPlan((PlannedDrive(('/bag',), NAME),)).save(store.objects)
    return json.loads(store.objects.read('plan.json'))


def loaded(store: ShardStore, plan: dict) -> FleetPlan:
    store.objects.write('plan.json', json.dumps(plan).encode())
    return FleetPlan.load(store.objects)


@pytest.mark.parametrize('name', ['../diary.txt', 'index/../../diary.txt', 'plan.json'])
def test_file_that_is_no_shard_is_not_deleted_by_a_plan(store, plan, tmp_path, name):
    (tmp_path / 'diary.txt').write_text('mine', encoding='utf-8')
    with pytest.raises(MapError, match='no name of a shard'):
        store.read(name)
    plan['drives'][0]['index'] = name
    with pytest.raises(MapError, match=r'plan\.json .* is damaged'):
        loaded(store, plan)
    assert (tmp_path / 'diary.txt').read_text(encoding='utf-8') == 'mine'
    assert store.objects.read('plan.json') is not None


@pytest.mark.parametrize('remote', [False, True])
@pytest.mark.parametrize('name', ['../diary.txt', '/etc/hosts', 'a/./b', 'a//b', 'a/..', ''])
def test_object_name_does_not_leave_its_store(tmp_path, name, remote):
    if remote:
        pytest.importorskip('fsspec', reason='URIs need fsspec')
    objects = open_objects(f'memory://{tmp_path}/a' if remote else tmp_path / 'a')
    for call in (
        objects.read,
        objects.size,
        objects.delete,
        lambda name: objects.write(name, b''),
    ):
        with pytest.raises(ConfigError, match='leads out of its folder'):
            call(name)


@pytest.mark.parametrize('value', [None, 5, 'x', [], {}, 1e300, True, [[1]]])
def test_value_of_another_type_in_a_plan_is_refused(store, plan, value):
    assert loaded(store, plan).drives[0].index == NAME
    for part, keys in ((plan['settings'], list(plan['settings'])), (plan['drives'][0], ['paths'])):
        for key in keys:
            kept, part[key] = part[key], value
            kind = type(kept)
            if type(value) is not kind and not (kind is float and type(value) is int):
                with pytest.raises(AvprError, match='damaged'):
                    loaded(store, plan)
            part[key] = kept
    assert loaded(store, plan).settings == FleetSettings()


def test_compressed_shard_is_not_unpacked(store):
    stream = BytesIO()
    np.savez_compressed(stream, rows=np.zeros(300_000_000, np.uint8))
    assert len(stream.getvalue()) < 1_000_000
    store.objects.write(NAME, stream.getvalue())
    tracemalloc.start()
    with pytest.raises(MapError, match='compressed'):
        store.read(NAME)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_arrays_of_every_layout_are_read_as_they_were_written(store):
    array = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    store.write(NAME, {'rows': array, 'none': np.zeros((0, 4))}, {'kinds': ['sift']})
    arrays, facts = store.read(NAME)
    np.testing.assert_array_equal(arrays['rows'], array)
    assert (arrays['none'].shape, facts) == ((0, 4), {'kinds': ['sift']})


@pytest.mark.parametrize('facts', [b'[]', b'[' * 100_000, b'5', b'{"a":' + b'9' * 5000 + b'}'])
def test_facts_that_are_no_object_are_damage(store, facts):
    stream = BytesIO()
    np.savez(stream, facts_json=np.frombuffer(facts, np.uint8))
    store.objects.write(NAME, stream.getvalue())
    with pytest.raises(MapError, match='is damaged'):
        store.read(NAME)
    assert store.objects.read(NAME) is None


@pytest.mark.parametrize(
    'columns',
    [
        {'camera_rows': np.array([0, 1 << 40])},
        {'camera_rows': np.array([0, -1])},
        {'camera_rows': np.zeros(2)},
        {'camera_rows': np.zeros(3, np.int64)},
        {'poses': np.zeros((1, 7))},
    ],
)
def test_index_whose_columns_do_not_fit_is_refused(store, columns):
    good = {
        'stamps_ns': np.arange(2),
        'camera_rows': np.zeros(2, np.int64),
        'poses': np.tile([0.0, 0, 0, 0, 0, 0, 1], (2, 1)),
        'recorded_ns': np.arange(2),
    }
    camera = {'name': 'front', 'topic': '', 'intrinsics': None, 'base_from_camera': None}
    texts = dict.fromkeys(('name', 'map_frame', 'base_frame', 'pose_source'), 'x')
    facts = {**texts, 'cameras': [camera], 'geodetic_origin': None}
    drive = PlannedDrive(('/bag',), NAME)
    store.write(NAME, good, facts)
    assert len(load_index(store, drive)) == 2
    store.write(NAME, {**good, **columns}, facts)
    with pytest.raises(MapError, match='index of bag is damaged'):
        load_index(store, drive)


@pytest.mark.parametrize('error', [KeyError('rows'), IndexError('axis 0'), ValueError('shape')])
def test_shards_of_other_contents_are_one_sentence(error):
    with pytest.raises(MapError, match='do not fit one another'), fitting_shards('shards'):
        raise error


@pytest.mark.parametrize('keyframes', [0, -1, 5000, 10**30])
def test_chunk_that_no_memory_holds_is_refused(store, plan, keyframes):
    plan['settings']['chunk_keyframes'] = keyframes
    with pytest.raises(ConfigError, match='use 1 to 4096'):
        loaded(store, plan).settings.selection  # noqa: B018 - read for its error
