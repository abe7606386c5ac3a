# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from cases import hypothesis, relocated

from avpr_ros.localization.checks.cool_down import CoolDownCheck
from avpr_ros.poses import Pose


def at(second: float):
    return hypothesis(Pose.identity(), second)


def test_after_an_accepted_match_there_is_a_pause():
    check = CoolDownCheck(3.0)
    assert check.check(at(0.0)) is None
    check.update(at(0.0), accepted=True)
    assert 'accepted 2.0 s ago' in check.check(at(2.0))
    assert check.check(at(3.0)) is None


def test_a_refused_match_starts_no_pause_and_time_that_goes_back_ends_it():
    check = CoolDownCheck(3.0)
    check.update(at(0.0), accepted=False)
    assert check.check(at(1.0)) is None
    check.update(at(10.0), accepted=True)
    assert check.check(at(5.0)) is None
    check.update(at(10.0), accepted=True)
    check.forget()
    assert check.check(at(11.0)) is None


def test_a_relocation_ends_the_pause():
    check = CoolDownCheck(30.0)
    check.update(at(0.0), accepted=True)
    assert check.check(at(2.0)) is not None
    assert check.check(relocated(at(2.0), 1.0)) is None
    check.update(at(2.0), accepted=True)
    assert check.check(relocated(at(4.0), 1.0)) is not None
