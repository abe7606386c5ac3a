# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from town_run import Run, make_run, shifted

from avpr_ros.errors import AvprError
from avpr_ros.evaluation.metrics.trajectory import ate_rmse_m
from avpr_ros.pose_rows import rows_of, steps
from avpr_ros.poses import Pose
from avpr_ros.ros.common.loop_closure import LoopClosure
from avpr_ros.ros.pose_graph import solver
from avpr_ros.ros.pose_graph.graph import WAITING, PoseGraph
from avpr_ros.ros.pose_graph.settings import GraphSettings
from avpr_ros.ros.pose_graph.solver import Solution, solve

pytest.importorskip('gtsam', reason='gtsam is not installed', exc_type=ImportError)
SETTINGS = GraphSettings(node_distance_m=2.0)


def filled(run: Run) -> PoseGraph:
    graph = PoseGraph(SETTINGS)
    for stamp_ns, pose in zip(run.stamps_ns, run.odometry, strict=True):
        graph.add_odometry(stamp_ns, pose)
    graph.set_keyframes(run.keyframes)
    for closure in run.closures:
        graph.add_closure(closure)
    return graph


@cache
def town(seed: int, burst: int) -> tuple[Run, PoseGraph]:
    run = make_run(seed, length_m=300.0, burst=burst)
    return run, filled(run)


@cache
def solved(seed: int, burst: int = 1) -> tuple[Run, Solution]:
    run, graph = town(seed, burst)
    return run, solve(graph.problem(), SETTINGS)


def used_wrong(run: Run, solution: Solution) -> int:
    wrong = {id(one) for one, bad in zip(run.closures, run.wrong, strict=True) if bad}
    return sum(id(one.closure) in wrong for one in solution.used)


@pytest.mark.parametrize(('seed', 'burst'), [(0, 1), (1, 5)])
def test_pose_graph_rejects_wrong_closures_and_reduces_error(seed: int, burst: int) -> None:
    run, solution = solved(seed, burst)
    truth = rows_of(run.truth)
    assert sum(run.wrong) >= 10
    assert used_wrong(run, solution) == 0
    assert len(solution.used) >= 0.95 * run.wrong.count(False)
    after_m = ate_rmse_m(truth, solution.after, 'none')
    assert after_m < 0.3
    assert 5 * after_m < ate_rmse_m(truth, solution.before, 'se3')
    assert 5 * after_m < ate_rmse_m(truth, solution.before, 'none')


def test_pose_graph_trajectory_has_no_steps() -> None:
    run, solution = solved(0)
    before_m, after_m = (steps(rows)[0] for rows in (rows_of(run.odometry), solution.after))
    assert np.abs(after_m - before_m).max() < 0.02


def test_pose_graph_without_robust_kernel_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def trust_all(gtsam: Any, graph: Any, values: Any, *_: object) -> Any:
        result = gtsam.LevenbergMarquardtOptimizer(graph, values).optimize()
        rows = [result.atPose3(key) for key in range(values.size())]
        quaternions = [pose.rotation().toQuaternion().coeffs() for pose in rows]
        translations = [pose.translation() for pose in rows]
        return np.hstack([translations, quaternions]), np.ones(graph.size())

    run, robust = solved(0)
    monkeypatch.setattr(solver, '_optimise', trust_all)
    solution = solve(filled(run).problem(), SETTINGS)
    truth = rows_of(run.truth)
    assert used_wrong(run, solution) == sum(run.wrong)
    assert ate_rmse_m(truth, solution.after, 'none') > 5 * ate_rmse_m(truth, robust.after, 'none')


def test_pose_graph_is_independent_of_message_order() -> None:
    run, solution = solved(0)
    graph = PoseGraph(SETTINGS)
    for closure in reversed(run.closures):
        graph.add_closure(closure)
    assert graph.waiting == len(run.closures)
    graph.set_keyframes(run.keyframes)
    assert graph.waiting == 0
    order = np.random.default_rng(1).permutation(len(run.stamps_ns))
    for k in order:
        graph.add_odometry(run.stamps_ns[k], run.odometry[k])
        graph.add_odometry(run.stamps_ns[k], Pose.from_xy_yaw(999.0, 0.0, 0.0))
    again = solve(graph.problem(), SETTINGS)
    assert ate_rmse_m(solution.after, again.after, 'none') < 0.05


def test_pose_graph_closures_without_odometry_or_keyframe_are_unused() -> None:
    run, _ = solved(0)
    graph = filled(run)
    graph.add_closure(shifted(run.closures[0], -100.0))
    graph.add_closure(shifted(run.closures[-1], 100.0))
    graph.add_closure(replace(run.closures[0], keyframe_id=len(run.keyframes)))
    problem = graph.problem()
    assert problem.outside == 2
    assert graph.unknown_keyframes == 1
    assert len(problem.closures) == len(run.closures)


def test_pose_graph_dropped_waiting_closures_are_counted() -> None:
    run, _ = solved(0)
    graph = PoseGraph(SETTINGS)
    for k in range(WAITING + 7):
        graph.add_closure(replace(run.closures[0], stamp_ns=k))
    assert (graph.waiting, graph.given_up) == (WAITING, 7)


def test_pose_graph_closures_with_new_keyframes_wait_for_list() -> None:
    """After avpr build --append and ~/reload_map, a closure may come before the longer list."""
    run, _ = solved(0)
    last = max(one.keyframe_id for one in run.closures)
    graph = PoseGraph(SETTINGS)
    graph.set_keyframes(run.keyframes[:last])
    for one in run.closures:
        graph.add_closure(one)
    late = graph.unknown_keyframes
    assert late > 0
    assert graph.closures == len(run.closures) - late
    graph.set_keyframes(run.keyframes)
    assert (graph.closures, graph.unknown_keyframes) == (len(run.closures), 0)


def test_pose_graph_odometry_jump_is_bridged_by_closures() -> None:
    run, _ = solved(0)
    half = len(run.odometry) // 2
    jumped = [Pose.from_xy_yaw(300.0, 80.0, 1.0) @ pose for pose in run.odometry[half:]]
    torn = replace(run, odometry=run.odometry[:half] + jumped)
    solution = solve(filled(torn).problem(), SETTINGS)
    assert used_wrong(run, solution) == 0
    assert ate_rmse_m(rows_of(run.truth), solution.after, 'none') < 0.5
    step_m = steps(solution.after[[half - 1, half]])[0][0]
    assert step_m < 1.0  # no pose lies on the way of 300 m that was never driven


def carried(run: Run, half: int, shift_m: float) -> Run:
    """Carry the robot at a pose of the run, elsewhere on the map, its wheels at rest."""
    away = Pose.from_xy_yaw(shift_m, -0.5 * shift_m, 1.0)
    moved = [*run.keyframes, *(away @ pose for pose in run.keyframes)]
    at_ns, count = run.stamps_ns[half], len(run.keyframes)
    closures = [
        one if one.stamp_ns < at_ns else replace(one, keyframe_id=one.keyframe_id + count)
        for one in run.closures
    ]
    truth = [*run.truth[:half], *(away @ pose for pose in run.truth[half:])]
    return replace(run, keyframes=moved, closures=closures, truth=truth)


@pytest.mark.parametrize('shift_m', [15.0, 900.0])
def test_pose_graph_relocation_is_detected(shift_m) -> None:
    run, _ = solved(0)
    half = len(run.odometry) // 2
    moved = carried(run, half, shift_m)
    solution = solve(filled(moved).problem(), SETTINGS)
    assert solution.relocations == 1
    assert used_wrong(moved, solution) == 0
    assert len(solution.used) >= 0.95 * moved.wrong.count(False)
    off_m = np.linalg.norm((solution.after - rows_of(moved.truth))[:, :3], axis=1)
    # The closures before and after a relocation bound when it was, to some metres.
    assert np.median(off_m) < 0.3
    assert np.mean(off_m < 1.0) > 0.97


@pytest.mark.parametrize('burst', [1, 5])
def test_pose_graph_wrong_closures_are_no_relocation(burst: int) -> None:
    for seed in range(4):
        _, graph = town(seed, burst)
        assert graph.problem().relocations == 0


def test_pose_graph_temporary_wrong_closures_are_no_relocation() -> None:
    run = make_run(1, length_m=300.0, burst=1, wrong_part=0.0)
    rows = [
        one if not 40 <= number < 52 else replace(one, keyframe_id=(one.keyframe_id + 30) % 60)
        for number, one in enumerate(run.closures)
    ]
    run = replace(run, closures=rows)
    assert filled(run).problem().relocations == 0


def test_pose_graph_solves_closures_of_one_run_without_map() -> None:
    run = make_run(3, length_m=300.0)
    graph = PoseGraph(SETTINGS)
    for stamp_ns, pose in zip(run.stamps_ns, run.odometry, strict=True):
        graph.add_odometry(stamp_ns, pose)
    covariance = np.diag([0.04] * 3 + [0.0004] * 3)
    rng = np.random.default_rng(0)
    for k in range(0, len(run.truth), 25):
        gaps_m = np.array([pose.distance_m(run.truth[k]) for pose in run.truth[: max(k - 300, 0)]])
        near = np.flatnonzero(gaps_m < 2.0)
        if len(near):
            seen = run.truth[near[0]].inverse() @ run.truth[k]
            noisy = Pose(seen.translation_m + rng.normal(0.0, 0.1, 3), seen.rotation)
            graph.add_closure(LoopClosure(run.stamps_ns[k], int(near[0]), noisy, covariance))
    assert graph.closures == 0  # the list of keyframes comes last: they wait
    graph.set_session(run.stamps_ns)
    solution = solve(graph.problem(), SETTINGS)
    truth = rows_of(run.truth)
    assert len(solution.used) > 10
    assert 2 * ate_rmse_m(truth, solution.after, 'none') < ate_rmse_m(
        truth, solution.before, 'none'
    )


def test_pose_graph_with_too_few_closures_is_an_error() -> None:
    run, _ = solved(0)
    graph = filled(replace(run, closures=run.closures[:2]))
    with pytest.raises(AvprError, match='2 loop closures'):
        solve(graph.problem(), SETTINGS)
    assert PoseGraph(SETTINGS).problem() is None
