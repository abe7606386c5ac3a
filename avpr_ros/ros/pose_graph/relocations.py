# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where a robot was carried while its odometry went on, by its loop closures with a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import itertools

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.poses import Pose
from avpr_ros.ros.pose_graph.settings import GraphSettings

#: Loop closures in a row that must agree on another ``map_from_odom``.
NEEDED = 6
#: Last closures of a segment that the next one is compared with; half of them must agree.
_COMPARED = 5
#: Standard deviations, and beside them metres and radians, within which two closures agree.
_SIGMAS, _SLACK_M, _SLACK_RAD = 3.0, 1.0, 0.3


@dataclass(frozen=True, eq=False)
class PlacedNode:
    """A node of the graph that a loop closure places in the map.

    Attributes:
        node: its number.
        map_from_base: by the closure.
        odom_from_base: by odometry.
        way_m: driven up to it.
        sigma_m: standard deviation of the closure's position.
    """

    node: int
    map_from_base: Pose
    odom_from_base: Pose
    way_m: float
    sigma_m: float


def relocations(
    placed: Sequence[PlacedNode],
    node_stamps_ns: IntArray,
    node_ways_m: FloatArray,
    broken: NDArray[np.bool_],
    settings: GraphSettings,
) -> IntArray:
    """Return the numbers of the edges, from node k to k + 1, on which the robot was carried.

    Successive closures whose motion is that of odometry form a segment. A new segment begins
    where ``NEEDED`` closures in a row agree with one another and not with those before. A segment
    between two that agree with one another is no relocation: a robot that is carried away and
    back does not come back to where odometry would have it; those are wrong matches.

    Args:
        placed: closures in order of time.
        node_stamps_ns: (K,) of all nodes.
        node_ways_m: (K,) driven up to each, by odometry.
        broken: (K-1,) edges on which odometry itself jumped or was silent.
        settings: noise of the odometry.

    Returns:
        One edge a relocation, the slowest between the segments, since wheels stand still while a
        robot is carried; ascending.
    """
    segments = _without_detours(_segments(placed, settings), settings)
    speeds = np.diff(node_ways_m) / np.diff(node_stamps_ns)
    edges = []
    for before, after in itertools.pairwise(segments):
        first, last = before[-1].node, after[0].node
        if not broken[first:last].any():
            edges.append(first + int(speeds[first:last].argmin()))
    return np.array(edges, dtype=np.int64)


def _segments(placed: Sequence[PlacedNode], settings: GraphSettings) -> list[list[PlacedNode]]:
    segments: list[list[PlacedNode]] = []
    candidates: list[PlacedNode] = []
    for one in placed:
        if segments and _continues(segments[-1], one, settings):
            segments[-1].append(one)
            candidates = []
        elif candidates and _continues(candidates, one, settings):
            candidates.append(one)
        else:
            candidates = [one]
        if len(candidates) >= NEEDED:
            segments.append(candidates)
            candidates = []
    return segments


def _without_detours(
    segments: list[list[PlacedNode]], settings: GraphSettings
) -> list[list[PlacedNode]]:
    kept: list[list[PlacedNode]] = []
    for segment in segments:
        if len(kept) > 1 and _continues(kept[-2], segment[0], settings):
            del kept[-1]
            kept[-1] = [*kept[-1], *segment]
        else:
            kept.append(segment)
    return kept


def _continues(segment: list[PlacedNode], one: PlacedNode, settings: GraphSettings) -> bool:
    compared = segment[-_COMPARED:]
    agree = sum(_agree(earlier, one, settings) for earlier in compared)
    return 2 * agree >= len(compared)


def _agree(a: PlacedNode, b: PlacedNode, settings: GraphSettings) -> bool:
    way_m = abs(b.way_m - a.way_m)
    turn_rad = settings.rotation_noise * np.sqrt(way_m)
    variances_m2: FloatArray = np.array(
        [
            a.sigma_m**2,
            b.sigma_m**2,
            settings.position_noise**2 * way_m,
            (turn_rad * way_m) ** 2 / 3,  # of a random walk of the heading
        ]
    )
    expected = a.map_from_base @ (a.odom_from_base.inverse() @ b.odom_from_base)
    limit_m = _SLACK_M + _SIGMAS * float(np.sqrt(variances_m2.sum()))
    limit_rad = _SLACK_RAD + _SIGMAS * float(turn_rad)
    return (
        expected.distance_m(b.map_from_base) <= limit_m
        and expected.angle_rad(b.map_from_base) <= limit_rad
    )
