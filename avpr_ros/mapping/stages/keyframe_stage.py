# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Keyframes of one chunk: selection among its images, thumbnails, and what a network extracts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from avpr_ros.arrays import AnyArray, RgbImage
from avpr_ros.errors import ImageDecodeError
from avpr_ros.gallery.describer import BATCH, ChunkDescriber, Parts
from avpr_ros.gallery.thumbnails import encode_thumbnail
from avpr_ros.mapping.stages.chunks import Chunk, Selection
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.frame_index import FrameIndex, frames_between
from avpr_ros.sources.images.visible_structure import nothing_visible


@dataclass
class ChunkKeyframes:
    """The keyframes of one chunk.

    Attributes:
        positions: of the keyframes among the frames of their drive.
        places: place labels of a dataset; empty without.
        thumbnails: one JPEG each.
        undecodable: frames that were selected and could not be decoded.
        first_problem: why the first of these could not; empty without.
        unusable: frames that were selected and in which nothing is visible.
        first_unusable: why nothing is visible in the first of these; empty without.
    """

    positions: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    thumbnails: list[bytes] = field(default_factory=list)
    undecodable: int = 0
    first_problem: str = ''
    unusable: int = 0
    first_unusable: str = ''

    def __len__(self) -> int:
        return len(self.positions)


@dataclass(frozen=True)
class ThumbnailFormat:
    """Shorter side in pixels and JPEG quality of a thumbnail."""

    side_px: int
    quality: int


def chunk_images(
    source: FrameSource,
    index: FrameIndex,
    chunk: Chunk,
    selection: Selection,
    keyframes: ChunkKeyframes,
) -> Iterator[RgbImage]:
    """Yield the images of a chunk's keyframes, one decoded at a time.

    Only frames that are selected are decoded; one that cannot be decoded, or in which nothing is
    visible, is counted, and the next frame is selected in its place.

    Args:
        source: the drive.
        index: of the drive.
        chunk: which part of it.
        selection: of keyframes.
        keyframes: filled meanwhile; the positions include the image that was yielded last.

    Raises:
        SourceError: the drive is damaged.
    """
    selectors = [selection.selector() for _ in index.cameras]
    for selector, before in zip(selectors, chunk.before, strict=True):
        if before >= 0:
            selector.keep(index.pose(before))
    frames = frames_between(source, index, chunk.first, chunk.stop)
    for position, frame in enumerate(frames, start=chunk.first):
        selector = selectors[int(index.camera_rows[position])]
        pose = index.pose(position)
        if not selector.wants(pose):
            continue
        try:
            image = frame.decode()
        except ImageDecodeError as error:
            keyframes.undecodable += 1
            keyframes.first_problem = keyframes.first_problem or str(error)
            continue
        if fault := nothing_visible(image):
            keyframes.unusable += 1
            keyframes.first_unusable = keyframes.first_unusable or fault
            continue
        selector.keep(pose)
        keyframes.positions.append(position)
        if frame.place is not None:
            keyframes.places.append(frame.place)
        yield image


class PartsExtractor:
    """Runs a describer over images in batches that do not depend on the number of threads."""

    def __init__(
        self,
        describer: ChunkDescriber,
        executor: Executor | None,
        threads: int,
        described: Callable[[int], None],
        batch: int = BATCH,
    ) -> None:
        """Set up.

        Args:
            describer: of the gallery.
            executor: runs batches in parallel; None: they are run here, one by one.
            threads: of the executor.
            described: called with the size of every batch that is done.
            batch: images of a batch; the result is the same.
        """
        self._describer = describer
        self._executor = executor
        self._threads = threads
        self._described = described
        self._size = batch
        self._batch: list[RgbImage] = []
        self._running: deque[Future[Parts]] = deque()
        self._done: list[Parts] = []

    def add(self, image: RgbImage) -> None:
        """Take one image; it is reduced at once, so that no large images wait."""
        self._batch.append(self._describer.prepare(image))
        if len(self._batch) == self._size:
            self._start()

    def finish(self) -> Parts:
        """Return the parts of all images since the last call, in their order."""
        if self._batch:
            self._start()
        while self._running:
            self._collect()
        done, self._done = self._done, []
        return joined(done)

    def _start(self) -> None:
        batch, self._batch = self._batch, []
        if self._executor is None:
            self._keep(self._describer.parts(batch))
            return
        self._running.append(self._executor.submit(self._describer.parts, batch))
        while len(self._running) > 2 * self._threads:
            self._collect()

    def _collect(self) -> None:
        self._keep(self._running.popleft().result())

    def _keep(self, parts: Parts) -> None:
        self._done.append(parts)
        self._described(len(next(iter(parts.values()))))


def joined(parts: list[Parts]) -> Parts:
    """Join parts of successive images; empty for none."""
    names = parts[0] if parts else {}
    return {name: np.concatenate([one[name] for one in parts]) for name in names}


def encode(image: RgbImage, form: ThumbnailFormat) -> bytes:
    """Return the thumbnail of an image."""
    return encode_thumbnail(image, form.side_px, form.quality)


def packed(items: list[bytes]) -> tuple[AnyArray, AnyArray]:
    """Return byte strings as one (B,) uint8 array and the (N + 1,) offsets of its pieces."""
    offsets = np.concatenate([[0], np.cumsum([len(item) for item in items])]).astype(np.int64)
    return np.frombuffer(b''.join(items), dtype=np.uint8), offsets


def unpacked(data: AnyArray, offsets: AnyArray) -> list[bytes]:
    """Return the byte strings that ``packed`` was given."""
    return [data[a:b].tobytes() for a, b in pairwise(offsets)]
