# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Least squares with a robust kernel: graduated non-convexity in GTSAM.

Every loop closure starts with full weight; the kernel (truncated least squares) is then made less
convex step by step, so that the initial guess need not be good. H. Yang, P. Antonante, V. Tzoumas,
L. Carlone, "Graduated non-convexity for robust spatial perception", RA-L 2020.
"""

from __future__ import annotations

from dataclasses import dataclass
import importlib
from typing import Any

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import AvprError
from avpr_ros.pose_rows import between, compose, inverse
from avpr_ros.poses import Pose
from avpr_ros.ros.pose_graph.initial_guess import initial_nodes
from avpr_ros.ros.pose_graph.problem import UNKNOWN_M, AnchoredClosure, Problem
from avpr_ros.ros.pose_graph.settings import GraphSettings

#: Order of GTSAM's tangent vectors, rotations first, in terms of ROS's, positions first.
_ROTATIONS_FIRST = [3, 4, 5, 0, 1, 2]
#: Deviations of the first node: loose where a map places the run, else it is the origin.
_LOOSE, _TIGHT = 1e3, 1e-4


@dataclass(frozen=True, eq=False)
class Solution:
    """A trajectory before and after optimisation.

    Attributes:
        stamps_ns: (N,) of the odometry.
        before: (N, 7) ``odom_from_base``, as received.
        after: (N, 7) ``map_from_base``, optimised.
        used: loop closures that the robust kernel kept.
        rejected: loop closures that it rejected.
        outside: number of closures without odometry at their stamp.
        relocations: number of detected relocations.
    """

    stamps_ns: IntArray
    before: FloatArray
    after: FloatArray
    used: tuple[AnchoredClosure, ...]
    rejected: tuple[AnchoredClosure, ...]
    outside: int
    relocations: int


def load_gtsam() -> Any:
    """Return the module ``gtsam``.

    Raises:
        AvprError: it is not installed.
    """
    try:
        return importlib.import_module('gtsam')
    except ImportError as error:
        raise AvprError(
            "The pose-graph back-end needs GTSAM: pip install 'gtsam>=4.3' (with NumPy 1 also "
            'gtsam 4.2).'
        ) from error


def solve(problem: Problem, settings: GraphSettings) -> Solution:
    """Optimise the nodes and apply their corrections to all odometry poses.

    Raises:
        AvprError: GTSAM is not installed, or fewer than ``min_closures`` loop closures.
    """
    if len(problem.closures) < settings.min_closures:
        raise AvprError(
            f'{len(problem.closures)} loop closures with odometry are too few to be '
            f'cross-checked, at least {settings.min_closures} are needed.'
        )
    gtsam = load_gtsam()
    fixed = any(edge.map_from_keyframe is not None for edge in problem.closures)
    start = initial_nodes(problem)
    graph, values = gtsam.NonlinearFactorGraph(), gtsam.Values()
    for key, row in enumerate(start):
        values.insert(key, _pose3(gtsam, row))
    loose = gtsam.noiseModel.Isotropic.Sigma(6, _LOOSE if fixed else _TIGHT)
    graph.add(gtsam.PriorFactorPose3(0, _pose3(gtsam, start[0]), loose))
    _add_odometry(gtsam, graph, problem)
    known = list(range(graph.size()))
    for edge in problem.closures:
        graph.add(_closure_factor(gtsam, edge, problem.node_stamps_ns))
    nodes, weights = _optimise(gtsam, graph, values, known, settings)
    kept = weights[len(known) :] > 0.5
    return Solution(
        problem.stamps_ns,
        problem.odometry,
        _correct_odometry(problem, nodes),
        tuple(edge for edge, keep in zip(problem.closures, kept, strict=True) if keep),
        tuple(edge for edge, keep in zip(problem.closures, kept, strict=True) if not keep),
        problem.outside,
        problem.relocations,
    )


def _correct_odometry(problem: Problem, nodes: FloatArray) -> FloatArray:
    """Return (N, 7) ``map_from_base`` of all odometry poses.

    The correction of each pose is interpolated between those of the nodes before and after it:
    the correction of one node alone would give a step at every node. Across a jump or a gap of
    odometry only the node before counts, as the other has another odometry origin.
    """
    corrections = compose(nodes, inverse(problem.node_odometry))
    stamps_ns, at_ns = problem.stamps_ns, problem.node_stamps_ns
    before = np.clip(np.searchsorted(at_ns, stamps_ns, side='right') - 1, 0, len(at_ns) - 2)
    part = (stamps_ns - at_ns[before]) / (at_ns[before + 1] - at_ns[before])
    part[(problem.sigmas[before, 0] >= UNKNOWN_M) & (part < 1.0)] = 0.0
    first, second = (compose(corrections[node], problem.odometry) for node in (before, before + 1))
    return between(first, second, np.clip(part, 0.0, 1.0))


def _add_odometry(gtsam: Any, graph: Any, problem: Problem) -> None:
    motions = compose(inverse(problem.node_odometry[:-1]), problem.node_odometry[1:])
    for key, (motion, (metres, radians)) in enumerate(zip(motions, problem.sigmas, strict=True)):
        noise = gtsam.noiseModel.Diagonal.Sigmas(np.repeat([radians, metres], 3))
        graph.add(gtsam.BetweenFactorPose3(key, key + 1, _pose3(gtsam, motion), noise))


def _closure_factor(gtsam: Any, edge: AnchoredClosure, node_stamps_ns: IntArray) -> Any:
    measured = edge.closure.keyframe_from_base
    covariance = body_covariance(measured, edge.closure.covariance)
    noise = gtsam.noiseModel.Gaussian.Covariance(covariance)
    key = int(np.searchsorted(node_stamps_ns, edge.closure.stamp_ns))
    if edge.keyframe_ns is None:
        assert edge.map_from_keyframe is not None
        pose = (edge.map_from_keyframe @ measured).as_xyz_quaternion()
        return gtsam.PriorFactorPose3(key, _pose3(gtsam, pose), noise)
    other = int(np.searchsorted(node_stamps_ns, edge.keyframe_ns))
    pose3 = _pose3(gtsam, measured.as_xyz_quaternion())
    return gtsam.BetweenFactorPose3(other, key, pose3, noise)


def body_covariance(keyframe_from_base: Pose, covariance: FloatArray) -> FloatArray:
    """Return (6, 6) in GTSAM's convention: rotations first, in the axes of the base.

    Args:
        keyframe_from_base: the measured pose.
        covariance: (6, 6) positions first, in the axes of the keyframe (REP-103).
    """
    turn = np.kron(np.eye(2), keyframe_from_base.rotation.inv().as_matrix())
    turned = turn @ covariance @ turn.T
    return np.asarray(turned[np.ix_(_ROTATIONS_FIRST, _ROTATIONS_FIRST)], dtype=np.float64)


def _optimise(
    gtsam: Any, graph: Any, values: Any, known: list[int], settings: GraphSettings
) -> tuple[FloatArray, FloatArray]:
    """Return the (K, 7) nodes and the weight of every factor, 0 to 1."""
    parameters = gtsam.GncLMParams(gtsam.LevenbergMarquardtParams())
    parameters.setKnownInliers(known)
    optimiser = gtsam.GncLMOptimizer(graph, values, parameters)
    optimiser.setInlierCostThresholdsAtProbability(settings.inlier_probability)
    result = optimiser.optimize()
    poses = [result.atPose3(key) for key in range(values.size())]
    quaternions = [pose.rotation().toQuaternion() for pose in poses]
    rows = [
        [*pose.translation(), q.x(), q.y(), q.z(), q.w()]
        for pose, q in zip(poses, quaternions, strict=True)
    ]
    return np.array(rows), np.asarray(optimiser.getWeights(), dtype=np.float64)


def _pose3(gtsam: Any, row: FloatArray) -> Any:
    x, y, z, w = row[3:]
    return gtsam.Pose3(gtsam.Rot3.Quaternion(w, x, y, z), row[:3])
