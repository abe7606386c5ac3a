# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Computes the pieces of a stage by actors of Ray; only names and counts travel."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
import time
from types import TracebackType
from typing import Any

from avpr_ros.errors import ConfigError, MapError, SourceError
from avpr_ros.mapping.stages.fleet_plan import FleetPlan
from avpr_ros.mapping.stages.ray_cluster import (
    MISMATCH,
    MakeTools,
    RayCluster,
    RaySettings,
    RayWorker,
    fingerprint,
)
from avpr_ros.mapping.stages.runner import Call, Done
from avpr_ros.storage.reading import reason

#: Attempts of one piece: it is computed again where its worker died.
_ATTEMPTS = 5
_BATCHES = (8, 4, 2, 1, 1)
_THREADS = ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS')


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
        self._cluster = RayCluster(settings)
        self._plan: FleetPlan | None = None
        self._idle: list[Any] = []

    def __enter__(self) -> RayRunner:
        """Connect; raises ``ConfigError`` where Ray or enough cores are missing."""
        self._cluster.connect()
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
        self._cluster.leave()

    @property
    def _ray(self) -> Any:
        return self._cluster.ray

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
                # On a lost node a worker would wait for its core forever.
                while waiting and len(running) < self._cluster.usable_workers():
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
            if MISMATCH in str(error):
                raise ConfigError(_sentence(str(error))) from error
            if 'creation task' in str(error):  # another worker would not start either
                last_line = str(error).strip().splitlines()[-1]
                raise MapError(f'{one.call.text}: no worker can start ({last_line})') from error
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


def _sentence(text: str) -> str:
    """Return the sentence of an error in the middle of Ray's text."""
    lines = [line.strip() for line in text.splitlines() if MISMATCH in line]
    return lines[-1].partition('ConfigError: ')[2] or lines[-1]
