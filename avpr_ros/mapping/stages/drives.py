# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The indexed drives of a plan, their chunks, and the names of all shards of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from avpr_ros.gallery.describer import ChunkDescriber
from avpr_ros.mapping.stages.chunk_shards import ChunkTask
from avpr_ros.mapping.stages.chunks import plan_chunks
from avpr_ros.mapping.stages.fleet_plan import FleetPlan, PlannedDrive
from avpr_ros.mapping.stages.index_stage import load_index
from avpr_ros.mapping.stages.shards import ShardStore, shard_name
from avpr_ros.sources.checks.frame_checks import shared_frame_checks
from avpr_ros.sources.frame_index import FrameIndex

#: Share of the stamps of one drive that are in the other if both are the same.
_SAME_STAMPS = 0.9


@dataclass(frozen=True, eq=False)
class IndexedDrive:
    """A drive whose chunks are known.

    Attributes:
        number: in the plan.
        drive: of the plan.
        index: its frames.
        tasks: one for each chunk.
    """

    number: int
    drive: PlannedDrive
    index: FrameIndex
    tasks: tuple[ChunkTask, ...]

    def text(self, task: ChunkTask) -> str:
        """Return which chunk a task is of, for messages."""
        return f'{self.index.name}, chunk {task.number + 1} of {len(self.tasks)} ' + (
            f'({task.chunk.text})'
        )


def checked_plan(plan: FleetPlan, store: ShardStore) -> FleetPlan:
    """Return an indexed plan in which drives that do not fit the first are left out, too."""
    first: FrameIndex | None = None
    kept: list[tuple[PlannedDrive, FrameIndex]] = []
    drives = []
    for drive in plan.drives:
        if not drive.reason:
            index = load_index(store, drive)
            reason = '' if first is None else _mismatch(first, index)
            if not reason and not plan.settings.allow_duplicates:
                reason = _duplicate(drive, index, kept)
            drive = replace(drive, reason=reason)
            if not reason:
                first = first or index
                kept.append((drive, index))
        drives.append(drive)
    return replace(plan, drives=tuple(drives))


def indexed_drives(
    plan: FleetPlan, store: ShardStore, describer: ChunkDescriber, kinds: Sequence[str]
) -> list[IndexedDrive]:
    """Return the drives of a checked plan that are not left out, with their chunks.

    Args:
        plan: checked.
        store: of the shards.
        describer: of the gallery.
        kinds: of local features, with what else they depend on.
    """
    found: list[IndexedDrive] = []
    weights = describer.fingerprint()
    for number, drive in enumerate(plan.drives):
        if drive.reason:
            continue
        index = load_index(store, drive)
        tasks = []
        for at, chunk in enumerate(plan_chunks(index, plan.settings.selection)):
            spacing = [plan.settings.min_distance_m, plan.settings.min_rotation_rad]
            span = [chunk.first, chunk.stop, *chunk.before]
            facts = {'index': drive.index, 'chunk': span, 'spacing': spacing}
            form = [plan.settings.thumbnail_px, plan.settings.thumbnail_quality]
            keyframes = shard_name('keyframes', **facts, thumbnail=form)
            parts = shard_name('parts', **facts, network=weights)
            features = shard_name('features', keyframes=keyframes, kinds=list(kinds))
            tasks.append(ChunkTask(len(found), at, chunk, keyframes, parts, features))
        found.append(IndexedDrive(number, drive, index, tuple(tasks)))
    return found


def _mismatch(first: FrameIndex, index: FrameIndex) -> str:
    return ' '.join(check.text for check in shared_frame_checks(first, first.name, index))


def _duplicate(
    drive: PlannedDrive, index: FrameIndex, before: Sequence[tuple[PlannedDrive, FrameIndex]]
) -> str:
    """Return which drive this is once more, by content or by stamps and poses; empty: none."""
    for other, known in before:
        same = other.index == drive.index
        shared, a, b = np.intersect1d(index.stamps_ns, known.stamps_ns, return_indices=True)
        if len(shared) and len(shared) >= _SAME_STAMPS * min(len(index), len(known)):
            same = same or bool(np.allclose(index.poses[a], known.poses[b]))
        if same:
            return (
                f'It is the same drive as {other.text}: its keyframes would be there twice. Leave '
                'it out, or use --allow-duplicates.'
            )
    return ''
