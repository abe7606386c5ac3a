# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from worlds import places_of, world

from avpr_ros.localization.temporal.motion_model import PositionBelief
from avpr_ros.localization.temporal.settings import SequenceSettings


def _certain(belief, index, size):
    belief.weigh(np.where(np.arange(size) == index, 60.0, -60.0))


def test_mass_moves_on_by_the_speeds_and_is_kept():
    places = places_of(world(50)[0])
    belief = PositionBelief(places, SequenceSettings(leave=0.0, enter=0.0))
    _certain(belief, 10, 50)
    assert belief.of_keyframes()[10] == pytest.approx(1.0)
    belief.advance(0.0)
    masses = belief.of_keyframes()
    assert masses.sum() == pytest.approx(1.0, abs=1e-5)
    assert masses[:9].sum() < 1e-6
    assert masses[10:13].sum() > 0.8


def test_a_still_view_holds_half_the_mass_where_the_next_would_differ():
    places = places_of(world(50)[0])
    belief = PositionBelief(places, SequenceSettings(ways=((0.0, 1.0),)))
    _certain(belief, 10, 50)
    belief.advance(1.0)
    assert belief.of_keyframes()[10] == pytest.approx(0.5, abs=0.02)


def test_what_drives_off_the_end_is_lost_and_some_of_the_lost_come_back():
    places = places_of(world(100)[0], np.repeat([0, 1], 50))
    belief = PositionBelief(places, SequenceSettings())
    _certain(belief, 49, 100)
    lost_before = belief.lost
    belief.advance(0.0)
    assert lost_before < 1e-6
    assert belief.lost > 0.4  # the slow speeds are still there
    assert belief.of_keyframes()[50] < 0.01
    before = belief.lost
    for _ in range(10):
        belief.advance(0.0)
    assert belief.lost < 1.0
    assert belief.of_keyframes()[50:].sum() > 0.0
    assert before <= 1.0


def test_mass_crosses_to_another_chain_only_where_they_share_a_place():
    gallery, _ = world(100)
    chain = np.repeat([0, 1], 50)
    settings = SequenceSettings(enter=0.0, leave=0.0)
    for pairs, crosses in ((np.zeros((0, 2), np.int64), False), (np.array([[11, 70]]), True)):
        belief = PositionBelief(places_of(gallery, chain, pairs), settings)
        _certain(belief, 10, 100)
        belief.advance(0.0)
        assert (belief.of_keyframes()[50:].sum() > 1e-3) == crosses


def test_by_odometry_the_mass_moves_as_far_as_the_robot_did():
    places = places_of(world(50)[0])
    for travelled in (0.6, 3.0, 12.0):
        belief = PositionBelief(places, SequenceSettings(leave=0.0, enter=0.0))
        _certain(belief, 10, 50)
        belief.advance(1.0, travelled)  # whatever the view says
        masses = belief.of_keyframes()
        assert masses.sum() == pytest.approx(1.0, abs=1e-5)
        assert masses @ np.arange(50) == pytest.approx(10 + travelled, abs=0.05)
        spread = np.sqrt(masses @ np.square(np.arange(50) - 10 - travelled))
        assert 0.3 < spread < 0.8 + 0.15 * travelled


def test_by_odometry_mass_runs_off_the_end_of_its_chain_and_into_no_other():
    places = places_of(world(100)[0], np.repeat([0, 1], 50))
    belief = PositionBelief(places, SequenceSettings(leave=0.0, enter=0.0))
    _certain(belief, 47, 100)
    belief.advance(0.0, 8.0)
    assert belief.lost > 0.95
    assert belief.of_keyframes()[50:].sum() < 1e-6


@pytest.mark.parametrize('travelled', [0.0, 1e5])
def test_any_way_by_odometry_gives_finite_masses(travelled):
    belief = PositionBelief(places_of(world(3)[0]), SequenceSettings())
    belief.advance(0.0, travelled)
    assert np.isfinite(belief.of_keyframes()).all()
    assert belief.lost + belief.of_keyframes().sum() == pytest.approx(1.0, abs=1e-5)
