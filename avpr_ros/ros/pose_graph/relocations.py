# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Detects relocations that odometry did not measure, from loop closures with a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import itertools

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.poses import Pose
from avpr_ros.ros.pose_graph.settings import GraphSettings

#: Successive loop closures that must agree on another ``map_from_odom``.
NEEDED = 6
#: Last closures of a segment that the next one is compared with; half of them must agree.
_COMPARED = 5
#: Largest difference of two closures that agree: standard deviations plus metres, radians.
_SIGMAS, _SLACK_M, _SLACK_RAD = 3.0, 1.0, 0.3


@dataclass(frozen=True, eq=False)
class PlacedNode:
    """A node of the graph with a pose in the map by a loop closure.

    Attributes:
        node: its number.
        map_from_base: pose by the closure.
        odom_from_base: pose by odometry.
        travelled_m: distance driven up to the node.
        sigma_m: standard deviation of the closure's position.
    """

    node: int
    map_from_base: Pose
    odom_from_base: Pose
    travelled_m: float
    sigma_m: float


def relocations(
    placed: Sequence[PlacedNode],
    node_stamps_ns: IntArray,
    node_travelled_m: FloatArray,
    broken: NDArray[np.bool_],
    settings: GraphSettings,
) -> IntArray:
    """Return the numbers k of the edges, from node k to k + 1, on which the robot was relocated.

    Successive closures whose motion is that of odometry form a segment. A new segment begins
    where ``NEEDED`` successive closures agree with one another and not with those before. A
    segment between two that agree with one another consists of wrong matches: a robot moved away
    and back by hand would not return exactly to the pose that odometry predicts.

    Args:
        placed: closures in order of time.
        node_stamps_ns: (K,) stamps of all nodes.
        node_travelled_m: (K,) distance driven up to each node, by odometry.
        broken: (K-1,) edges on which odometry jumped or has a gap.
        settings: noise of the odometry.

    Returns:
        (R,) ascending, one edge per relocation: the slowest between the segments, since wheels
        stand still while a robot is moved by hand.
    """
    segments = _without_detours(_segments(placed, settings), settings)
    speeds = np.diff(node_travelled_m) / np.diff(node_stamps_ns)
    edges = []
    for before, after in itertools.pairwise(segments):
        first, last = before[-1].node, after[0].node
        if not broken[first:last].any():
            edges.append(first + int(speeds[first:last].argmin()))
    return np.array(edges, dtype=np.int64)


def _segments(placed: Sequence[PlacedNode], settings: GraphSettings) -> list[list[PlacedNode]]:
    segments: list[list[PlacedNode]] = []
    candidates: list[PlacedNode] = []
    for node in placed:
        if segments and _continues(segments[-1], node, settings):
            segments[-1].append(node)
            candidates = []
        elif candidates and _continues(candidates, node, settings):
            candidates.append(node)
        else:
            candidates = [node]
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


def _continues(segment: list[PlacedNode], node: PlacedNode, settings: GraphSettings) -> bool:
    compared = segment[-_COMPARED:]
    agree = sum(_agree(earlier, node, settings) for earlier in compared)
    return 2 * agree >= len(compared)


def _agree(a: PlacedNode, b: PlacedNode, settings: GraphSettings) -> bool:
    travelled_m = abs(b.travelled_m - a.travelled_m)
    turn_rad = settings.rotation_noise * np.sqrt(travelled_m)
    variances_m2: FloatArray = np.array(
        [
            a.sigma_m**2,
            b.sigma_m**2,
            settings.position_noise**2 * travelled_m,
            (turn_rad * travelled_m) ** 2 / 3,  # of a random walk of the heading
        ]
    )
    expected = a.map_from_base @ (a.odom_from_base.inverse() @ b.odom_from_base)
    limit_m = _SLACK_M + _SIGMAS * float(np.sqrt(variances_m2.sum()))
    limit_rad = _SLACK_RAD + _SIGMAS * float(turn_rad)
    return (
        expected.distance_m(b.map_from_base) <= limit_m
        and expected.angle_rad(b.map_from_base) <= limit_rad
    )
