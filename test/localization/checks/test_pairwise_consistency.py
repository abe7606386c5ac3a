# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from cases import hypothesis, judge
import numpy as np

from avpr_ros.gallery.local_features.features import Features
from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.checks.pairwise_consistency import NEEDED, PairwiseConsistencyCheck
from avpr_ros.localization.result import PoseEstimate, Reason
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.poses import Pose

#: Where odometry starts: its frame has nothing to do with the map's.
MAP_FROM_ODOM = Pose.from_xy_yaw(40.0, -7.0, 2.0)


def check() -> PairwiseConsistencyCheck:
    return PairwiseConsistencyCheck(spacing_m=1.0, rotation_step_rad=0.26)


def passed(one: PairwiseConsistencyCheck, places: list[Pose], history: list[Pose]) -> list[bool]:
    return [
        judge(one, hypothesis(place, second, odometry=odometry)) is None
        for second, (place, odometry) in enumerate(zip(places, history, strict=True))
    ]


def straight(count: int) -> list[Pose]:
    return [Pose.from_xy_yaw(float(i), 0.0, 0.0) for i in range(count)]


def true_places(history: list[Pose]) -> list[Pose]:
    return [MAP_FROM_ODOM @ one for one in history]


def test_true_drive_passes_after_enough_images():
    history = straight(10)
    assert passed(check(), true_places(history), history) == [False] * (NEEDED - 1) + [True] * 7


def measured(
    place: Pose, second: int, odometry: Pose, pose: Pose, self_sufficient: bool
) -> MatchHypothesis:
    seen = hypothesis(place, second, odometry=odometry)
    nothing = Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    estimate = PoseEstimate(pose, np.eye(6), metric=True)
    verification = VerificationResult(
        nothing,
        0,
        np.array([0]),
        0.0,
        99.0,
        99.0,
        estimate=estimate,
        self_sufficient=self_sufficient,
    )
    return replace(seen, verification=verification)


def test_confident_image_passes_alone_and_is_refuted_by_consistent_others():
    history, one = straight(10), check()
    wrong = Pose.from_xy_yaw(0.0, 0.0, 0.0)
    for second, odometry in enumerate(history):
        pose = wrong if second == 6 else MAP_FROM_ODOM @ odometry
        rejection = judge(one, measured(pose, second, odometry, pose, self_sufficient=True))
        assert (rejection is None) == (second != 6)


def test_pnp_poses_are_compared_instead_of_keyframe_poses():
    """Keyframes scattered about the robot agree with nothing; where it really was does."""
    rng = np.random.default_rng(3)
    history, one = straight(10), check()
    for second, odometry in enumerate(history):
        pose = MAP_FROM_ODOM @ odometry
        keyframe = Pose.from_xy_yaw(*(pose.translation_m[:2] + rng.uniform(-9, 9, 2)), 0.0)
        rejection = judge(one, measured(keyframe, second, odometry, pose, self_sufficient=False))
        assert (rejection is None) == (second >= NEEDED - 1)


def test_look_alike_among_true_matches_is_rejected_and_later_ones_pass():
    history = straight(10)
    places = true_places(history)
    places[6] = Pose.from_xy_yaw(0.0, 0.0, 0.0)
    assert passed(check(), places, history) == [False] * 3 + [True] * 3 + [False] + [True] * 3


def test_scattered_matches_never_pass():
    rng = np.random.default_rng(1)
    history = straight(300)
    places = [Pose.from_xy_yaw(*rng.uniform(0, 1e3, 2), rng.uniform(-3, 3)) for _ in history]
    assert not any(passed(check(), places, history))


def test_matches_in_reverse_order_never_pass():
    history = straight(20)
    places = [Pose.from_xy_yaw(-one.translation_m[0], 0.0, 0.0) for one in history]
    assert not any(passed(check(), places, history)[3:])


def test_stationary_images_count_once():
    history = [Pose.identity()] * 20
    assert not any(passed(check(), true_places(history), history))


def test_without_odometry_nothing_is_rejected():
    assert judge(check(), hypothesis(Pose.identity(), 0.0)) is None
    assert PairwiseConsistencyCheck.reason is Reason.ODOMETRY_INCONSISTENCY


def test_forget_clears_the_history():
    one, history = check(), straight(8)
    passed(one, true_places(history), history)
    one.forget()
    assert passed(one, true_places(history), history)[:3] == [False] * 3


def test_fused_pose_averages_consistent_matches():
    """Keyframes half a metre before and behind the robot, in turn: in the mean it is right."""
    history, one = straight(8), check()
    for second, odometry in enumerate(history):
        true = MAP_FROM_ODOM @ odometry
        keyframe = true @ Pose.from_xy_yaw(0.5 - second % 2, 0.0, 0.0)
        seen = hypothesis(keyframe, second, odometry=odometry)
        led = one.fused_pose(seen)
        judge(one, seen)
        assert (led is None) == (second < NEEDED - 1)
        if led is not None:
            assert led.distance_m(true) < 0.2


def test_fused_pose_needs_odometry_and_consistent_matches():
    history, one = straight(8), check()
    places = true_places(history)
    passed(one, places, history)
    next_odometry = Pose.from_xy_yaw(8.0, 0.0, 0.0)
    next_place = MAP_FROM_ODOM @ next_odometry
    assert one.fused_pose(hypothesis(next_place, 9, odometry=next_odometry)) is not None
    assert one.fused_pose(hypothesis(next_place, 9, 'rear', next_odometry)) is None
    assert one.fused_pose(hypothesis(next_place, 9)) is None
    assert one.fused_pose(hypothesis(Pose.identity(), 9, odometry=next_odometry)) is None


#: Another place for a drive that goes on from where odometry stands.
CARRIED = Pose.from_xy_yaw(500.0, 300.0, -1.0)


def test_carried_robot_with_wheels_at_rest_needs_as_many_images_as_a_start():
    history = [*straight(10), *straight(20)[9:]]
    places = [*true_places(history[:10]), *(CARRIED @ one for one in history[10:])]
    start = passed(check(), places[10:], history[10:])
    after = passed(check(), places, history)[10:]
    assert after.index(True) <= start.index(True) + 1


def test_odometry_restart_at_zero_needs_as_many_images_as_a_start():
    history = [*straight(10), *straight(10)]
    places = [*true_places(history[:10]), *(CARRIED @ one for one in history[10:])]
    after = passed(check(), places, history)[10:]
    assert after.index(True) == NEEDED - 1


def test_two_consistent_confident_images_refute_earlier_ones():
    history, one = straight(14), check()
    accepted = []
    for second, odometry in enumerate(history):
        pose = (MAP_FROM_ODOM if second < 8 else CARRIED) @ odometry
        accepted.append(judge(one, measured(pose, second, odometry, pose, True)) is None)
    assert accepted == [True] * 8 + [False] + [True] * 5


def test_matches_before_a_relocation_are_not_compared():
    history, one = straight(12), check()
    for second, odometry in enumerate(history[:8]):
        pose = MAP_FROM_ODOM @ odometry
        assert judge(one, measured(pose, second, odometry, pose, True)) is None
    for second, odometry in enumerate(history[8:], start=8):
        pose = CARRIED @ odometry
        seen = measured(pose, second, odometry, pose, True)
        verification = replace(seen.verification, relocated_ns=8 * 10**9)
        assert judge(one, replace(seen, verification=verification)) is None
