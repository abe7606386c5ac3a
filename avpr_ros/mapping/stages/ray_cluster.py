# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Connection to a cluster of Ray, and what one of its workers does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import os
from pathlib import Path
import platform
import resource
import shutil
import tempfile
from typing import Any, TypeAlias

import numpy as np

from avpr_ros import __version__
from avpr_ros.errors import ConfigError, SourceError
from avpr_ros.mapping.stages.fleet_plan import FleetPlan, FleetSettings
from avpr_ros.mapping.stages.shards import ShardStore
from avpr_ros.mapping.stages.worker import StageTools, StageWorker
from avpr_ros.storage.object_store import open_objects
from avpr_ros.storage.reading import reason
from avpr_ros.threads import cores, one_product_thread

#: Loads network and extractors in a worker; a function of a module.
MakeTools: TypeAlias = Callable[[FleetSettings], StageTools]

#: What a worker with other versions of the packages raises, in part.
MISMATCH = 'install the same versions'
#: A loaded machine needs longer than Ray's 30 s to start a node.
START_WAIT = 'RAY_raylet_start_wait_time_s', '300'
#: Ray's sockets lie here, and their paths must not exceed 107 characters.
_SHORT = Path('/tmp')


@dataclass(frozen=True)
class RaySettings:
    """Which cluster, and how much of it.

    Attributes:
        address: ``local`` for a cluster of this machine alone, ``auto`` for the one that runs
            here, or an address.
        workers: number of workers; 0: one less than there are cores.
        gpus_per_worker: part of a GPU that each worker takes.
        object_store_mb: memory of Ray's object store, where the cluster is started here; names
            need little, and containers have 64 MB of shared memory.
        stall_s: a piece that takes longer is computed again by another worker, once.
    """

    address: str = 'local'
    workers: int = 0
    gpus_per_worker: float = 0.0
    object_store_mb: int = 200
    stall_s: float = 900.0

    def __post_init__(self) -> None:
        """Check every value; raises ``ConfigError``."""
        if self.workers < 0:
            raise ConfigError(f'--workers is {self.workers}; use 1 or more')
        if self.gpus_per_worker < 0 or self.stall_s <= 0:
            raise ConfigError('--gpus-per-worker must not be negative, --stall-s be above 0')


class RayCluster:
    """The cluster that a build uses.

    Attributes:
        ray: the package, once connected.
        workers: how many workers there may be.
    """

    def __init__(self, settings: RaySettings) -> None:
        self.ray: Any = None
        self.workers = settings.workers or max(1, cores() - 1)
        self._settings = settings
        self._started: Path | None = None

    def connect(self) -> None:
        """Connect, or start a cluster of this machine.

        Raises:
            ConfigError: Ray is not installed, cannot be reached, or has too few cores.
        """
        try:
            import ray
        except ImportError as error:
            raise ConfigError(
                "--ray needs the package ray, which is not installed: pip install 'avpr_ros[ray]'"
            ) from error
        self.ray = ray
        if self._settings.address == 'local' and self.workers > cores():
            raise ConfigError(
                f'{self.workers} workers need as many cores and this machine has {cores()}; give '
                f'--workers {cores()} or fewer'
            )
        try:
            if not ray.is_initialized():
                self._initialise()
        # Ray raises many types of errors, among them of gRPC.
        except Exception as error:
            self.leave()
            raise ConfigError(
                f'no connection to Ray at {self._settings.address} ({reason(error)}); check that '
                'the cluster runs this version of Ray, and its token (RAY_AUTH_MODE)'
            ) from error
        there = int(ray.cluster_resources().get('CPU', 0))
        if not self._settings.workers and self._settings.address != 'local':
            self.workers = max(1, there - 1)
        if self.workers > there - 1:
            self.leave()
            raise ConfigError(
                f'{self.workers} workers need {self.workers + 1} cores, one for Ray itself, and '
                f'the cluster has {there}; give --workers {max(1, there - 1)} or add nodes'
            )

    def usable_workers(self) -> int:
        """Return how many workers there may be on the nodes that are left, at least one."""
        there = int(self.ray.cluster_resources().get('CPU', 0))
        return max(1, min(self.workers, there - 1))

    def leave(self) -> None:
        """Stop the cluster where it was started here."""
        if self._started is not None:
            self.ray.shutdown()
            shutil.rmtree(self._started, ignore_errors=True)
            self._started = None

    def _initialise(self) -> None:
        if self._settings.address != 'local':
            self.ray.init(address=self._settings.address, log_to_driver=False)
            return
        self._started = Path(tempfile.mkdtemp(prefix='avpr', dir=_SHORT))
        os.environ.setdefault(*START_WAIT)
        # One core more than workers: where actors hold all of them, Ray's own tasks wait forever.
        self.ray.init(
            address='local',
            num_cpus=self.workers + 1,
            include_dashboard=False,
            object_store_memory=self._settings.object_store_mb * 1024 * 1024,
            log_to_driver=False,
            _temp_dir=str(self._started),
            _node_ip_address='127.0.0.1',
        )


class RayWorker:
    """One worker: loads the network once."""

    def __init__(
        self, plan: Mapping[str, Any], address: str, make_tools: MakeTools, expected: str
    ) -> None:
        if fingerprint() != expected:
            raise ConfigError(
                f'a worker on {platform.node()} has {fingerprint()} and the driver {expected}; '
                f'{MISMATCH} on all nodes'
            )
        known = FleetPlan.from_json(plan)
        self._worker = StageWorker(
            known, ShardStore(open_objects(address)), make_tools(known.settings)
        )

    def call(self, stage: str, arguments: tuple[Any, ...]) -> tuple[Any, str]:
        """Return the result of a call, or the text of an error of its drive."""
        try:
            with one_product_thread():
                return getattr(self._worker, stage)(*arguments), ''
        except SourceError as error:
            return None, str(error)

    def process(self) -> tuple[int, float]:
        """Return the id of the worker's process, and the most memory it had, in megabytes."""
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return os.getpid(), peak_mb


def fingerprint() -> str:
    """Return the versions that the last bits of a result depend on."""
    python = '.'.join(platform.python_version_tuple()[:2])
    return f'avpr_ros {__version__}, Python {python}, NumPy {np.__version__}'
