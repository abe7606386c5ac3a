# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from cases import hypothesis
import numpy as np
import pytest

from avpr_ros.gallery.local_features import Features
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
    return [agreement.check(at(x_m, second, camera)) is None for second, x_m in enumerate(xs_m)]


def test_a_drive_passes_from_the_third_image_on(agreement) -> None:
    assert follow(agreement, [0, 1, 2, 3, 4]) == [False, False, True, True, True]


def test_a_single_look_alike_is_refused_and_does_no_lasting_harm(
    agreement: TemporalConsistencyCheck,
) -> None:
    assert follow(agreement, [0, 1, 2, 90, 4, 5]) == [False, False, True, False, True, True]


def test_a_keyframe_that_wins_for_image_after_image_is_refused(agreement) -> None:
    assert not any(follow(agreement, [70, 3, 900] + [40] * 30))
    assert 'all retrieved this one keyframe' in agreement.check(at(40, 33))


def test_a_robot_that_stops_after_some_way_still_passes(agreement) -> None:
    assert follow(agreement, [0, 1, 2] + [3] * 30)[2:] == [True] * 31


def test_scattered_candidates_never_pass(agreement) -> None:
    rng = np.random.default_rng(0)
    assert not any(follow(agreement, list(rng.uniform(0, 1e5, 300))))


def test_one_camera_does_not_vouch_for_another(agreement) -> None:
    follow(agreement, [0, 1, 2])
    assert agreement.check(at(3, 3, 'rear')) is not None


@pytest.mark.parametrize('later_s', [2 + MAX_AGE_S + 1, -5])
def test_a_pause_or_a_step_back_in_time_starts_anew(
    agreement: TemporalConsistencyCheck, later_s: float
) -> None:
    follow(agreement, [0, 1, 2])
    assert agreement.check(at(3, later_s)) is not None


def test_forgetting_starts_anew(agreement) -> None:
    follow(agreement, [0, 1, 2])
    agreement.forget()
    assert agreement.check(at(3, 3, 'front')) is not None


def test_a_faster_robot_may_come_farther_between_images() -> None:
    xs_m = [0.0, 12.0, 24.0, 36.0]
    assert not any(follow(TemporalConsistencyCheck(5.0, 2.0), xs_m))
    assert follow(TemporalConsistencyCheck(5.0, 10.0), xs_m)[2:] == [True, True]


def test_positions_that_are_no_numbers_never_pass(agreement) -> None:
    assert not any(follow(agreement, [float('nan')] * 5))


def test_where_corners_were_looked_at_their_way_has_been_asked_for(agreement) -> None:
    nothing = Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    verification = VerificationResult(nothing, 0, np.zeros(1, np.int64), 0.0, 100.0, 100.0)
    assert agreement.check(replace(at(0, 0), verification=verification)) is None
    assert agreement.check(at(0, 1)) is not None


def test_images_elsewhere_after_an_accepted_match_are_counted_until_one_is_accepted(
    agreement: TemporalConsistencyCheck,
) -> None:
    follow(agreement, [0, 1, 2])
    agreement.on_result(at(2, 2), accepted=True)
    counts = []
    for second, x_m in enumerate([3, 90, 91, 92], start=3):
        agreement.check(at(x_m, second))
        counts.append(agreement.moved_images('front'))
    assert counts == [0, 0, 2, 3]
    agreement.on_result(at(92, 6), accepted=True)
    assert agreement.moved_images('front') == 0


def test_a_jump_needs_what_a_start_needs(agreement) -> None:
    start = follow(agreement, [0.0 + i for i in range(5)])
    jumped = TemporalConsistencyCheck(radius_m=5.0, max_speed_m_s=2.0)
    after = follow(jumped, [float(i) for i in range(30)] + [500.0 + i for i in range(5)])[30:]
    assert after == start
