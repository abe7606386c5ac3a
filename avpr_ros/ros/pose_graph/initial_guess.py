# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Initial guess of the nodes: the pose of the odometry frame in the map, by loop closures."""

from __future__ import annotations

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.pose_rows import compose, inverse, rows_of
from avpr_ros.ros.pose_graph.problem import Problem

#: Distances are clipped here: larger ones are drift or wrong matches.
CAP_M = 20.0
#: Number of closures, spread over the run, whose guess is evaluated.
GUESSES = 50


def initial_nodes(problem: Problem) -> FloatArray:
    """Return (K, 7) ``map_from_base`` of the nodes, piece by piece between breaks of odometry.

    A piece without a loop closure uses the transform of the piece before it. Without a keyframe
    of a map, the map frame is the odometry frame.
    """
    anchored = [edge for edge in problem.closures if edge.map_from_keyframe is not None]
    if not anchored:
        return problem.node_odometry
    nodes = np.searchsorted(problem.node_stamps_ns, [edge.closure.stamp_ns for edge in anchored])
    map_from_base = rows_of(
        [
            edge.map_from_keyframe @ edge.closure.keyframe_from_base
            for edge in anchored
            if edge.map_from_keyframe is not None
        ]
    )
    odom_from_base, pieces = problem.node_odometry[nodes], problem.pieces
    guess = map_from_odom(map_from_base, odom_from_base)
    start = np.empty_like(problem.node_odometry)
    for piece in range(int(pieces[-1]) + 1):
        inside = pieces[nodes] == piece
        if inside.any():
            guess = map_from_odom(map_from_base[inside], odom_from_base[inside])
        members = pieces == piece
        start[members] = compose(guess, problem.node_odometry[members])
    return start


def map_from_odom(map_from_base: FloatArray, odom_from_base: FloatArray) -> FloatArray:
    """Return (7,) ``map_from_odom`` of the closure with the least total distance to all others.

    Args:
        map_from_base: (n, 7) poses by n >= 1 loop closures.
        odom_from_base: (n, 7) poses by odometry at the same stamps.
    """
    guesses = compose(map_from_base, inverse(odom_from_base))
    tried = np.unique(np.linspace(0, len(guesses) - 1, GUESSES).astype(int))
    costs = [
        np.minimum(
            np.linalg.norm((compose(guesses[k], odom_from_base) - map_from_base)[:, :3], axis=1),
            CAP_M,
        ).sum()
        for k in tried
    ]
    return np.asarray(guesses[tried[int(np.argmin(costs))]])
