# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Shards: equal maps in any division and order, resumption, and drives that are left out."""

from __future__ import annotations

from dataclasses import replace
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from small_drives import OPTIONS, SETTINGS, plain_build, write_walk, write_wall_bag

from avpr_ros.api.fleet import Fleet
from avpr_ros.errors import ConfigError, MapError, SourceError
from avpr_ros.gallery.gallery_map import GALLERY_NETWORK, GalleryMap
from avpr_ros.mapping.stages.shards import ShardStore
from avpr_ros.networks.describer import EmbeddedDescriber
from avpr_ros.sources.frame_index import frames_between, index_frames
from avpr_ros.sources.open import open_source
from avpr_ros.storage.object_store import LocalObjects
from avpr_ros.training import held_out

ROOT = Path(__file__).resolve().parents[3]


def whole(paths: list[Path], shards: Path) -> Fleet:
    fleet = Fleet.plan(paths, shards, SETTINGS, OPTIONS)
    assert fleet.compute(fleet.local) == []
    return fleet


def test_shards_in_any_order_give_the_map_of_the_plain_build(drives, tmp_path):
    for part in (3, 1, 2):
        fleet = Fleet.plan(drives.paths, tmp_path / 'shards', SETTINGS, OPTIONS)
        left = fleet.compute(fleet.local, (part, 3))
    assert left == []
    gallery = Fleet.planned(tmp_path / 'shards').gather(tmp_path / 'map')
    assert drives.same_shards(tmp_path / 'shards')
    assert gallery.manifest.content_hash == drives.content_hash
    assert gallery.landmarks().measurable
    assert gallery.warnings == ()


@pytest.mark.slow
def test_shards_give_the_plain_map_with_its_network_and_calibration(drives, tmp_path, monkeypatch):
    monkeypatch.setattr(held_out, 'VIEWS', 10)
    plain = plain_build(drives.paths, tmp_path / 'plain', 'embedded-fixed')
    settings = replace(SETTINGS, network='embedded-fixed')
    fleet = Fleet.plan(drives.paths, tmp_path / 'shards', settings, OPTIONS)
    assert fleet.compute(fleet.local) == []
    gallery = fleet.gather(tmp_path / 'map')
    assert gallery.manifest.calibration == plain.manifest.calibration is not None
    assert GALLERY_NETWORK in gallery.files
    assert gallery.manifest.content_hash == plain.manifest.content_hash


def test_shards_behind_a_uri_are_the_same(drives):
    fleet = Fleet.plan(drives.paths, 'memory://fleet/shards', SETTINGS, OPTIONS)
    fleet.build.index(fleet.local)
    fleet.build.keyframes(fleet.local)
    for file in sorted(drives.shards.glob('features/*.npz')):
        assert fleet.store.objects.read(f'features/{file.name}') == file.read_bytes()


def test_less_memory_gives_the_same_shards(drives, tmp_path, monkeypatch):
    extract, sizes = EmbeddedDescriber.parts, []

    def parts(self, images):
        sizes.append(len(images))
        if len(images) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return extract(self, images)

    monkeypatch.setattr(EmbeddedDescriber, 'parts', parts)
    whole(drives.paths, tmp_path / 'shards')
    assert drives.same_shards(tmp_path / 'shards')
    assert {5, 4, 2} <= set(sizes)


def test_missing_chunk_is_named_and_nothing_is_written(drives, tmp_path):
    fleet = Fleet.plan(drives.paths, tmp_path / 'shards', SETTINGS, OPTIONS)
    left = fleet.compute(fleet.local, (1, 2))
    assert len(left) == 2
    with pytest.raises(
        MapError, match=r'2 chunks are missing .* wall, chunk 2 of 3 \(frames 5 to 9'
    ):
        Fleet.planned(tmp_path / 'shards').gather(tmp_path / 'map')
    assert not (tmp_path / 'map').exists()


def test_new_drive_costs_its_own_chunks_only(drives, tmp_path):
    shards = tmp_path / 'shards'
    shutil.copytree(drives.shards, shards)
    kinds = ('parts', 'keyframes', 'features', 'matches', 'index')
    before = {kind: set((shards / kind).iterdir()) for kind in kinds}
    whole([*drives.paths, write_walk(tmp_path / 'new', 4, 5)], shards)
    added = {kind: len(set((shards / kind).iterdir()) - before[kind]) for kind in kinds}
    assert added == dict.fromkeys(kinds, 1)
    assert whole(drives.paths, shards).store.written == 0


def test_changed_drive_is_computed_anew(tmp_path):
    walk = write_walk(tmp_path / 'walk', 4, 5)
    whole([walk], tmp_path / 'shards')
    write_walk(walk, 4, 6)
    assert whole([walk], tmp_path / 'shards').store.written > 0


def test_damaged_shard_is_made_anew(drives, tmp_path):
    shutil.copytree(drives.shards, tmp_path / 'shards')
    damaged = sorted((tmp_path / 'shards' / 'features').iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:-100])
    with pytest.raises(MapError, match=r'is damaged .* and was deleted; build again'):
        Fleet.planned(tmp_path / 'shards').gather(tmp_path / 'map')
    whole(drives.paths, tmp_path / 'shards')
    assert drives.same_shards(tmp_path / 'shards')


def test_drives_that_cannot_be_read_are_left_out_with_the_reason(drives, tmp_path):
    empty = tmp_path / 'empty.mcap'
    empty.write_bytes(b'no bag')
    cut = write_wall_bag(tmp_path / 'cut', 13, 2, x_m=50.0)
    (file,) = cut.glob('*.mcap')
    shards = tmp_path / 'shards'
    fleet = Fleet.plan([*drives.paths, empty, cut], shards, SETTINGS, OPTIONS)
    fleet.build.index(fleet.local)
    # Changes after it was indexed, as on a failing disk.
    data = bytearray(file.read_bytes())
    data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
    file.write_bytes(data)
    fleet.build.keyframes(fleet.local)
    texts = fleet.left_out()
    assert [text.partition(' is left out')[0] for text in texts] == ['empty.mcap', 'cut']
    gallery = fleet.gather(tmp_path / 'map')
    assert len(gallery.manifest.sessions) == 2
    assert gallery.warnings == tuple(texts)


def test_same_drive_twice_is_left_out(drives, tmp_path):
    fleet = whole([*drives.paths, drives.paths[1]], tmp_path / 'shards')
    (text,) = fleet.left_out()
    assert 'walk is left out: It is the same drive as walk' in text


def test_no_usable_drive_is_refused(tmp_path):
    (tmp_path / 'a.mcap').write_bytes(b'no bag')
    fleet = Fleet.plan([tmp_path / 'a.mcap'], tmp_path / 'shards', SETTINGS)
    with pytest.raises(SourceError, match=r'no drive can be used: a\.mcap: '):
        fleet.compute(fleet.local)


def test_shards_of_another_version_are_refused(drives, tmp_path):
    fleet = Fleet.plan(drives.paths, tmp_path / 'shards', SETTINGS, OPTIONS)
    replace(fleet.build.plan, version='0.0.9').save(fleet.store.objects)
    with pytest.raises(MapError, match=r'planned by avpr_ros 0\.0\.9'):
        Fleet.planned(tmp_path / 'shards')


def test_killed_build_goes_on_where_it_was(drives, tmp_path):
    shards = tmp_path / 'shards'
    command = [sys.executable, str(Path(__file__).with_name('shard_process.py')), str(shards)]
    environment = {**os.environ, 'PYTHONPATH': str(ROOT)}
    process = subprocess.Popen([*command, *map(str, drives.paths)], env=environment)
    ends_s = time.monotonic() + 60
    while time.monotonic() < ends_s and len(list(shards.glob('features/*.npz'))) < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(list(shards.glob('features/*.npz')))
    assert 2 <= done < 5
    before = len(list(shards.glob('parts/*.npz')))
    assert before <= done + 1  # at most one chunk is lost
    whole(drives.paths, shards)
    assert drives.same_shards(shards)


def test_part_of_a_bag_is_read_without_the_rest(drives):
    source = open_source(drives.paths[0], OPTIONS)
    index = index_frames(source)
    part = list(frames_between(source, index, 4, 7))
    frames = list(source.frames())
    assert [one.stamp_ns for one in part] == [one.stamp_ns for one in frames[4:7]]
    for one, other in zip(part, frames[4:7], strict=True):
        np.testing.assert_array_equal(one.decode(), other.decode())


def test_store_without_write_access_is_named(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(ConfigError, match='cannot be written'):
        ShardStore(LocalObjects(tmp_path / 'file')).write('a/b.npz', {})


def test_command_line_divides_gathers_and_reports_what_is_left_out(drives, tmp_path, capsys):
    from avpr_ros.cli.main import app

    (tmp_path / 'bad.mcap').write_bytes(b'no bag')
    paths = [*map(str, drives.paths), str(tmp_path / 'bad.mcap')]
    shards = ['--shards', str(tmp_path / 'shards')]
    given = ['--gallery-network', 'embedded-light', '--pose-topic', '/odom', '--log-json']

    def code(*words: str) -> int:
        with pytest.raises(SystemExit) as ended:
            app(list(words))
        return int(ended.value.code or 0)

    assert code('build', *paths, *shards, '--shard', '1/1', *given) == 1
    assert '"stage": "keyframes", "done": 2, "total": 2' in capsys.readouterr().err
    output = ['-o', str(tmp_path / 'map')]
    assert code('gather', *shards, *output, '--allow-missing') == 0
    out = capsys.readouterr().out
    assert GalleryMap.open(tmp_path / 'map').manifest.content_hash in out
    assert 'warning: bad.mcap is left out' in out
