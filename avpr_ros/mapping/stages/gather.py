# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Makes the map from the shards, in the order of the plan; needs no image of any drive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import IntArray
from avpr_ros.gallery.describer import ChunkDescriber, Fitted, Progress
from avpr_ros.gallery.local_features.features import FeatureKind, Features
from avpr_ros.mapping.keyframe_extraction import SelectedSession
from avpr_ros.mapping.landmark_builder import MapFeatures
from avpr_ros.mapping.map_contents import ExtractedFeatures
from avpr_ros.mapping.previous_revision import PreviousRevision
from avpr_ros.mapping.stages.chunk_shards import ChunkTask, load_keyframes
from avpr_ros.mapping.stages.drives import IndexedDrive
from avpr_ros.mapping.stages.feature_stage import (
    ChunkFeatures,
    Matches,
    MatchKey,
    matches_from,
)
from avpr_ros.mapping.stages.fleet_build import FleetBuild
from avpr_ros.mapping.stages.keyframe_stage import ChunkKeyframes
from avpr_ros.mapping.stages.map_writer import DescribedKeyframes, Finish, MapFormat, write_map
from avpr_ros.mapping.stages.shards import ShardStore
from avpr_ros.mapping.stages.space_stage import described_rows
from avpr_ros.mapping.stages.worker import matches_name, rows_name


class Gathering:
    """The shards of the drives that are in the map, in order."""

    def __init__(self, build: FleetBuild, store: ShardStore, fitted: Fitted) -> None:
        """Set up.

        Args:
            build: of which all keyframes, rows and matches are there.
            store: of the shards.
            fitted: by ``FleetBuild.fit``.
        """
        self._build = build
        self._store = store
        self._fitted = fitted
        self._drives = build.usable()
        self._pairs = [(drive, task) for drive in self._drives for task in drive.tasks]
        self._counts = [sum(build.camera_counts(drive, task)) for drive, task in self._pairs]

    def write(
        self,
        folder: Path,
        describer: ChunkDescriber,
        form: MapFormat,
        progress: Progress,
        finish: Finish,
    ) -> None:
        """Write the map into an empty folder; raises ``MapError`` where a shard is missing."""
        with describer.running():
            space, described = described_rows(
                describer, self._fitted, self._counts, self._rows, folder.parent, progress
            )
        new = DescribedKeyframes(self._sessions(), self._thumbnails(), space, described)
        write_map(folder, new, form, PreviousRevision(), progress, finish)

    def extracted(self, kinds: Sequence[FeatureKind], progress: Progress) -> ExtractedFeatures:
        """Return what was computed of each keyframe, and the matches of neighbours.

        Args:
            kinds: of local features; none: the map has no landmarks.
            progress: called with stage, done and total.
        """
        hog, sizes = [], []
        features: dict[str, list[Features]] = {kind.name: [] for kind in kinds}
        for number, (drive, task) in enumerate(self._pairs):
            arrays, _ = self._store.need(task.features, drive.text(task))
            found = ChunkFeatures.from_arrays(arrays, kinds)
            hog.append(found.hog)
            sizes.append(found.sizes_px)
            for kind in kinds:
                features[kind.name].extend(found.features[kind.name])
            progress('features', number + 1, len(self._pairs))
        rows: NDArray[np.float32] = np.concatenate(hog)
        if not kinds:
            return ExtractedFeatures(rows, None)
        matches = self._matches()
        known = [features[kind.name] for kind in kinds]

        def match(kind: FeatureKind, a: int, b: int) -> tuple[IntArray, IntArray]:
            return matches[kind.name, a, b]

        return ExtractedFeatures(rows, MapFeatures(known, np.concatenate(sizes), match))

    def _rows(self, number: int) -> NDArray[np.float32]:
        drive, task = self._pairs[number]
        arrays, _ = self._store.need(rows_name(task, self._fitted), drive.text(task))
        rows: NDArray[np.float32] = arrays['rows']
        return rows

    def _sessions(self) -> list[SelectedSession]:
        sessions = []
        for drive in self._drives:
            chunks = []
            for task in drive.tasks:
                found = self._keyframes(drive, task)
                found.thumbnails = []
                chunks.append(found)
            sessions.append(SelectedSession(drive.index, tuple(chunks)))
        return sessions

    def _thumbnails(self) -> Iterator[bytes]:
        for drive, task in self._pairs:
            yield from self._keyframes(drive, task).thumbnails

    def _keyframes(self, drive: IndexedDrive, task: ChunkTask) -> ChunkKeyframes:
        return load_keyframes(self._store, task, drive.text(task))

    def _matches(self) -> dict[MatchKey, Matches]:
        found: dict[MatchKey, Matches] = {}
        first = 0
        for (drive, task), count in zip(self._pairs, self._counts, strict=True):
            name = matches_name([task, *self._build.followers(drive, task)], drive.index)
            arrays, facts = self._store.need(name, drive.text(task))
            found |= matches_from(arrays, facts['kinds'], first)
            first += count
        return found
