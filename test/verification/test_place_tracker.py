# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from avpr_ros.gallery.local_features.false_positive_floor import FalsePositiveFloor
from avpr_ros.verification.place_likelihood import PlaceLikelihoods
from avpr_ros.verification.place_tracker import PlaceTracker, TrackedPlace

FLOOR = FalsePositiveFloor(3.0, 17.0, 40.0)
RADIUS_M, REACH_M = 10.0, 12.0
#: An old place and the one after it, a look-alike, and a new place.
OLD, LOOK_ALIKE, NEW = 0, 1, 2
POSITIONS_M = np.array([[0.0, 0, 0], [300.0, 0, 0], [900.0, 0, 0]])


class Drive:
    """Images, each with the log-likelihood ratio of three places that move on with the robot."""

    def __init__(self, floor: FalsePositiveFloor = FLOOR) -> None:
        self.tracker = PlaceTracker(floor, RADIUS_M)
        self.images = 0

    def see(self, old: float = -5.0, look_alike: float = -5.0, new: float = -5.0) -> TrackedPlace:
        positions_m = POSITIONS_M + np.array([4.0 * self.images, 0.0, 0.0])
        self.images += 1
        llr = np.array([old, look_alike, new])
        return self.tracker.follow(
            PlaceLikelihoods(llr, np.maximum(llr, 0.0), llr),
            np.eye(3, dtype=bool),
            positions_m,
            REACH_M,
            self.images,
        )

    def follow_old(self, images: int, llr: float = 25.0) -> TrackedPlace:
        for _ in range(images):
            tracked = self.see(old=llr)
        return tracked


@pytest.mark.parametrize('images', [3, 30, 300])
def test_tracker_after_a_jump_needs_what_a_start_needs(images):
    for llr in (45.0, 20.0, 12.0):
        start, jumped = Drive(), Drive()
        jumped.follow_old(images)
        needed = {}
        for drive in (start, jumped):
            needed[drive] = 0
            while True:
                needed[drive] += 1
                tracked = drive.see(new=llr)
                found = tracked.place
                if found.candidate == NEW and FLOOR.passes(found.llr, found.accumulated_llr):
                    break
        assert needed[jumped] <= needed[start] + 1


def test_tracker_reports_relocation_once_and_keeps_its_stamp():
    drive = Drive()
    drive.follow_old(30)
    first = drive.see(new=14.0)
    second = drive.see(new=14.0)
    assert first.relocated_ns is None
    assert (second.place.candidate, second.moved_images, second.relocated_ns) == (NEW, 2, 31)
    third = drive.see(new=14.0)
    assert (third.place.candidate, third.moved_images, third.relocated_ns) == (NEW, 0, 31)


def test_one_image_of_a_look_alike_does_not_end_a_track():
    drive = Drive()
    accumulated = drive.follow_old(30).place.accumulated_llr
    assert drive.see(old=6.0, look_alike=9.0).place.candidate == OLD
    assert drive.see(old=25.0).place.candidate == OLD
    doubt = drive.see(look_alike=19.5)
    assert (doubt.place.candidate, doubt.moved_images) == (LOOK_ALIKE, 1)
    again = drive.see(old=25.0)
    assert (again.place.candidate, again.moved_images, again.relocated_ns) == (OLD, 0, None)
    assert again.place.accumulated_llr > 0.8 * accumulated


def test_images_of_nowhere_neither_move_nor_accept():
    drive = Drive()
    drive.follow_old(30)
    rng = np.random.default_rng(3)
    for _ in range(50):
        tracked = drive.see(*rng.uniform(-9.0, 3.0, 3))
        assert not FLOOR.passes(tracked.place.llr, tracked.place.accumulated_llr)
        assert tracked.relocated_ns is None
    assert drive.see(old=25.0).place.candidate == OLD


def test_an_unconfirmed_track_is_no_prior():
    drive = Drive()
    drive.see(look_alike=9.0)
    assert drive.see(new=20.0).place.candidate == NEW
    assert drive.see(new=20.0).relocated_ns is None


def test_the_prior_is_bounded_and_falls_with_the_rate_of_moves():
    drive = Drive()
    drive.follow_old(3)
    few = drive.tracker.relocation_prior_llr
    drive.follow_old(300)
    many = drive.tracker.relocation_prior_llr
    assert few < many < FLOOR.min_single_image_llr
    assert many == pytest.approx(math.log(304) * 40.0 / math.log(1e4), rel=0.01)
    for _ in range(10):
        drive.see(new=45.0)
        drive.see(look_alike=45.0)
    assert drive.tracker.relocation_prior_llr < many / 2
    drive.tracker.forget()
    assert drive.tracker.regions(10.0) == []


def test_without_thresholds_there_is_one_track():
    drive = Drive(FalsePositiveFloor(3.0, math.inf, math.inf))
    drive.follow_old(30)
    assert drive.see(new=500.0).place.candidate == NEW
    assert drive.see(new=500.0).moved_images == 0


def test_both_tracks_offer_their_neighbours_while_they_contend():
    drive = Drive()
    drive.follow_old(30)
    assert len(drive.tracker.regions(10.0)) == 1
    drive.see(new=14.0)
    assert [at_m[0] > 900.0 for at_m, _ in drive.tracker.regions(10.0)] == [False, True]
    drive.see(new=8.0)
    contending = drive.tracker.regions(10.0)
    assert [at_m[0] > 900.0 for at_m, _ in contending] == [True, False]
