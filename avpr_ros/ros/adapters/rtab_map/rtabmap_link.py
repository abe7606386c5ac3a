# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""RTAB-Map's ``add_link``: a loop closure between two nodes of its own graph."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.stamps import NS_PER_S

#: RTAB-Map's number for links that a user adds (``Link::kUserClosure``).
USER_CLOSURE = 4


@dataclass(frozen=True, eq=False)
class GraphLink:
    """One link for the graph.

    Attributes:
        from_id: node where the keyframe is.
        to_id: node where the query was taken.
        from_node_from_to_node: pose of the second seen from the first.
        information: (6, 6) inverse of the covariance.
    """

    from_id: int
    to_id: int
    from_node_from_to_node: Pose
    information: FloatArray


class LinkMaker:
    """Converts loop closures to links between RTAB-Map's nodes.

    The node of a query is the one nearest in time; odometry gives the motion between them. The
    node of a keyframe is the nearest one in space: the gallery must have been built with
    RTAB-Map's own poses, in its map frame.
    """

    def __init__(
        self, odometry: OdometryBuffer, max_age_s: float = 1.5, max_distance_m: float = 2.0
    ) -> None:
        """Start without nodes.

        Args:
            odometry: motion between a query and its node.
            max_age_s: largest time between a query and its node.
            max_distance_m: largest distance between a keyframe and its node.
        """
        self._odometry = odometry
        self._max_age_ns = int(max_age_s * NS_PER_S)
        self._max_distance_m = max_distance_m
        self._nodes_by_time: list[tuple[int, int]] = []
        self._graph: Mapping[int, Pose] = {}
        self._keyframes: list[Pose] = []

    def on_node(self, stamp_ns: int, node_id: int) -> None:
        """Store a node's stamp and id (``Info``: ``header.stamp`` and ``ref_id``)."""
        if node_id > 0:
            place = bisect_left(self._nodes_by_time, (stamp_ns, node_id))
            self._nodes_by_time.insert(place, (stamp_ns, node_id))
            del self._nodes_by_time[:-1000]

    def on_graph(self, nodes: Mapping[int, Pose]) -> None:
        """Replace the optimised graph (``MapGraph``), ``map_from_node`` by node id."""
        self._graph = nodes

    def on_keyframes(self, keyframes: list[Pose]) -> None:
        """Replace the gallery's keyframes, ``map_from_keyframe`` by keyframe id."""
        self._keyframes = keyframes

    def map_from_base(self, keyframe_id: int, keyframe_from_base: Pose) -> Pose | None:
        """Return ``map_from_base`` of a loop closure; None where its keyframe is unknown."""
        if not 0 <= keyframe_id < len(self._keyframes):
            return None
        return self._keyframes[keyframe_id] @ keyframe_from_base

    def link(
        self, stamp_ns: int, keyframe_id: int, keyframe_from_base: Pose, covariance: FloatArray
    ) -> GraphLink | str:
        """Return the link of one loop closure, or the reason why there is none.

        Args:
            stamp_ns: the query's stamp.
            keyframe_id: the matched keyframe.
            keyframe_from_base: base at the query's stamp seen from the keyframe.
            covariance: (6, 6), positive definite.
        """
        if not 0 <= keyframe_id < len(self._keyframes):
            return (
                f'Keyframe {keyframe_id} is not among the {len(self._keyframes)} received on '
                '~/keyframes.'
            )
        map_from_keyframe = self._keyframes[keyframe_id]
        nodes = {key: pose.distance_m(map_from_keyframe) for key, pose in self._graph.items()}
        from_id = min(nodes, key=lambda key: nodes[key], default=None)
        if from_id is None or nodes[from_id] > self._max_distance_m:
            return f'No node of the graph lies within {self._max_distance_m:g} m of the keyframe.'
        query_node = min(
            self._nodes_by_time, key=lambda node: abs(node[0] - stamp_ns), default=None
        )
        if query_node is None or abs(query_node[0] - stamp_ns) > self._max_age_ns:
            return (
                f'No node of the graph lies within {self._max_age_ns / NS_PER_S:g} s of the image.'
            )
        motion = self._odometry.motion(stamp_ns, query_node[0])
        if motion is None:
            return 'No odometry between the image and its node; check the remapping of odom.'
        if query_node[1] == from_id:
            return f'Image and keyframe belong to the same node {from_id}.'
        node_from_keyframe = self._graph[from_id].inverse() @ map_from_keyframe
        return GraphLink(
            from_id,
            query_node[1],
            node_from_keyframe @ keyframe_from_base @ motion,
            np.linalg.inv(covariance).astype(np.float64),
        )
