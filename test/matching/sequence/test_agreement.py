# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.matching.sequence.agreement import MAX_AGE_S, Agreement

SECOND_NS = 10**9


def at(x_m: float) -> np.ndarray:
    return np.array([x_m, 0.0, 0.0])


@pytest.fixture
def agreement() -> Agreement:
    return Agreement(radius_m=5.0, max_speed_m_s=2.0)


def follow(agreement: Agreement, xs_m: list[float], camera: str = 'front') -> list[bool]:
    """Return which of the positions passed, one a second."""
    return [
        agreement.follow(second * SECOND_NS, camera, at(x_m)) is None
        for second, x_m in enumerate(xs_m)
    ]


def test_a_drive_passes_from_the_third_image_on(agreement: Agreement) -> None:
    assert follow(agreement, [0, 1, 2, 3, 4]) == [False, False, True, True, True]


def test_a_single_look_alike_is_refused_and_does_no_lasting_harm(agreement: Agreement) -> None:
    assert follow(agreement, [0, 1, 2, 90, 4, 5]) == [False, False, True, False, True, True]


def test_scattered_candidates_never_pass(agreement: Agreement) -> None:
    rng = np.random.default_rng(0)
    assert not any(follow(agreement, list(rng.uniform(0, 1e5, 300))))


def test_one_camera_does_not_vouch_for_another(agreement: Agreement) -> None:
    follow(agreement, [0, 1, 2])
    assert agreement.follow(3 * SECOND_NS, 'rear', at(3)) is not None


@pytest.mark.parametrize('later_s', [2 + MAX_AGE_S + 1, -5])
def test_a_pause_or_a_step_back_in_time_starts_anew(agreement: Agreement, later_s: float) -> None:
    follow(agreement, [0, 1, 2])
    assert agreement.follow(int(later_s * SECOND_NS), 'front', at(3)) is not None


def test_forgetting_starts_anew(agreement: Agreement) -> None:
    follow(agreement, [0, 1, 2])
    agreement.forget()
    assert agreement.follow(3 * SECOND_NS, 'front', at(3)) is not None


def test_a_faster_robot_may_come_farther_between_images() -> None:
    xs_m = [0.0, 12.0, 24.0, 36.0]
    assert not any(follow(Agreement(5.0, 2.0), xs_m))
    assert follow(Agreement(5.0, 10.0), xs_m)[2:] == [True, True]


def test_positions_that_are_no_numbers_never_pass(agreement: Agreement) -> None:
    assert not any(follow(agreement, [float('nan')] * 5))
