# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from cases import case, relocated

from avpr_ros.localization.checks.cool_down import CoolDownCheck
from avpr_ros.poses import Pose


def at(second: float):
    return case(Pose.identity(), second)


def test_after_an_accepted_match_there_is_a_pause():
    guard = CoolDownCheck(3.0)
    assert guard.objection(at(0.0)) is None
    guard.told(at(0.0), accepted=True)
    assert 'accepted 2.0 s ago' in guard.objection(at(2.0))
    assert guard.objection(at(3.0)) is None


def test_a_refused_match_starts_no_pause_and_time_that_goes_back_ends_it():
    guard = CoolDownCheck(3.0)
    guard.told(at(0.0), accepted=False)
    assert guard.objection(at(1.0)) is None
    guard.told(at(10.0), accepted=True)
    assert guard.objection(at(5.0)) is None
    guard.told(at(10.0), accepted=True)
    guard.forget()
    assert guard.objection(at(11.0)) is None


def test_a_relocation_ends_the_pause():
    guard = CoolDownCheck(30.0)
    guard.told(at(0.0), accepted=True)
    assert guard.objection(at(2.0)) is not None
    assert guard.objection(relocated(at(2.0), 1.0)) is None
    guard.told(at(2.0), accepted=True)
    assert guard.objection(relocated(at(4.0), 1.0)) is not None
