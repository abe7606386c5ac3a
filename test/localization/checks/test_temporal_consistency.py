# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from cases import hypothesis, judge
import numpy as np
import pytest

from avpr_ros.gallery.local_features.features import Features
from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.checks.temporal_consistency import MAX_AGE_S, TemporalConsistencyCheck
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.poses import Pose


def at(x_m: float, second: float, camera: str = 'front') -> MatchHypothesis:
    """Return a case whose best keyframe is that at the position; one stands at every metre."""
    row = int(x_m) if np.isfinite(x_m) else 0
    return hypothesis(Pose.from_xy_yaw(x_m, 0.0, 0.0), second, camera, row=row)


@pytest.fixture
def agreement() -> TemporalConsistencyCheck:
    return TemporalConsistencyCheck(radius_m=5.0, max_speed_m_s=2.0)


def follow(
    agreement: TemporalConsistencyCheck, xs_m: list[float], camera: str = 'front'
) -> list[bool]:
    """Return which of the positions passed, one a second."""
    return [judge(agreement, at(x_m, second, camera)) is None for second, x_m in enumerate(xs_m)]


def test_drive_passes_from_the_third_image_on(agreement) -> None:
    assert follow(agreement, [0, 1, 2, 3, 4]) == [False, False, True, True, True]


def test_single_look_alike_is_rejected_and_later_images_pass(
    agreement: TemporalConsistencyCheck,
) -> None:
    assert follow(agreement, [0, 1, 2, 90, 4, 5]) == [False, False, True, False, True, True]


def test_hub_keyframe_is_rejected(agreement) -> None:
    assert not any(follow(agreement, [70, 3, 900] + [40] * 30))
    assert 'all retrieved this one keyframe' in judge(agreement, at(40, 33))


def test_stationary_robot_passes_after_a_drive(agreement) -> None:
    assert follow(agreement, [0, 1, 2] + [3] * 30)[2:] == [True] * 31


def test_scattered_candidates_never_pass(agreement) -> None:
    rng = np.random.default_rng(0)
    assert not any(follow(agreement, list(rng.uniform(0, 1e5, 300))))


def test_history_is_kept_per_camera(agreement) -> None:
    follow(agreement, [0, 1, 2])
    assert judge(agreement, at(3, 3, 'rear')) is not None


@pytest.mark.parametrize('later_s', [2 + MAX_AGE_S + 1, -5])
def test_pause_or_step_back_in_time_clears_the_history(
    agreement: TemporalConsistencyCheck, later_s: float
) -> None:
    follow(agreement, [0, 1, 2])
    assert judge(agreement, at(3, later_s)) is not None


def test_forget_clears_the_history(agreement) -> None:
    follow(agreement, [0, 1, 2])
    agreement.forget()
    assert judge(agreement, at(3, 3, 'front')) is not None


def test_reach_grows_with_the_speed() -> None:
    xs_m = [0.0, 12.0, 24.0, 36.0]
    assert not any(follow(TemporalConsistencyCheck(5.0, 2.0), xs_m))
    assert follow(TemporalConsistencyCheck(5.0, 10.0), xs_m)[2:] == [True, True]


def test_nan_positions_never_pass(agreement) -> None:
    assert not any(follow(agreement, [float('nan')] * 5))


def test_verified_image_passes_without_history(agreement) -> None:
    nothing = Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    verification = VerificationResult(nothing, 0, np.zeros(1, np.int64), 0.0, 100.0, 100.0)
    assert judge(agreement, replace(at(0, 0), verification=verification)) is None
    assert judge(agreement, at(0, 1)) is not None


def test_moved_images_counts_images_out_of_reach_until_one_is_accepted(
    agreement: TemporalConsistencyCheck,
) -> None:
    follow(agreement, [0, 1, 2])
    agreement.update(at(2, 2), accepted=True)
    counts = []
    for second, x_m in enumerate([3, 90, 91, 92], start=3):
        judge(agreement, at(x_m, second))
        counts.append(agreement.moved_images('front'))
    assert counts == [0, 0, 2, 3]
    agreement.update(at(93, 7), accepted=True)
    assert agreement.moved_images('front') == 0


def test_jump_needs_as_many_images_as_a_start(agreement) -> None:
    start = follow(agreement, [0.0 + i for i in range(5)])
    jumped = TemporalConsistencyCheck(radius_m=5.0, max_speed_m_s=2.0)
    after = follow(jumped, [float(i) for i in range(30)] + [500.0 + i for i in range(5)])[30:]
    assert after == start
