# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses from topics that carry them ready-made: odometry, stamped poses and transforms."""

from __future__ import annotations

from typing import Any

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.messages import frame_id, pose_values, transform_values
from avpr_ros.sources.options import SourceOptions
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
DEFAULT_MAP_FRAME = 'map'
DEFAULT_BASE_FRAME = 'base_link'


class PoseTopicReader:
    """Collects one topic's poses."""

    def __init__(self, topic: str, msgtype: str) -> None:
        self._topic = topic
        self._msgtype = msgtype
        self._stamps: list[int] = []
        self._values: list[list[float]] = []
        self._parent = ''
        self._child = ''

    def add(self, message: Any) -> None:
        """Take one message of a type in ``POSE_TYPES``."""
        self._stamps.append(stamp_ns(message.header.stamp))
        self._parent = self._parent or frame_id(message.header)
        self._child = self._child or getattr(message, 'child_frame_id', '').lstrip('/')
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
        track = PoseTrack.from_samples(self._stamps, self._values, f'pose topic {self._topic}')
        map_frame, renamed = map_frame_of(self._parent, options)
        base_frame = options.base_frame or self._child or DEFAULT_BASE_FRAME
        trajectory: Trajectory = track
        if self._child and base_frame != self._child:
            child_from_base = graph.fixed_pose(self._child, base_frame)
            if child_from_base is None:
                raise SourceError(
                    f'{self._topic} has poses of {self._child} and /tf_static does not connect it '
                    f'to base frame {base_frame}: leave the base frame unset or record /tf_static.'
                )
            trajectory = Chain.from_track(track).then(child_from_base)
        return PoseInput(
            trajectory,
            map_frame,
            base_frame,
            f'{self._msgtype.replace("/msg/", "/")} on {self._topic}',
            checks=(*track.checks(), *renamed),
        )


def map_frame_of(recorded: str, options: SourceOptions) -> tuple[str, tuple[PreflightCheck, ...]]:
    """Return the map frame's name for poses recorded in some frame.

    An odometry frame is reset with every run of a robot (REP-105), so it cannot be the frame of a
    stored map: its name is replaced by ``map`` unless the options have another one.
    """
    if options.map_frame:
        return options.map_frame, ()
    if 'odom' in recorded:
        text = (
            f"Poses are in odometry frame '{recorded}', which drifts and starts anew each run; "
            f"the map's frame is called '{DEFAULT_MAP_FRAME}'."
        )
        return DEFAULT_MAP_FRAME, (PreflightCheck('frames', 'ok', text),)
    return recorded or DEFAULT_MAP_FRAME, ()
