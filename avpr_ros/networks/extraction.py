# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Descriptors of many images by a heavy network, with parallel decoding and resumable shards.

One thread decodes and resizes the images into a short queue from which the network reads batches:
both work in parallel and only a few images are in memory. Each shard of descriptors is stored
under the hash of its pixels and of the network, so that an interrupted run can be resumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
import hashlib
import os
from pathlib import Path
from queue import Empty, Full, Queue
import shutil
from threading import Event, Thread
import time
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import MapError
from avpr_ros.gallery.describer import Progress
from avpr_ros.networks.inference import BatchNetwork
from avpr_ros.runtime.preprocess import squash
from avpr_ros.storage.files import atomic_file

#: Images of a shard, and of what is lost when a run is cut off.
SHARD = 32
_BATCH = 8
_QUEUED_BATCHES = 3
_WAIT_S = 0.1
Batch: TypeAlias = NDArray[np.uint8]


def extraction_folder(identity: str) -> Path:
    """Return where the shards of a network are kept until its map is described."""
    cache = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    return Path(cache).expanduser() / 'avpr_ros' / 'extraction' / identity[:32]


class Extraction:
    """One walk over the images of a map.

    Attributes:
        network_s: time spent inside the network so far.
        reused: images whose descriptors an earlier run had left.
    """

    def __init__(self, network: BatchNetwork, folder: Path, input_px: int) -> None:
        """Set up.

        Args:
            network: describes batches.
            folder: of the shards; of this network alone.
            input_px: side of the square image.
        """
        self.network_s = 0.0
        self.reused = 0
        self._network = network
        self._folder = folder
        self._input_px = input_px

    def fill(self, rows: Descriptors, images: Iterable[RgbImage], progress: Progress) -> None:
        """Describe all images.

        Args:
            rows: (N, D) float32, written; for example a memory map.
            images: N of any size.
            progress: called with stage, done, total.

        Raises:
            MapError: another number of images than rows.
        """
        done = 0
        for shard in _shards(prefetched(images, self._input_px)):
            count = sum(len(batch) for batch in shard)
            if done + count > len(rows):
                raise MapError(
                    f'the source has more than the expected {len(rows)} images; do not change it '
                    'while a map is built'
                )
            rows[done : done + count] = self._described(shard, done, len(rows), progress)
            done += count
            progress('descriptors', done, len(rows))
        if done < len(rows):
            raise MapError(
                f'the source has {done} images instead of the expected {len(rows)}; do not change '
                'it while a map is built'
            )

    def forget(self) -> None:
        """Delete the shards: the map that they were for is described."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _described(
        self, shard: list[Batch], done: int, total: int, progress: Progress
    ) -> Descriptors:
        path = self._folder / f'{_hash(shard)}.npy'
        count = sum(len(batch) for batch in shard)
        with suppress(Exception):  # described again, whatever its bytes raise
            kept = np.load(path, mmap_mode='r', allow_pickle=False)
            if kept.ndim == 2 and len(kept) == count and np.isfinite(kept).all():
                self.reused += count
                return np.asarray(kept, dtype=np.float32)
        parts = []
        for batch in shard:
            started = time.perf_counter()
            parts.append(self._network(batch))
            self.network_s += time.perf_counter() - started
            done += len(batch)
            progress('descriptors', done, total)
        described = np.concatenate(parts)
        with atomic_file(path) as temporary:
            np.save(temporary, described, allow_pickle=False)
        return described


def prefetched(images: Iterable[RgbImage], input_px: int) -> Iterator[Batch]:
    """Squash images in a thread of their own; yields batches (b, S, S, 3) uint8, b <= 8.

    An error of the walk is raised here, after the images before it.
    """
    queue: Queue[Batch | Exception | None] = Queue(_QUEUED_BATCHES)
    stopped = Event()
    producer = Thread(target=_produce, args=(images, input_px, queue, stopped), daemon=True)
    producer.start()
    try:
        while True:
            try:
                item = queue.get(timeout=_WAIT_S)
            except Empty:
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        stopped.set()
        producer.join()


def _produce(
    images: Iterable[RgbImage],
    input_px: int,
    queue: Queue[Batch | Exception | None],
    stopped: Event,
) -> None:
    last: Exception | None = None
    batch: list[RgbImage] = []
    try:
        for image in images:
            batch.append(squash(image, input_px))
            if len(batch) == _BATCH:
                if not _put(queue, np.stack(batch), stopped):
                    return
                batch = []
    # Whatever goes wrong in this thread belongs to the one that waits.
    except Exception as error:
        last = error
    if batch:
        _put(queue, np.stack(batch), stopped)
    _put(queue, last, stopped)


def _put(
    queue: Queue[Batch | Exception | None], item: Batch | Exception | None, stopped: Event
) -> bool:
    while not stopped.is_set():
        with suppress(Full):
            queue.put(item, timeout=_WAIT_S)
            return True
    return False


def _shards(batches: Iterator[Batch]) -> Iterator[list[Batch]]:
    shard: list[Batch] = []
    for batch in batches:
        shard.append(batch)
        if len(shard) * _BATCH >= SHARD:
            yield shard
            shard = []
    if shard:
        yield shard


def _hash(shard: list[Batch]) -> str:
    digest = hashlib.sha256()
    for batch in shard:
        digest.update(batch.tobytes())
    return digest.hexdigest()
