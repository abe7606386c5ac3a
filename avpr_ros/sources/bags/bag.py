# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A bag as a source: one pass for stamps, poses and cameras, one for images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
import heapq
from pathlib import Path
from typing import Any

import numpy as np

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.bags.index import BagIndex, TopicChoice, index_bag
from avpr_ros.sources.bags.reader import Message, open_bag, read_messages, topic_types
from avpr_ros.sources.bags.seek import recorded_between
from avpr_ros.sources.bags.topics import (
    RAW_TYPE,
    camera_names,
    check_one_type,
    choose_image_topics,
    choose_pose_topic,
)
from avpr_ros.sources.frame import Camera, Frame, GeodeticOrigin, StampedImage
from avpr_ros.sources.frame_index import FrameIndex
from avpr_ros.sources.images.decode import decode_compressed, decode_image
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.posed import PosedImages
from avpr_ros.sources.preflight import Preflight
from avpr_ros.storage.files import printable


class BagSource:
    """A ROS 2 bag (sqlite3, mcap; also with compression) or a ROS 1 bag.

    Times are header stamps, never the time of recording. All of /tf_static is read before any
    transform is used. Images are read in recorded order and yielded in stamp order; at most those
    recorded within one second of each other are held in memory.
    """

    def __init__(self, path: Path | Sequence[Path], options: SourceOptions) -> None:
        """Open the bag and choose topics; messages are read on demand.

        Args:
            path: the bag, or the files of one recording in their order.
            options: topics and how they are read.

        Raises:
            SourceError: the bag cannot be read, or lacks the topics of the options.
        """
        first = path if isinstance(path, Path) else path[0]
        self.name = printable(first.stem if first.is_file() else first.resolve().name)
        self._path = path
        self._options = options
        with open_bag(path) as reader:
            types = reader.message_types()
            topics = topic_types(reader)
        images = choose_image_topics(topics, options.image_topics)
        from_file = options.tum_file is not None or options.poses_csv is not None
        pose_topic = None
        if options.poses_wanted and not from_file:
            pose_topic = choose_pose_topic(topics, options.pose_topic)
        for topic in (*images, *filter(None, [pose_topic])):
            check_one_type(topic, types[topic])
        self._choice = TopicChoice(topics, images, camera_names(images), pose_topic)

    @property
    def map_frame(self) -> str:
        """Frame the poses are in."""
        return self._posed.map_frame

    @property
    def base_frame(self) -> str:
        """Frame the poses are of."""
        return self._posed.base_frame

    @property
    def pose_source(self) -> str:
        """Where the poses come from, in words."""
        return self._posed.pose_source

    @property
    def cameras(self) -> tuple[Camera, ...]:
        """One per image topic, with extrinsics of /tf_static and intrinsics of camera_info."""
        return self._index.cameras

    @property
    def geodetic_origin(self) -> GeodeticOrigin | None:
        """Geodetic position of the map frame's origin, with GNSS poses."""
        return self._posed.geodetic_origin

    def preflight(self) -> Preflight:
        """Check topics, stamps and poses without decoding an image.

        Raises:
            SourceError: the bag is damaged, or holds no usable pose.
        """
        where = ', '.join(
            f'{topic} ({self._choice.topics[topic].replace("/msg/", "/")})'
            for topic in self._choice.images
        )
        return self._posed.preflight(where, self._index.order, self._index.checks)

    def images(self) -> Iterator[StampedImage]:
        """Yield every image in stamp order.

        Raises:
            SourceError: the bag is damaged.
        """
        order = self._index.order
        if order.interleaved:
            yield from self._walk(self._choice.images)
            return
        # a camera far behind another would keep all images in between in memory: one walk each
        walks = [self._walk((topic,)) for topic in self._choice.images]
        yield from heapq.merge(*walks, key=lambda image: image.stamp_ns)

    def _walk(self, topics: Sequence[str]) -> Iterator[StampedImage]:
        """Yield the images of some topics in stamp order, in one pass over the bag."""
        index = self._index
        wanted = [self._choice.images.index(topic) for topic in topics]
        rows = np.flatnonzero(np.isin(index.camera_rows, wanted))
        ranks = index.order.ranks[rows]
        # ranks count through all cameras; here they count through those of the walk
        turns = np.full(len(ranks), -1, dtype=np.int64)
        kept = np.flatnonzero(ranks >= 0)
        turns[kept[np.argsort(ranks[kept])]] = np.arange(len(kept))
        waiting: dict[int, StampedImage] = {}
        next_turn = 0
        with open_bag(self._path) as reader:
            messages = read_messages(reader, topics)
            for row, turn, message in zip(rows.tolist(), turns.tolist(), messages, strict=False):
                if turn < 0:
                    continue
                camera = index.cameras[index.camera_rows[row]]
                decode = self._decoder(message, camera)
                waiting[turn] = StampedImage(int(index.stamps_ns[row]), camera.name, decode)
                while next_turn in waiting:
                    yield waiting.pop(next_turn)
                    next_turn += 1

    def frames(self) -> Iterator[Frame]:
        """Yield in stamp order the images that have a pose within the gap limit.

        Raises:
            SourceError: the bag is damaged, or was opened without poses.
        """
        return self._posed.frames(self.images())

    def frame_index(self) -> FrameIndex:
        """See ``SeekableSource``; reads the bag once."""
        index, posed = self._index, self._posed
        rows = index.order.rows[posed.rows_with_pose]
        return FrameIndex(
            self.name,
            self.map_frame,
            self.base_frame,
            self.pose_source,
            self.cameras,
            self.geodetic_origin,
            np.asarray(index.stamps_ns[rows], dtype=np.int64),
            np.asarray(index.camera_rows[rows], dtype=np.int64),
            posed.pose_rows(),
            np.asarray(index.recorded_ns[rows], dtype=np.int64),
        )

    def images_between(self, index: FrameIndex, first: int, stop: int) -> Iterator[StampedImage]:
        """See ``SeekableSource``; of the bag, only what was recorded in that time is read."""
        with open_bag(self._path) as reader:
            found = recorded_between(reader, self._choice.images, index, (first, stop))
            for position, message in found:
                camera = index.cameras[index.camera_rows[position]]
                decode = self._decoder(message, camera)
                yield StampedImage(int(index.stamps_ns[position]), camera.name, decode)

    def _decoder(self, message: Message, camera: Camera) -> Callable[[], RgbImage]:
        known = camera.pixel_range
        if self._choice.topics[message.topic] == RAW_TYPE:
            stretching = partial(decode_image, pixel_range=known)
            return partial(_decode, message, decode_image if known is None else stretching)
        least_px = self._options.least_side_px
        shrinking = partial(decode_compressed, least_side_px=least_px, pixel_range=known)
        return partial(_decode, message, shrinking)

    @cached_property
    def _index(self) -> BagIndex:
        return index_bag(self._path, self._choice, self._options)

    @cached_property
    def _posed(self) -> PosedImages:
        index = self._index
        kept = np.asarray(index.stamps_ns[index.order.rows], dtype=np.int64)
        rows = np.asarray(index.camera_rows[index.order.rows], dtype=np.int64)
        return PosedImages(kept, index.poses, self._options, (self._choice.cameras, rows))


def _decode(message: Message, decode: Callable[[Any], RgbImage]) -> RgbImage:
    try:
        image = message.deserialize()
    except Exception as error:  # rosbags raises many types of exceptions on damaged bytes
        raise ImageDecodeError(
            f'An image message on {message.topic} does not fit its type ({error}): it is damaged.'
        ) from error
    return decode(image)
