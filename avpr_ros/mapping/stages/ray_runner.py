# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Computes the pieces of a stage by actors of Ray; only names and counts travel."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
import platform
import resource
import shutil
import tempfile
import time
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np

from avpr_ros import __version__
from avpr_ros.errors import ConfigError, MapError, SourceError
from avpr_ros.mapping.stages.fleet_plan import FleetPlan, FleetSettings
from avpr_ros.mapping.stages.runner import Call, Done
from avpr_ros.mapping.stages.shards import ShardStore
from avpr_ros.mapping.stages.worker import StageTools, StageWorker
from avpr_ros.storage.object_store import open_objects
from avpr_ros.storage.reading import reason
from avpr_ros.threads import cores, one_product_thread

#: Loads network and extractors in a worker; a function of a module.
MakeTools: TypeAlias = Callable[[FleetSettings], StageTools]

#: Attempts of one piece: it is computed again where its worker died.
_ATTEMPTS = 5
_BATCHES = (8, 4, 2, 1, 1)
_THREADS = ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS')
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


class RayWorker:
    """One worker: loads the network once."""

    def __init__(
        self, plan: Mapping[str, Any], address: str, make_tools: MakeTools, expected: str
    ) -> None:
        if fingerprint() != expected:
            raise ConfigError(
                f'a worker on {platform.node()} has {fingerprint()} and the driver {expected}; '
                'install the same versions on all nodes'
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


@dataclass(eq=False)
class _Running:
    call: Call
    attempt: int
    actor: Any
    since_s: float


class RayRunner:
    """A ``Runner``; use as a context, which connects to the cluster and leaves it."""

    def __init__(
        self,
        address: str,
        make_tools: MakeTools,
        settings: RaySettings,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Set up.

        Args:
            address: of the shards, the same for all nodes.
            make_tools: called in every worker.
            settings: of the cluster.
            notice: called with a sentence where a piece is computed again.
        """
        self._address = address
        self._make_tools = make_tools
        self._settings = settings
        self._notice = notice
        self._ray: Any = None
        self._started: Path | None = None
        self._plan: FleetPlan | None = None
        self._idle: list[Any] = []

    def __enter__(self) -> RayRunner:
        """Connect; raises ``ConfigError`` where Ray or enough cores are missing."""
        try:
            import ray
        except ImportError as error:
            raise ConfigError(
                "--ray needs the package ray, which is not installed: pip install 'avpr_ros[ray]'"
            ) from error
        self._ray = ray
        workers = self._settings.workers or max(1, cores() - 1)
        try:
            if not ray.is_initialized():
                self._connect(ray, workers)
        # Ray raises many types of errors, among them of gRPC.
        except Exception as error:
            self.__exit__(None, None, None)
            raise ConfigError(
                f'no connection to Ray at {self._settings.address} ({reason(error)}); check that '
                'the cluster runs this version of Ray, and its token (RAY_AUTH_MODE)'
            ) from error
        there = int(ray.cluster_resources().get('CPU', 0))
        if not self._settings.workers and self._settings.address != 'local':
            workers = max(1, there - 1)
        if workers > there - 1:
            self.__exit__(None, None, None)
            raise ConfigError(
                f'{workers} workers need {workers + 1} cores, one for Ray itself, and the cluster '
                f'has {there}; give --workers {max(1, there - 1)} or add nodes'
            )
        self._workers = workers
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the workers, and the cluster where it was started here."""
        for actor in self._idle:
            self._ray.kill(actor)
        self._idle = []
        if self._started is not None:
            self._ray.shutdown()
            shutil.rmtree(self._started, ignore_errors=True)
            self._started = None

    def processes(self) -> list[tuple[int, float]]:
        """Return id and most memory in megabytes of the workers that wait."""
        return [self._ray.get(actor.process.remote()) for actor in self._idle]

    def run(self, plan: FleetPlan, calls: Sequence[Call], done: Done) -> None:
        """See ``Runner``.

        Raises:
            MapError: a piece was computed in vain as often as is allowed.
            ConfigError: a worker has other versions of the packages.
        """
        self._use(plan)
        waiting: deque[tuple[Call, int]] = deque((call, 0) for call in calls)
        running: dict[Any, _Running] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self._workers:
                    call, attempt = waiting.popleft()
                    actor = self._idle.pop() if self._idle else self._actor(plan)
                    arguments = call.arguments
                    if call.stage == 'keyframes' and attempt:
                        arguments = (*arguments, _BATCHES[attempt])
                    reference = actor.call.remote(call.stage, arguments)
                    running[reference] = _Running(call, attempt, actor, time.monotonic())
                ready, _ = self._ray.wait(list(running), num_returns=1, timeout=1.0)
                for reference in ready:
                    self._finish(reference, running.pop(reference), waiting, done)
                for reference, one in list(running.items()):
                    if time.monotonic() - one.since_s > self._settings.stall_s:
                        del running[reference]
                        text = f'gave no shard for {self._settings.stall_s:.0f} s'
                        self._again(one, text, waiting, most=2)
        finally:
            for one in running.values():
                self._ray.kill(one.actor)

    def _finish(
        self, reference: Any, one: _Running, waiting: deque[tuple[Call, int]], done: Done
    ) -> None:
        exceptions = self._ray.exceptions
        try:
            result, fault = self._ray.get(reference)
        except exceptions.RayTaskError as error:
            raise MapError(f'{one.call.text}: {reason(error.cause)}') from error
        except exceptions.ActorDiedError as error:
            if 'install the same versions' in str(error):
                raise ConfigError(_sentence(str(error))) from error
            self._again(one, 'lost its worker', waiting)
        except (exceptions.RayError, exceptions.OutOfMemoryError) as error:
            self._again(one, f'lost its worker ({type(error).__name__})', waiting)
        else:
            self._idle.append(one.actor)
            done(one.call, result, SourceError(fault) if fault else None)

    def _again(
        self,
        one: _Running,
        why: str,
        waiting: deque[tuple[Call, int]],
        most: int = _ATTEMPTS,
    ) -> None:
        self._ray.kill(one.actor)
        text = f'{one.call.stage} of {one.call.text} {why}'
        if one.attempt + 1 >= most:
            raise MapError(
                f'{text}, {one.attempt + 1} times; look at the memory of the nodes and at this '
                'drive with avpr doctor, then run the same command again'
            )
        self._notice(f'{text}; it is computed again')
        waiting.appendleft((one.call, one.attempt + 1))

    def _use(self, plan: FleetPlan) -> None:
        """Workers have one plan each: with another one they are started anew."""
        if self._plan != plan:
            for actor in self._idle:
                self._ray.kill(actor)
            self._idle, self._plan = [], plan

    def _actor(self, plan: FleetPlan) -> Any:
        remote = self._ray.remote(RayWorker).options(
            num_cpus=1,
            num_gpus=self._settings.gpus_per_worker,
            max_restarts=0,
            runtime_env={'env_vars': dict.fromkeys(_THREADS, '1')},
        )
        return remote.remote(plan.to_json(), self._address, self._make_tools, fingerprint())

    def _connect(self, ray: Any, workers: int) -> None:
        if self._settings.address != 'local':
            ray.init(address=self._settings.address, log_to_driver=False)
            return
        if workers > cores():
            raise ConfigError(f'{workers} workers, and this machine has {cores()} cores')
        self._started = Path(tempfile.mkdtemp(prefix='avpr', dir=_SHORT))
        os.environ.setdefault(*START_WAIT)
        # One core more than workers: where actors hold all of them, Ray's own tasks wait forever.
        ray.init(
            address='local',
            num_cpus=workers + 1,
            include_dashboard=False,
            object_store_memory=self._settings.object_store_mb * 1024 * 1024,
            log_to_driver=False,
            _temp_dir=str(self._started),
            _node_ip_address='127.0.0.1',
        )


def fingerprint() -> str:
    """Return the versions that the last bits of a result depend on."""
    python = '.'.join(platform.python_version_tuple()[:2])
    return f'avpr_ros {__version__}, Python {python}, NumPy {np.__version__}'


def _sentence(text: str) -> str:
    """Return the sentence of an error in the middle of Ray's text."""
    lines = [line.strip() for line in text.splitlines() if 'install the same versions' in line]
    return lines[-1].partition('ConfigError: ')[2] or lines[-1]
