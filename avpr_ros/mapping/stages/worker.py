# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Work of one process of a build: an index, a chunk's keyframes, its long rows, its matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import hashlib
from typing import Protocol

import numpy as np

from avpr_ros.gallery.describer import BATCH, ChunkDescriber, Fitted
from avpr_ros.gallery.local_features.features import FeatureExtractor
from avpr_ros.mapping.stages.chunk_shards import ChunkTask, ChunkWork, load_keyframes
from avpr_ros.mapping.stages.drives import IndexedDrive
from avpr_ros.mapping.stages.feature_stage import ChunkFeatures, match_arrays, match_rows
from avpr_ros.mapping.stages.fleet_plan import FleetPlan, PlannedDrive
from avpr_ros.mapping.stages.index_stage import index_drive, load_index, open_drive
from avpr_ros.mapping.stages.shards import ShardStore, shard_name
from avpr_ros.sources.frame import FrameSource, GeodeticOrigin
from avpr_ros.sources.frame_index import FrameIndex
from avpr_ros.verification.triangulation import NEIGHBOURS

#: What a library raises where memory ran out, beside ``MemoryError``, in words.
_OUT_OF_MEMORY = 'out of memory', "can't allocate memory", 'not enough memory', 'bad alloc'


class StageTools(Protocol):
    """What the stages compute with; loaded once in each process."""

    @property
    def describer(self) -> ChunkDescriber: ...  # noqa: D102

    @property
    def extractors(self) -> Sequence[FeatureExtractor]: ...  # noqa: D102


class StageWorker:
    """Computes single shards; those that are there already are left as they are."""

    def __init__(self, plan: FleetPlan, store: ShardStore, tools: StageTools) -> None:
        """Set up.

        Args:
            plan: of the build.
            store: of the shards.
            tools: network and extractors.
        """
        self._plan = plan
        self._store = store
        self._tools = tools
        self._opened: tuple[str, FrameSource] | None = None
        self._index: tuple[str, FrameIndex] | None = None
        self._fitted: tuple[str, Fitted] | None = None

    def index(self, number: int, origin: GeodeticOrigin | None) -> PlannedDrive:
        """Index a drive; see ``index_drive``."""
        return index_drive(self._plan, self._plan.drives[number], origin, self._store)

    def keyframes(self, drive: PlannedDrive, task: ChunkTask, batch: int = BATCH) -> int:
        """Write keyframes, parts and features of a chunk; return the number of keyframes.

        Where memory runs out, half as many images are described at a time, down to one.

        Raises:
            SourceError: the drive is damaged in this place.
        """
        source, index = self._open(drive)
        while True:
            try:
                return self._keyframes(source, index, task, batch)
            except (MemoryError, RuntimeError) as error:
                if batch == 1 or not out_of_memory(error):
                    raise
                batch = batch // 2

    def pool(self, task: ChunkTask, fitted_name: str) -> None:
        """Write the long rows of a chunk, by what was fitted."""
        if self._fitted is None or self._fitted[0] != fitted_name:
            fit = self._store.need(fitted_name, 'the descriptor space')[0]
            self._fitted = fitted_name, fit
        fitted = self._fitted[1]
        describer, name = self._tools.describer, rows_name(task, fitted)
        if self._store.has(name):
            return
        parts, _ = self._store.need(task.parts, 'a chunk')
        with describer.running():
            rows = describer.pool(parts, fitted) if parts else np.zeros((0, 0), np.float32)
        self._store.write(name, {'rows': rows})

    def match(self, drive: PlannedDrive, task: ChunkTask, following: Sequence[ChunkTask]) -> None:
        """Write the matches of a chunk with itself and with the keyframes that follow.

        Args:
            drive: of the chunk.
            task: the chunk.
            following: the chunks after it of the same drive, as many as ``followers`` returns.
        """
        index = self._frames(drive)
        name = matches_name([task, *following], index)
        if self._store.has(name):
            return
        tasks = [task, *following]
        found = [load_keyframes(self._store, one, 'a chunk') for one in tasks]
        kinds = [extractor.kind for extractor in self._tools.extractors]
        features = [
            ChunkFeatures.from_arrays(self._store.need(one.features, 'a chunk')[0], kinds)
            for one in tasks
        ]
        positions = [at for one in found for at in one.positions]
        cameras = index.camera_rows[np.array(positions, dtype=np.int64)]
        blind = np.array([not usable for usable in triangulated(index)])
        joined = {
            kind.name: [each for one in features for each in one.features[kind.name]]
            for kind in kinds
        }
        matches = match_rows(len(found[0]), np.where(blind[cameras], -1, cameras), joined)
        arrays, names = match_arrays(matches)
        self._store.write(name, arrays, {'kinds': names})

    def _keyframes(
        self, source: FrameSource, index: FrameIndex, task: ChunkTask, batch: int
    ) -> int:
        plan, describer = self._plan.settings, self._tools.describer
        describe = not self._store.has(task.parts)
        if describe or not self._store.has(task.keyframes):
            work = ChunkWork(
                plan.selection, plan.form.thumbnail, describer if describe else None, batch=batch
            )
            with describer.running():
                work.run(task, source, index, self._store)
        found = load_keyframes(self._store, task, index.name)
        if not self._store.has(task.features):
            features = ChunkFeatures.extract(found.thumbnails, self._tools.extractors)
            self._store.write(task.features, features.arrays())
        return len(found)

    def _open(self, drive: PlannedDrive) -> tuple[FrameSource, FrameIndex]:
        index = self._frames(drive)
        if self._opened is None or self._opened[0] != drive.index:
            source = open_drive(self._plan, drive, index.geodetic_origin)
            self._opened = drive.index, source
        return self._opened[1], index

    def _frames(self, drive: PlannedDrive) -> FrameIndex:
        if self._index is None or self._index[0] != drive.index:
            self._index = drive.index, load_index(self._store, drive)
        return self._index[1]


def out_of_memory(error: BaseException) -> bool:
    """Return whether an error is one of memory that ran out, on the CPU or on a GPU."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in _OUT_OF_MEMORY)


def fitted_hash(fitted: Fitted) -> str:
    """Return a hash of what was fitted."""
    digest = hashlib.sha256()
    for name in sorted(fitted):
        digest.update(f'{name} {fitted[name].shape} {fitted[name].dtype.str}'.encode())
        digest.update(np.ascontiguousarray(fitted[name]).tobytes())
    return digest.hexdigest()


def rows_name(task: ChunkTask, fitted: Fitted) -> str:
    """Return the name of the shard of a chunk's long rows."""
    return shard_name('rows', parts=task.parts, fitted=fitted_hash(fitted))


def matches_name(tasks: Sequence[ChunkTask], index: FrameIndex) -> str:
    """Return the name of the shard of the matches of a chunk, the first, with those after it."""
    names = [task.features for task in tasks]
    return shard_name('matches', features=names, triangulated=triangulated(index))


def triangulated(index: FrameIndex) -> list[bool]:
    """Return which cameras of a drive have what triangulation needs."""
    return [
        camera.intrinsics is not None and camera.base_from_camera is not None
        for camera in index.cameras
    ]


def followers(
    drive: IndexedDrive, task: ChunkTask, counts: Callable[[ChunkTask], list[int]]
) -> list[ChunkTask]:
    """Return the chunks after one that hold the next keyframes of each of its cameras.

    Args:
        drive: of the chunk.
        task: the chunk.
        counts: returns how many keyframes of each camera a chunk has.
    """
    left = np.full(len(drive.index.cameras), NEIGHBOURS)
    needed = []
    for following in drive.tasks[task.number + 1 :]:
        if (left <= 0).all():
            break
        needed.append(following)
        left = left - np.array(counts(following))
    return needed
