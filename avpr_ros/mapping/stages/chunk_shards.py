# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The shards of one chunk: its keyframes with thumbnails, and what a network extracts of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from avpr_ros.errors import MapError
from avpr_ros.gallery.describer import BATCH, ChunkDescriber, Parts
from avpr_ros.mapping.stages.chunks import Chunk, Selection
from avpr_ros.mapping.stages.keyframe_stage import (
    ChunkKeyframes,
    PartsExtractor,
    ThumbnailFormat,
    chunk_images,
    encode,
    packed,
    unpacked,
)
from avpr_ros.mapping.stages.shards import ShardStore
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.frame_index import FrameIndex

_FACTS = 'undecodable', 'first_problem', 'unusable', 'first_unusable'


@dataclass(frozen=True)
class ChunkTask:
    """One chunk of a build.

    Attributes:
        session: number of its drive.
        number: of the chunk in the drive.
        chunk: which frames.
        keyframes: name of the shard of its keyframes.
        parts: name of the shard of what the network extracts.
        features: name of the shard of its local features.
    """

    session: int
    number: int
    chunk: Chunk
    keyframes: str
    parts: str
    features: str = ''


@dataclass(frozen=True, eq=False)
class ChunkWork:
    """How the chunks of a build are worked on.

    Attributes:
        selection: of keyframes.
        thumbnail: format of the thumbnails.
        describer: of the gallery; None: only keyframes are wanted.
        executor: runs batches in parallel; None: one by one.
        threads: of the executor.
        described: called with the size of every batch that is described.
        batch: images that the network processes at a time.
    """

    selection: Selection
    thumbnail: ThumbnailFormat
    describer: ChunkDescriber | None
    executor: Executor | None = None
    threads: int = 1
    described: Callable[[int], None] = lambda images: None
    batch: int = BATCH

    def run(
        self, task: ChunkTask, source: FrameSource, index: FrameIndex, store: ShardStore
    ) -> ChunkKeyframes:
        """Write the shards of one chunk.

        Raises:
            SourceError: the drive is damaged in this place.
        """
        found = ChunkKeyframes()
        extractor = None
        if self.describer is not None:
            extractor = PartsExtractor(
                self.describer, self.executor, self.threads, self.described, self.batch
            )
        for image in chunk_images(source, index, task.chunk, self.selection, found):
            found.thumbnails.append(encode(image, self.thumbnail))
            if extractor is not None:
                extractor.add(image)
        if extractor is not None:
            store.write(task.parts, extractor.finish())
        # Last: a chunk is done when its keyframes are there.
        save_keyframes(store, task.keyframes, found)
        return found


def save_keyframes(store: ShardStore, name: str, found: ChunkKeyframes) -> None:
    """Write the keyframes of a chunk."""
    thumbnails, offsets = packed(found.thumbnails)
    arrays = {
        'positions': np.array(found.positions, dtype=np.int64),
        'places': np.array(found.places, dtype=np.int64),
        'thumbnails': thumbnails,
        'thumbnail_offsets': offsets,
    }
    store.write(name, arrays, {key: getattr(found, key) for key in _FACTS})


def load_keyframes(store: ShardStore, task: ChunkTask, what: str) -> ChunkKeyframes:
    """Read the keyframes of a chunk; raises ``MapError`` where they are missing or damaged."""
    arrays, facts = store.need(task.keyframes, what)
    try:
        return ChunkKeyframes(
            arrays['positions'].tolist(),
            arrays['places'].tolist(),
            unpacked(arrays['thumbnails'], arrays['thumbnail_offsets']),
            int(facts['undecodable']),
            str(facts['first_problem']),
            int(facts['unusable']),
            str(facts['first_unusable']),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MapError(
            f'the shard of {what} has other contents: delete {task.keyframes}'
        ) from error


def load_parts(store: ShardStore, task: ChunkTask, what: str) -> Parts:
    """Read what the network extracted of a chunk; raises ``MapError`` as ``load_keyframes``."""
    return store.need(task.parts, what)[0]
