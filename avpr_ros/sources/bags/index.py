# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One pass over a bag: stamps of all images, poses, extrinsics, intrinsics; decodes no image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from avpr_ros.arrays import IntArray
from avpr_ros.sources.bags.bag_cameras import BagCamera
from avpr_ros.sources.bags.damaged_messages import DamagedMessages
from avpr_ros.sources.bags.reader import Message, open_bag, read_messages
from avpr_ros.sources.bags.stamp_order import StampOrder, order_stamps
from avpr_ros.sources.bags.topics import TF_TYPE, info_topic, stray_info_topics
from avpr_ros.sources.frame import Camera
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.frames import DEFAULT_BASE_FRAME
from avpr_ros.sources.poses.gnss import FIX_TYPE, FixReader
from avpr_ros.sources.poses.pose_files import poses_from_file
from avpr_ros.sources.poses.pose_topics import PoseTopicReader
from avpr_ros.sources.poses.pose_track import PoseInput
from avpr_ros.sources.poses.tf_chain import TransformGraph
from avpr_ros.sources.poses.tf_poses import poses_from_tf
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import stamp_ns


@dataclass(frozen=True)
class TopicChoice:
    """Topics of a bag and which of them are used.

    Attributes:
        topics: message type by topic, of all topics with messages.
        images: image topics to read.
        cameras: camera name of each.
        pose_topic: topic the poses come from, or None.
    """

    topics: Mapping[str, str]
    images: tuple[str, ...]
    cameras: tuple[str, ...]
    pose_topic: str | None


@dataclass(frozen=True, eq=False)
class BagIndex:
    """Result of one pass over a bag.

    Attributes:
        stamps_ns: (N,) header stamps of all images, in recorded order.
        recorded_ns: (N,) their times of recording.
        camera_rows: (N,) index of each image's camera.
        order: their order by stamp.
        cameras: one per image topic.
        poses: the poses; None if the options want none.
        checks: findings about the cameras.
    """

    stamps_ns: IntArray
    recorded_ns: IntArray
    camera_rows: IntArray
    order: StampOrder
    cameras: tuple[Camera, ...]
    poses: PoseInput | None
    checks: tuple[PreflightCheck, ...]


class _Collector:
    """Collects the messages of one pass."""

    def __init__(self, choice: TopicChoice, options: SourceOptions) -> None:
        self._choice = choice
        self._options = options
        self._graph = TransformGraph()
        self._recorded_ns: list[int] = []
        self._stamps: list[int] = []
        self._rows: list[int] = []
        self._damaged: list[bool] = []
        self.damage = DamagedMessages()
        self._cameras = [
            BagCamera(name, topic, stray_infos=stray_info_topics(choice.topics))
            for name, topic in zip(choice.cameras, choice.images, strict=True)
        ]
        self._pose_reader = _pose_reader(choice)

    def callbacks(self) -> dict[str, Callable[[str, Any], None]]:
        """Return the callback of each topic to read."""
        callbacks: dict[str, Callable[[str, Any], None]] = {}
        poses_move = self._pose_reader is None and self._choice.pose_topic is not None
        for topic, msgtype in self._choice.topics.items():
            if msgtype == TF_TYPE and topic.endswith('tf_static'):
                callbacks[topic] = lambda _, message: self._graph.add_fixed(message)
            elif msgtype == TF_TYPE and not (poses_move and topic != self._choice.pose_topic):
                # Without poses in it, too: extrinsics may be there.
                callbacks[topic] = lambda _, message: self._graph.add_moving(message)
        for camera in self._cameras:
            if (about := info_topic(camera.topic, self._choice.topics)) is not None:
                callbacks[about] = self._on_info
        for topic in self._choice.images:
            callbacks[topic] = self._on_image
        reader, pose_topic = self._pose_reader, self._choice.pose_topic
        if reader is not None and pose_topic is not None:
            callbacks[pose_topic] = lambda _, message: reader.add(message)
        return callbacks

    def take(self, message: Message, callback: Callable[[str, Any], None]) -> None:
        """Take a message; one whose bytes do not fit its type is counted and left out."""
        if message.topic in self._choice.images:
            self._recorded_ns.append(message.recorded_ns)
            self._rows.append(self._choice.images.index(message.topic))
        loaded = self.damage.loaded(message)
        if loaded is not None:
            callback(message.topic, loaded)
        if message.topic in self._choice.images:
            self._damaged.append(loaded is None)
            if loaded is None:  # keeps its row, as images are read again by their order
                self._stamps.append(message.recorded_ns)

    def finish(self) -> BagIndex:
        """Return the index of the collected messages."""
        stamps = np.array(self._stamps, dtype=np.int64)
        rows = np.array(self._rows, dtype=np.int64)
        poses = self._poses()
        base = poses.base_frame if poses else self._options.base_frame or DEFAULT_BASE_FRAME
        known = self._options.map_cameras
        finished = [camera.finish(self._graph, base, known) for camera in self._cameras]
        cameras = tuple(camera for camera, _ in finished)
        checks = tuple(check for _, found in finished for check in found)
        whole = np.flatnonzero(~np.array(self._damaged, dtype=np.bool_)).astype(np.int64)
        order = order_stamps(stamps[whole], rows[whole], streamed=True).among(whole, len(stamps))
        recorded_ns = np.array(self._recorded_ns, dtype=np.int64)
        return BagIndex(stamps, recorded_ns, rows, order, cameras, poses, checks)

    def _on_image(self, topic: str, message: Any) -> None:
        self._stamps.append(stamp_ns(message.header.stamp))
        self._cameras[self._choice.images.index(topic)].add_image(message)

    def _on_info(self, topic: str, message: Any) -> None:
        for camera in self._cameras:
            if info_topic(camera.topic, self._choice.topics) == topic:
                camera.add_info(message)

    def _poses(self) -> PoseInput | None:
        if not self._options.poses_wanted:
            return None
        if self._choice.pose_topic is None:
            return poses_from_file(self._options)
        if self._pose_reader is None:
            return poses_from_tf(self._graph, self._choice.pose_topic, self._options)
        return self._pose_reader.finish(self._options, self._graph)


def index_bag(
    path: Path | Sequence[Path], choice: TopicChoice, options: SourceOptions
) -> BagIndex:
    """Read a bag once.

    Args:
        path: the bag, or the files of one recording.
        choice: topics to read.
        options: how they are read.

    Raises:
        SourceError: the bag is damaged, or its poses cannot be used.
    """
    collector = _Collector(choice, options)
    callbacks = collector.callbacks()
    counted: Counter[str] = Counter()
    with open_bag(path) as bag:
        for message in read_messages(bag, callbacks, counted):
            if message.msgtype == choice.topics[message.topic]:
                collector.take(message, callbacks[message.topic])
        damage = collector.damage.checks(counted, bag.recording.path)
        checks = (*bag.checks(), *bag.lost_check(counted), *damage)
    found = collector.finish()
    return replace(found, checks=(*checks, *found.checks))


def _pose_reader(choice: TopicChoice) -> PoseTopicReader | FixReader | None:
    """Return the reader of the pose topic; None where the transform graph reads it."""
    topic = choice.pose_topic
    if topic is None or choice.topics[topic] == TF_TYPE:
        return None
    if choice.topics[topic] == FIX_TYPE:
        return FixReader(topic)
    return PoseTopicReader(topic, choice.topics[topic])
