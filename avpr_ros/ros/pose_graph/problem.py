# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From stored odometry and loop closures to nodes and edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.pose_rows import rows_of, steps
from avpr_ros.poses import Pose
from avpr_ros.ros.common.loop_closure import LoopClosure
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.pose_graph.relocations import PlacedNode, relocations
from avpr_ros.ros.pose_graph.settings import GraphSettings
from avpr_ros.stamps import NS_PER_S

#: Standard deviations across a jump, a gap or a relocation: the motion is unknown.
UNKNOWN_M, UNKNOWN_RAD = 1000.0, 3.0
#: Standard deviations between two nodes at the same place.
LEAST_M, LEAST_RAD = 0.005, 0.001


@dataclass(frozen=True, eq=False)
class AnchoredClosure:
    """A loop closure whose keyframe is known.

    Attributes:
        closure: the edge.
        map_from_keyframe: pose of a keyframe of the map; None for a keyframe of this run.
        keyframe_ns: stamp of a keyframe of this run; None for a keyframe of the map.
    """

    closure: LoopClosure
    map_from_keyframe: Pose | None
    keyframe_ns: int | None = None

    def stamps_ns(self) -> tuple[int, ...]:
        """Return the stamps at which the graph needs a node."""
        own = (self.closure.stamp_ns,)
        return own if self.keyframe_ns is None else (*own, self.keyframe_ns)


@dataclass(frozen=True, eq=False)
class Problem:
    """Nodes, their odometry, and the loop closures between nodes or to the map.

    Attributes:
        stamps_ns: (N,) of all odometry kept.
        odometry: (N, 7) ``odom_from_base``.
        node_stamps_ns: (K,) of the nodes, ascending.
        node_odometry: (K, 7) ``odom_from_base`` at the nodes.
        sigmas: (K-1, 2) metres and radians of the motion from each node to the next.
        closures: those with odometry at their stamps.
        outside: number of closures without.
        relocations: number of edges on which the robot was relocated, see ``relocations``.
    """

    stamps_ns: IntArray
    odometry: FloatArray
    node_stamps_ns: IntArray
    node_odometry: FloatArray
    sigmas: FloatArray
    closures: tuple[AnchoredClosure, ...]
    outside: int
    relocations: int

    @property
    def pieces(self) -> IntArray:
        """(K,) number of the piece, between jumps and relocations, that each node belongs to."""
        return np.concatenate([[0], np.cumsum(self.sigmas[:, 0] >= UNKNOWN_M)])


def make_problem(
    odometry: OdometryBuffer, closures: Sequence[AnchoredClosure], settings: GraphSettings
) -> Problem | None:
    """Choose the nodes: at regular distances, and at every stamp of a loop closure.

    Returns:
        None with less than two odometry poses.
    """
    stamps, poses = odometry.all()
    if len(stamps) < 2:
        return None
    usable = [
        edge for edge in closures if all(odometry.at(t) is not None for t in edge.stamps_ns())
    ]
    stamps_ns, rows = np.array(stamps, dtype=np.int64), rows_of(poses)
    distances, turns = steps(rows)
    travelled_m = np.concatenate([[0.0], np.cumsum(distances)])
    progress = travelled_m / settings.node_distance_m
    progress[1:] += np.cumsum(turns) / settings.node_rotation_rad
    chosen = np.flatnonzero(np.diff(np.floor(progress), prepend=-1.0))
    chosen = np.union1d(chosen, [len(stamps) - 1])
    closure_stamps_ns = {t for edge in usable for t in edge.stamps_ns()}
    nodes = {int(stamps_ns[k]): poses[k] for k in chosen}
    nodes.update({t: pose for t in closure_stamps_ns if (pose := odometry.at(t)) is not None})
    order = sorted(nodes)
    node_stamps_ns = np.array(order, dtype=np.int64)
    breaks = _count_breaks(stamps_ns, distances, settings)
    sigmas = _sigmas(node_stamps_ns, stamps_ns, travelled_m, breaks, settings)
    node_travelled_m = np.interp(node_stamps_ns, stamps_ns, travelled_m)
    placed = _placed(usable, {t: (k, nodes[t], node_travelled_m[k]) for k, t in enumerate(order)})
    broken = sigmas[:, 0] >= UNKNOWN_M
    relocated = relocations(placed, node_stamps_ns, node_travelled_m, broken, settings)
    sigmas[relocated] = UNKNOWN_M, UNKNOWN_RAD
    return Problem(
        stamps_ns,
        rows,
        node_stamps_ns,
        rows_of([nodes[t] for t in order]),
        sigmas,
        tuple(usable),
        len(closures) - len(usable),
        len(relocated),
    )


def _placed(
    closures: Sequence[AnchoredClosure], nodes: Mapping[int, tuple[int, Pose, float]]
) -> list[PlacedNode]:
    """Return the nodes that closures place in a map, in order of time.

    Args:
        closures: those whose stamps have nodes.
        nodes: number, ``odom_from_base`` and distance driven of each node, by its stamp.
    """
    found = []
    for edge in closures:
        if edge.map_from_keyframe is None:
            continue
        node, odom_from_base, travelled_m = nodes[edge.closure.stamp_ns]
        map_from_base = edge.map_from_keyframe @ edge.closure.keyframe_from_base
        sigma_m = float(np.sqrt(np.trace(edge.closure.covariance[:3, :3])))
        found.append(PlacedNode(node, map_from_base, odom_from_base, travelled_m, sigma_m))
    return sorted(found, key=lambda placed: placed.node)


def _count_breaks(
    stamps_ns: IntArray, distances_m: FloatArray, settings: GraphSettings
) -> FloatArray:
    """Return (N,) number of jumps and gaps of odometry before each of its poses."""
    seconds = np.diff(stamps_ns) / NS_PER_S
    broken = (seconds > settings.max_gap_s) | (distances_m > settings.max_speed_m_s * seconds)
    return np.concatenate([[0.0], np.cumsum(broken)])


def _sigmas(
    node_stamps_ns: IntArray,
    stamps_ns: IntArray,
    travelled_m: FloatArray,
    breaks: FloatArray,
    settings: GraphSettings,
) -> FloatArray:
    """Return (K-1, 2) standard deviations, growing with the root of the distance driven."""
    root = np.sqrt(np.diff(np.interp(node_stamps_ns, stamps_ns, travelled_m)))
    position_m = np.maximum(settings.position_noise * root, LEAST_M)
    angle_rad = np.maximum(settings.rotation_noise * root, LEAST_RAD)
    broken = np.diff(np.interp(node_stamps_ns, stamps_ns, breaks)) > 0.0
    position_m[broken], angle_rad[broken] = UNKNOWN_M, UNKNOWN_RAD
    return np.stack([position_m, angle_rad], axis=1)
