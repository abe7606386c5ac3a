# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses from topics that carry them ready-made: odometry, stamped poses and transforms."""

from __future__ import annotations

from collections import Counter
from typing import Any

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.messages import frame_id, pose_values, transform_values
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.frames import (
    DEFAULT_BASE_FRAME,
    choose_frames,
    is_odometry,
    map_frame_of,
)
from avpr_ros.sources.poses.pose_track import PoseInput, PoseTrack, Trajectory
from avpr_ros.sources.poses.tf_chain import Chain, TransformGraph
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import stamp_ns

POSE_TYPES = (
    'nav_msgs/msg/Odometry',
    'geometry_msgs/msg/PoseStamped',
    'geometry_msgs/msg/PoseWithCovarianceStamped',
    'geometry_msgs/msg/TransformStamped',
)


class PoseTopicReader:
    """Collects one topic's poses."""

    def __init__(self, topic: str, msgtype: str) -> None:
        self._topic = topic
        self._msgtype = msgtype
        self._stamps: list[int] = []
        self._values: list[list[float]] = []
        self._frames: list[tuple[str, str]] = []

    def add(self, message: Any) -> None:
        """Take one message of a type in ``POSE_TYPES``."""
        self._stamps.append(stamp_ns(message.header.stamp))
        child = getattr(message, 'child_frame_id', '').lstrip('/')
        self._frames.append((frame_id(message.header), child))
        if hasattr(message, 'transform'):
            self._values.append(transform_values(message.transform))
        else:
            # with a covariance the pose lies one level deeper
            self._values.append(pose_values(getattr(message.pose, 'pose', message.pose)))

    def finish(self, options: SourceOptions, graph: TransformGraph) -> PoseInput:
        """Return the track; carried over to another base frame where /tf_static connects them.

        Raises:
            SourceError: no usable pose, or a base frame that nothing connects to the poses.
        """
        what = f'pose topic {self._topic}'
        if not self._stamps:
            raise SourceError(
                f'{what} holds no message: choose another one with --pose-topic, --tum or --poses.'
            )
        parent, child = choose_frames(self._topic, Counter(self._frames), options)
        rows = [row for row, frames in enumerate(self._frames) if frames == (parent, child)]
        track = PoseTrack.from_samples(
            [self._stamps[row] for row in rows], [self._values[row] for row in rows], what
        ).without_outliers()
        map_frame, renamed = map_frame_of(parent, options)
        base_frame = options.base_frame or child or DEFAULT_BASE_FRAME
        strays = len(self._frames) - len(rows)
        if strays:
            text = f'{strays} poses on {self._topic} are not of {child} in {parent}: left out.'
            renamed = (*renamed, PreflightCheck('frames', 'warning', text))
        trajectory: Trajectory = track
        if child and base_frame != child:
            child_from_base = graph.fixed_pose(child, base_frame)
            if child_from_base is None:
                raise SourceError(
                    f'{self._topic} has poses of {child} and /tf_static does not connect it '
                    f'to base frame {base_frame}: leave --base-frame out or record /tf_static.'
                )
            trajectory = Chain.from_track(track).then(child_from_base)
        return PoseInput(
            trajectory,
            map_frame,
            base_frame,
            f'{self._msgtype.replace("/msg/", "/")} on {self._topic}',
            checks=(*track.checks(odometry=is_odometry(parent)), *renamed, *graph.checks()),
            recorded_frame=parent,
        )
