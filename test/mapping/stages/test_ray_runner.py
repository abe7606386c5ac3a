# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Ray as the driver of a build: one cluster of this machine for all tests."""

from __future__ import annotations

from collections.abc import Iterator
import os
import shutil
import signal
import sys
import tempfile
import time
from typing import Any

import pytest
from small_drives import OPTIONS, SETTINGS

from avpr_ros.api.fleet import Fleet, FleetTools
from avpr_ros.errors import ConfigError, MapError
from avpr_ros.mapping.stages.fleet_plan import FleetSettings
from avpr_ros.mapping.stages.ray_cluster import START_WAIT, RaySettings, RayWorker, fingerprint
from avpr_ros.mapping.stages.ray_runner import RayRunner


class SlowTools(FleetTools):
    """Takes a second for each chunk, so that a test can kill a worker in between."""

    @property
    def extractors(self) -> Any:
        time.sleep(0.5)
        return super().extractors


class HangingTools(FleetTools):
    """Never gives anything for a chunk."""

    @property
    def describer(self) -> Any:
        time.sleep(600)


@pytest.fixture(scope='module')
def cluster() -> Iterator[Any]:
    ray = pytest.importorskip('ray', reason="needs Ray: pip install 'avpr_ros[ray]'")
    folder = tempfile.mkdtemp(prefix='avpr', dir='/tmp')
    os.environ.setdefault(*START_WAIT)
    ray.init(
        address='local',
        num_cpus=3,
        include_dashboard=False,
        object_store_memory=200 * 1024 * 1024,
        log_to_driver=False,
        _temp_dir=folder,
        _node_ip_address='127.0.0.1',
        runtime_env={'env_vars': {'PYTHONPATH': os.pathsep.join(sys.path)}},
    )
    yield ray
    ray.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.ray
@pytest.mark.parametrize('workers', [1, 2])
def test_any_number_of_workers_gives_the_same_shards(cluster, drives, tmp_path, workers):
    fleet = Fleet.plan(drives.paths, tmp_path / 'shards', SETTINGS, OPTIONS)
    settings = RaySettings(workers=workers)
    with RayRunner(str(tmp_path / 'shards'), FleetTools, settings) as runner:
        assert fleet.compute(runner) == []
    assert drives.same_shards(tmp_path / 'shards')


@pytest.mark.ray
def test_work_of_a_killed_worker_is_done_again(cluster, drives, tmp_path):
    fleet = Fleet.plan(drives.paths, tmp_path / 'shards', SETTINGS, OPTIONS)
    notices: list[str] = []
    runner = RayRunner(
        str(tmp_path / 'shards'), SlowTools, RaySettings(workers=1, stall_s=60.0), notices.append
    )
    killed: list[int] = []

    def kill_once(stage: str, done: int, total: int, images: int) -> None:
        if stage == 'keyframes' and done == 2 and not killed:
            killed.append(runner.processes()[0][0])
            os.kill(killed[0], signal.SIGKILL)

    fleet.build._progress = kill_once
    with runner:
        assert fleet.compute(runner) == []
    assert killed
    assert 'keyframes of wall, chunk 3 of 3 (frames 10 to 12) lost its worker' in notices[0]
    assert drives.same_shards(tmp_path / 'shards')


@pytest.mark.ray
def test_chunk_that_stalls_is_named(cluster, drives, tmp_path):
    fleet = Fleet.plan(drives.paths, tmp_path / 'shards', SETTINGS, OPTIONS)
    fleet.build.index(fleet.local)
    settings = RaySettings(workers=2, stall_s=4.0)
    with (
        RayRunner(str(tmp_path / 'shards'), HangingTools, settings) as runner,
        pytest.raises(
            MapError, match=r'keyframes of wall, chunk \d of 3 .* gave no shard for 4 s'
        ),
    ):
        fleet.build.keyframes(runner)


class BrokenTools(FleetTools):
    """Tools of a worker that lacks something."""

    def __init__(self, settings: FleetSettings) -> None:
        raise OSError('the weights are not there')


@pytest.mark.ray
def test_worker_that_cannot_start_ends_the_build_with_its_reason(cluster, drives, tmp_path):
    fleet = Fleet.plan(drives.paths, tmp_path / 'shards', SETTINGS, OPTIONS)
    with (
        RayRunner(str(tmp_path / 'shards'), BrokenTools, RaySettings(workers=1)) as runner,
        pytest.raises(MapError, match=r'no worker can start \(.*the weights are not there\)'),
    ):
        fleet.compute(runner)


@pytest.mark.ray
def test_more_workers_than_cores_are_refused(cluster, tmp_path):
    with pytest.raises(ConfigError, match=r'3 workers need .* give --workers'):
        RayRunner(str(tmp_path), FleetTools, RaySettings(workers=3)).__enter__()


def test_without_ray_one_sentence_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'ray', None)
    with pytest.raises(ConfigError, match=r"not installed: pip install 'avpr_ros\[ray\]'"):
        RayRunner(str(tmp_path), FleetTools, RaySettings()).__enter__()


def test_worker_takes_the_plan_as_the_driver_sends_it(drives, tmp_path):
    fleet = Fleet.plan(drives.paths, tmp_path / 'shards', SETTINGS, OPTIONS)
    worker = RayWorker(
        fleet.build.plan.to_json(), str(tmp_path / 'shards'), FleetTools, fingerprint()
    )
    assert worker._worker._plan == fleet.build.plan


def test_worker_with_other_versions_is_refused(drives, tmp_path):
    fleet = Fleet.plan(drives.paths, tmp_path / 'shards', SETTINGS, OPTIONS)
    plan = fleet.build.plan.to_json()
    with pytest.raises(ConfigError, match='install the same versions on all nodes'):
        RayWorker(plan, str(tmp_path), FleetTools, 'avpr_ros 0.0.1')
