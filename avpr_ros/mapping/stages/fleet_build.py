# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Order of the stages of a build over many drives; the runner decides where they are computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import hashlib
import json
from typing import Any

import numpy as np

from avpr_ros.errors import MapError, SourceError
from avpr_ros.gallery.describer import Fitted
from avpr_ros.json_fields import Fields, parse_object
from avpr_ros.mapping.stages.chunk_shards import ChunkTask, load_keyframes, load_parts
from avpr_ros.mapping.stages.drives import IndexedDrive, checked_plan, indexed_drives
from avpr_ros.mapping.stages.fleet_plan import FleetPlan, PlannedDrive
from avpr_ros.mapping.stages.index_stage import load_index
from avpr_ros.mapping.stages.runner import Call, Runner, StageProgress
from avpr_ros.mapping.stages.shards import ShardStore, shard_name
from avpr_ros.mapping.stages.space_stage import fit_space
from avpr_ros.mapping.stages.worker import StageTools, followers, matches_name, rows_name

_LEFT_OUT = 'left_out'


class FleetBuild:
    """The shards of one build.

    Attributes:
        plan: indexed and checked after ``index``.
        drives: that are in the map.
    """

    def __init__(
        self,
        plan: FleetPlan,
        store: ShardStore,
        tools: StageTools,
        progress: StageProgress = lambda stage, done, total, images: None,
    ) -> None:
        self.plan = plan
        self.drives: list[IndexedDrive] = []
        self._store = store
        self._tools = tools
        self._progress = progress
        self._counts: dict[str, list[int]] = {}
        self._fitted_name = ''

    def index(self, runner: Runner) -> None:
        """Index all drives, leave out those that cannot be used, and write the plan.

        Raises:
            SourceError: none can be used.
        """
        found: dict[int, PlannedDrive] = {}

        def done(call: Call, result: Any, error: Exception | None) -> None:
            found[call.drive] = (
                replace(self.plan.drives[call.drive], reason=str(error)) if error else result
            )
            self._progress('index', len(found), len(self.plan.drives), 0)

        # Poses of GNSS are relative to the origin of the first drive.
        origin, first = None, 0
        for first, drive in enumerate(self.plan.drives):
            runner.run(self.plan, [Call('index', (first, None), drive.text, first)], done)
            if not found[first].reason:
                origin = load_index(self._store, found[first]).geodetic_origin
                break
        others = range(first + 1, len(self.plan.drives))
        calls = [Call('index', (n, origin), self.plan.drives[n].text, n) for n in others]
        runner.run(self.plan, calls, done)
        drives = tuple(found[number] for number in range(len(found)))
        self.open(checked_plan(replace(self.plan, drives=drives), self._store))
        self.plan.save(self._store.objects)

    def open(self, plan: FleetPlan) -> None:
        """Take a plan that is indexed and checked; raises ``SourceError`` without a drive."""
        self.plan = plan
        kinds = [extractor.kind.name for extractor in self._tools.extractors]
        describer = self._tools.describer
        self.drives = indexed_drives(plan, self._store, describer, kinds)
        if not self.drives:
            reasons = ' '.join(f'{drive.text}: {drive.reason}' for drive in plan.drives)
            raise SourceError(f'no drive can be used: {reasons}')

    def keyframes(self, runner: Runner, shard: tuple[int, int] = (1, 1)) -> None:
        """Compute the keyframes of all chunks, or of those of shard I of N.

        A drive that is damaged is left out: a record says why until a later build can read it.
        """
        calls = [
            Call('keyframes', (drive.drive, task), drive.text(task), drive.number)
            for number, (drive, task) in enumerate(self._tasks())
            if number % shard[1] == shard[0] - 1
        ]
        missing = self._missing([call.arguments[1] for call in calls])
        self._run(runner, [call for call in calls if call.arguments[1] in missing], len(calls))

    def left_out(self) -> dict[int, str]:
        """Return why drives are left out, by their number in the plan."""
        reasons = {n: one.reason for n, one in enumerate(self.plan.drives) if one.reason}
        for drive in self.drives:
            record = self._store.objects.read(_record(drive.drive))
            # A later build may have been able to read it.
            if record is not None and self._missing(drive.tasks):
                reasons[drive.number] = _recorded_reason(record)
        return reasons

    def usable(self) -> list[IndexedDrive]:
        """Return the drives that no record excludes; raises ``SourceError`` where all are."""
        reasons = self.left_out()
        kept = [drive for drive in self.drives if drive.number not in reasons]
        if not kept:
            raise SourceError(f'no drive can be used: {" ".join(reasons.values())}')
        return kept

    def incomplete(self) -> list[str]:
        """Return which chunks of usable drives have no keyframes yet, in words."""
        pairs = [(drive, task) for drive in self.usable() for task in drive.tasks]
        missing = self._missing([task for _, task in pairs])
        return [drive.text(task) for drive, task in pairs if task in missing]

    def fit(self) -> Fitted:
        """Return what the descriptor space is fitted to; computed once for the same keyframes.

        Raises:
            MapError: keyframes of a chunk are missing.
            SourceError: no image became a keyframe.
        """
        if missing := self.incomplete():
            raise MapError(
                f'{len(missing)} chunks are missing in {self._store.objects.address}, the first: '
                f'{missing[0]}; run `avpr build` with its --shard again, then gather'
            )
        drives = self.usable()
        tasks = [task for drive in drives for task in drive.tasks]
        counts = [sum(self.camera_counts(drive, task)) for drive in drives for task in drive.tasks]
        if not sum(counts):
            raise SourceError(
                f'{", ".join(drive.index.name for drive in drives)}: no image became a keyframe; '
                'see avpr doctor'
            )
        describer = self._tools.describer
        name = shard_name(
            'fitted',
            parts=[task.parts for task in tasks],
            counts=counts,
            settings=describer.space_fingerprint(),
        )
        self._fitted_name = name
        if (known := self._store.read(name)) is not None:
            return known[0]
        with describer.running():
            fitted = fit_space(
                describer, counts, lambda n: load_parts(self._store, tasks[n], 'a chunk')
            )
        self._store.write(name, fitted)
        return fitted

    def finish(self, runner: Runner, fitted: Fitted, shard: tuple[int, int] = (1, 1)) -> None:
        """Compute long rows and matches of all chunks, or of those of shard I of N."""
        pooled: list[Call] = []
        matched: list[Call] = []
        pairs = [(drive, task) for drive in self.usable() for task in drive.tasks]
        for number, (drive, task) in enumerate(pairs):
            if number % shard[1] != shard[0] - 1:
                continue
            text = drive.text(task)
            if not self._store.has(rows_name(task, fitted)):
                pooled.append(Call('pool', (task, self._fitted_name), text, drive.number))
            after = self.followers(drive, task)
            if self._tools.extractors and not self._store.has(
                matches_name([task, *after], drive.index)
            ):
                matched.append(Call('match', (drive.drive, task, after), text, drive.number))
        self._run(runner, pooled, len(pooled))
        self._run(runner, matched, len(matched))

    def followers(self, drive: IndexedDrive, task: ChunkTask) -> list[ChunkTask]:
        """Return the chunks whose keyframes a chunk is matched with."""
        return followers(drive, task, lambda one: self.camera_counts(drive, one))

    def camera_counts(self, drive: IndexedDrive, task: ChunkTask) -> list[int]:
        """Return how many keyframes of each camera a chunk has."""
        if task.keyframes not in self._counts:
            found = load_keyframes(self._store, task, drive.text(task))
            if found.positions and min(found.positions) < 0:
                raise MapError(
                    f'the shard of {drive.text(task)} has other contents: delete {task.keyframes}'
                )
            rows = drive.index.camera_rows[np.array(found.positions, dtype=np.int64)]
            counts = np.bincount(rows, minlength=len(drive.index.cameras))
            self._counts[task.keyframes] = counts.tolist()
        return self._counts[task.keyframes]

    def _tasks(self) -> list[tuple[IndexedDrive, ChunkTask]]:
        return [(drive, task) for drive in self.drives for task in drive.tasks]

    def _missing(self, tasks: Sequence[ChunkTask]) -> set[ChunkTask]:
        lacking = {
            name
            for kind in ('keyframes', 'parts', 'features')
            for name in self._store.missing([getattr(task, kind) for task in tasks])
        }
        return {t for t in tasks if lacking & {t.keyframes, t.parts, t.features}}

    def _run(self, runner: Runner, calls: Sequence[Call], total: int) -> None:
        finished = total - len(calls)
        failed: dict[int, str] = {}

        def done(call: Call, result: Any, error: Exception | None) -> None:
            nonlocal finished
            finished += 1
            if isinstance(error, SourceError):
                failed[call.drive] = f'{call.text}: {error}'
            elif error is not None:
                raise error
            images = result if isinstance(result, int) else 0
            self._progress(call.stage, finished, total, images)

        runner.run(self.plan, calls, done)
        for drive in self.drives:
            if drive.number in failed:
                text = json.dumps({'drive': drive.drive.text, 'reason': failed[drive.number]})
                self._store.objects.write(_record(drive.drive), text.encode())


def _recorded_reason(record: bytes) -> str:
    try:
        return Fields(parse_object(record)).text('reason')
    except ValueError as error:
        return f'It could not be read, and the record of the cause is damaged ({error}).'


def _record(drive: PlannedDrive) -> str:
    return f'{_LEFT_OUT}/{hashlib.sha256(drive.index.encode()).hexdigest()[:40]}.json'
