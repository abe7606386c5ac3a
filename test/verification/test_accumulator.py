# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.verification.accumulator import CANDIDATES, LikelihoodAccumulator, merge_candidates

REACH_M = 12.0


def at(x_m: float) -> np.ndarray:
    return np.array([x_m, 0.0, 0.0])


def test_what_is_more_than_ordinary_adds_up_along_the_way():
    trail = LikelihoodAccumulator(background_llr=5.0, radius_m=10.0)
    carried = [trail.add(at(4.0 * i), 12.0, REACH_M) for i in range(4)]
    assert carried == pytest.approx([7.0, 14.0, 21.0, 28.0])


def test_a_walk_past_look_alikes_gathers_nothing():
    trail = LikelihoodAccumulator(background_llr=5.0, radius_m=10.0)
    carried = [trail.add(at(4.0 * i), 4.5, REACH_M) for i in range(30)]
    assert max(carried) < 0


def test_images_of_one_stretch_count_once_by_the_best():
    trail = LikelihoodAccumulator(background_llr=5.0, radius_m=10.0)
    standing = [trail.add(at(0.1 * i), evidence, REACH_M) for i, evidence in enumerate([9, 15, 8])]
    assert standing == pytest.approx([4.0, 10.0, 10.0])
    assert trail.add(at(6.0), 9.0, REACH_M) == pytest.approx(14.0)


def test_a_place_out_of_reach_begins_a_new_way():
    trail = LikelihoodAccumulator(background_llr=5.0, radius_m=10.0)
    trail.add(at(0.0), 50.0, REACH_M)
    assert trail.add(at(100.0), 9.0, REACH_M) == pytest.approx(4.0)


def test_an_image_that_spoke_against_its_place_is_not_held_against_the_next():
    trail = LikelihoodAccumulator(background_llr=5.0, radius_m=10.0)
    trail.add(at(0.0), 0.0, REACH_M)
    assert trail.add(at(4.0), 9.0, REACH_M) == pytest.approx(4.0)


def test_places_in_reach_have_a_part_of_the_evidence_before():
    trail = LikelihoodAccumulator(background_llr=5.0, radius_m=10.0)
    places = np.stack([at(3.0), at(11.0), at(30.0)])
    assert not trail.prior_llr(places, REACH_M).any()
    assert not trail.near(places, REACH_M).any()
    trail.add(at(0.0), 25.0, REACH_M)
    np.testing.assert_allclose(trail.prior_llr(places, REACH_M), [10.0, 10.0, 0.0])
    trail.forget()
    assert not trail.prior_llr(places, REACH_M).any()


def test_images_at_the_background_level_do_not_move_a_track():
    trail = LikelihoodAccumulator(background_llr=5.0, radius_m=10.0)
    trail.add(at(0.0), 30.0, REACH_M)
    for x_m in (11.0, -11.0, 11.0):
        trail.add(at(x_m), 0.0, REACH_M)
    assert trail.last_m is not None
    assert trail.last_m[0] == 0.0


def test_reach_grows_with_every_image_at_the_background_level():
    trail = LikelihoodAccumulator(background_llr=5.0, radius_m=10.0)
    trail.add(at(0.0), 30.0, REACH_M)
    assert trail.reach_m(REACH_M) == REACH_M
    for _ in range(4):
        trail.add(at(1.0), 2.0, REACH_M)
    assert trail.reach_m(REACH_M) == REACH_M + 4 * (REACH_M - 10.0)
    assert trail.near(at(19.0)[np.newaxis], REACH_M).all()
    trail.add(at(18.0), 9.0, REACH_M)
    assert trail.reach_m(REACH_M) == REACH_M


def test_weak_match_after_a_way_without_matches_does_not_continue_a_track():
    trail = LikelihoodAccumulator(background_llr=5.0, radius_m=10.0)
    trail.add(at(0.0), 30.0, REACH_M)
    for _ in range(5):
        trail.add(at(0.0), 0.0, REACH_M)  # 10 m at most, twice as many places are in reach
    assert trail.add(at(6.0), 5.6, REACH_M) == pytest.approx(0.6)
    assert trail.last_m is not None
    assert trail.last_m[0] == 0.0
    assert trail.add(at(6.0), 9.0, REACH_M) == pytest.approx(29.0)
    assert trail.last_m[0] == 6.0


def test_candidates_keep_the_best_found_and_make_room_for_those_near():
    found, near = np.arange(100, 160), np.array([100, 119, 7, 8, 9, 10, 11, 12])
    rows = merge_candidates(found, near)
    assert len(rows) == len(set(rows.tolist())) == CANDIDATES
    assert rows[:14].tolist() == found[:14].tolist()
    assert rows[14:].tolist() == [119, 7, 8, 9, 10, 11]
    assert merge_candidates(found, near[:0]).tolist() == found[:CANDIDATES].tolist()
    assert merge_candidates(found[:3], near[2:4]).tolist() == [100, 101, 102, 7, 8]
    assert merge_candidates(found[:0], near[:0]).tolist() == []


def test_another_place_after_a_way_without_matches_needs_a_second_image():
    trail = LikelihoodAccumulator(background_llr=5.0, radius_m=10.0)
    for i in range(4):
        trail.add(at(4.0 * i), 20.0, REACH_M)
    for i in range(4, 8):
        trail.add(at(4.0 * i), 4.0, REACH_M)
    far = at(26.0)  # within reach of the last match, 14 m from it
    assert trail.add(far, 9.0, REACH_M) == pytest.approx(4.0)
    assert trail.add(far + at(4.0), 9.0, REACH_M) > 60.0


def test_the_same_place_after_a_way_without_matches_needs_no_second_image():
    trail = LikelihoodAccumulator(background_llr=5.0, radius_m=10.0)
    for i in range(4):
        trail.add(at(4.0 * i), 20.0, REACH_M)
    trail.add(at(13.0), 4.0, REACH_M)
    assert trail.add(at(16.0), 9.0, REACH_M) > 40.0
