# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A first guess of where the odometry's origin lies in the map."""

from __future__ import annotations

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.pose_rows import compose, inverse, rows_of
from avpr_ros.ros.pose_graph.problem import Problem

#: Distances above this count the same: they are drift, or a wrong match.
CAP_M = 20.0
#: Guesses that are tried, spread over the run.
GUESSES = 50


def initial_nodes(problem: Problem) -> FloatArray:
    """Return (K, 7) ``map_from_base`` of the nodes, piece by piece between breaks of odometry.

    A piece without a loop closure goes on from the one before it. Without a keyframe that a map
    fixes, the map is the odometry's own frame.
    """
    anchored = [one for one in problem.closures if one.map_from_keyframe is not None]
    if not anchored:
        return problem.node_odometry
    nodes = np.searchsorted(problem.node_stamps_ns, [one.closure.stamp_ns for one in anchored])
    map_from_base = rows_of(
        [
            one.map_from_keyframe @ one.closure.keyframe_from_base
            for one in anchored
            if one.map_from_keyframe is not None
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
    """Return (7,): the guess of one loop closure, the one that most others come nearest to.

    Args:
        map_from_base: (n, 7) by n loop closures, one at least.
        odom_from_base: (n, 7) by odometry.
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
