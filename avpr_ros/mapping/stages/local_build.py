# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The stages of a build in this process: chunk after chunk, a network's batches in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from avpr_ros.arrays import Descriptors
from avpr_ros.gallery.describer import ChunkDescriber, Describer, Parts, Progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.mapping.keyframe_extraction import SelectedSession, selected_images
from avpr_ros.mapping.stages.chunk_shards import (
    ChunkTask,
    ChunkWork,
    load_keyframes,
    load_parts,
)
from avpr_ros.mapping.stages.chunks import plan_chunks
from avpr_ros.mapping.stages.map_writer import MapSettings
from avpr_ros.mapping.stages.shards import ShardStore
from avpr_ros.mapping.stages.space_stage import described_rows, fit_space
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.frame_index import index_frames
from avpr_ros.threads import cores


class LocalBuild:
    """Keyframes and descriptors of some drives.

    Attributes:
        counts: keyframes of each chunk, in the order of the map.
        sessions: the keyframes of each drive.
    """

    def __init__(
        self,
        sources: Sequence[FrameSource],
        describer: Describer,
        settings: MapSettings,
        store: ShardStore,
        progress: Progress,
    ) -> None:
        """Set up.

        Args:
            sources: in the order of the map.
            describer: of the gallery; one that is no ``ChunkDescriber`` describes all at once.
            settings: of the build.
            store: of the shards; of this build alone.
            progress: called with stage, done and total.
        """
        self.counts: list[int] = []
        self.sessions: list[SelectedSession] = []
        self._sources = sources
        self._describer = describer
        self._settings = settings
        self._store = store
        self._progress = progress
        self._tasks: list[ChunkTask] = []

    def extract(self) -> None:
        """Select the keyframes, and extract what the network gives before anything is fitted.

        Raises:
            SourceError: a source cannot be read.
        """
        indexes = [index_frames(source) for source in self._sources]
        divided = [plan_chunks(index, self._settings.selection) for index in indexes]
        frames, images = sum(map(len, indexes)), sum(c.keyframes for d in divided for c in d)
        described = 0
        walked = 0

        def count(batch: int) -> None:
            nonlocal described
            described += batch
            self._progress('descriptors', described, max(described, images))

        with ExitStack() as stack:
            work = self._work(stack, count)
            for session, (source, index) in enumerate(zip(self._sources, indexes, strict=True)):
                found = []
                for number, chunk in enumerate(divided[session]):
                    name = f'{session}_{number}.npz'
                    task = ChunkTask(session, number, chunk, f'keyframes/{name}', f'parts/{name}')
                    keyframes = work.run(task, source, index, self._store)
                    keyframes.thumbnails = []  # read again one chunk at a time
                    found.append(keyframes)
                    self._tasks.append(task)
                    walked += chunk.stop - chunk.first
                    self._progress('choosing keyframes', walked, frames)
                self.sessions.append(SelectedSession(index, tuple(found)))
        self.counts = [len(chunk) for session in self.sessions for chunk in session.chunks]

    def describe(self, folder: Path) -> tuple[DescriptorSpace, Descriptors]:
        """Return the space and the descriptors of all keyframes.

        Args:
            folder: of temporary files.
        """
        describer = self._describer
        if not isinstance(describer, ChunkDescriber):
            images = partial(selected_images, self._sources, self.sessions)
            return describer.describe_gallery(images, sum(self.counts), self._progress)

        def parts(number: int) -> Parts:
            return load_parts(self._store, self._tasks[number], 'a chunk')

        with describer.running():
            self._progress('vocabulary', 0, 1)
            fitted = fit_space(describer, self.counts, parts)
            self._progress('vocabulary', 1, 1)
            return described_rows(
                describer,
                fitted,
                self.counts,
                lambda number: describer.pool(parts(number), fitted),
                folder,
                self._progress,
            )

    def thumbnails(self) -> Iterator[bytes]:
        """Yield the thumbnail of each keyframe, in the order of the map."""
        for task in self._tasks:
            yield from load_keyframes(self._store, task, 'a chunk').thumbnails

    def _work(self, stack: ExitStack, described: Callable[[int], None]) -> ChunkWork:
        selection, form = self._settings.selection, self._settings.form
        if not isinstance(self._describer, ChunkDescriber):
            return ChunkWork(selection, form.thumbnail, None)
        stack.enter_context(self._describer.running())
        threads = cores()
        pool = stack.enter_context(ThreadPoolExecutor(threads)) if threads > 1 else None
        return ChunkWork(
            selection,
            form.thumbnail,
            self._describer,
            pool,
            threads,
            described,
        )
