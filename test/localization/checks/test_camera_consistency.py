# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from cases import hypothesis, relocated

from avpr_ros.localization.checks.camera_consistency import SAME_TIME_S, CameraConsistencyCheck
from avpr_ros.poses import Pose


def at(x_m: float, second: float, camera: str):
    return hypothesis(Pose.from_xy_yaw(x_m, 0.0, 0.0), second, camera)


def after_front() -> CameraConsistencyCheck:
    check = CameraConsistencyCheck(radius_m=5.0, max_speed_m_s=2.0)
    check.on_result(at(0.0, 0.0, 'front'), accepted=True)
    return check


def test_cameras_that_agree_pass():
    assert after_front().check(at(5.5, 0.5, 'rear')) is None


def test_cameras_that_disagree_do_not():
    assert "camera 'front' was matched 90.0 m" in after_front().check(at(90, 0.2, 'rear'))


def test_a_camera_does_not_vote_on_itself_nor_after_a_while():
    assert after_front().check(at(90.0, 0.2, 'front')) is None
    assert after_front().check(at(90.0, SAME_TIME_S + 0.1, 'rear')) is None


def test_what_was_refused_has_no_vote():
    check = CameraConsistencyCheck(5.0, 2.0)
    check.on_result(at(0.0, 0.0, 'front'), accepted=False)
    assert check.check(at(90.0, 0.2, 'rear')) is None
    forgotten = after_front()
    forgotten.forget()
    assert forgotten.check(at(90.0, 0.2, 'rear')) is None


def test_a_place_that_is_no_number_is_refused():
    assert after_front().check(at(float('nan'), 0.2, 'rear')) is not None


def test_what_another_camera_saw_before_a_relocation_does_not_count():
    check = after_front()
    moved = relocated(at(90.0, 0.6, 'rear'), 0.5)
    assert check.check(moved) is None
    check.on_result(at(0.0, 0.55, 'front'), accepted=True)
    assert check.check(moved) is not None
