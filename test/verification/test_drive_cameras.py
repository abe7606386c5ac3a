# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Extrinsics and camera models of a drive beside those of the map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.localization.offline import localize_drive
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics, StampedImage
from avpr_ros.verification.cameras.drive_cameras import camera_checks, own_extrinsics

K = (300.0, 0.0, 240.0, 0.0, 300.0, 180.0, 0.0, 0.0, 1.0)
MODEL = CameraIntrinsics(480, 360, 'plumb_bob', K, (-0.1, 0.02, 0.0, 0.0))
MOUNTED = Pose(np.array([0.2, 0.0, 0.5]), Rotation.from_euler('y', 0.1))
FRONT = Camera('front', '/front/image_raw', MOUNTED, MODEL)


def moved(x_m: float, yaw_deg: float = 0.0) -> Camera:
    turn = Rotation.from_euler('z', yaw_deg, degrees=True)
    return replace(FRONT, base_from_camera=MOUNTED @ Pose(np.array([x_m, 0.0, 0.0]), turn))


def source(*cameras: Camera, base: str = 'base_link') -> Any:
    def images() -> Iterator[StampedImage]:
        for camera in cameras:
            yield StampedImage(1, camera.name, lambda: np.zeros((2, 2, 3), np.uint8))

    return SimpleNamespace(cameras=cameras, base_frame=base, images=images)


def manifest(*cameras: Camera) -> Any:
    return SimpleNamespace(cameras=cameras, base_frame='base_link')


def test_extrinsics_of_the_map_within_a_centimetre() -> None:
    for camera in (FRONT, moved(0.005, 0.3)):
        assert own_extrinsics(source(camera), manifest(FRONT)) == {}
        assert camera_checks(source(camera), manifest(FRONT)) == ()


def test_other_extrinsics_are_used_and_named() -> None:
    camera = moved(0.5, 12.0)
    assert own_extrinsics(source(camera), manifest(FRONT)) == {'front': camera.base_from_camera}
    (check,) = camera_checks(source(camera), manifest(FRONT))
    assert (check.name, check.level) == ('map extrinsics', 'warning')
    assert 'differ from those of the map by 0.50 m and 12.0 degrees' in check.text


def test_extrinsics_are_compared_with_the_camera_of_the_same_name() -> None:
    rear = replace(moved(1.0), name='rear')
    assert own_extrinsics(source(rear), manifest(FRONT, rear)) == {}
    other = replace(rear, name='side')
    known = manifest(FRONT, rear)
    assert own_extrinsics(source(other), known) == {'side': other.base_from_camera}
    assert camera_checks(source(other), known) == ()


def test_extrinsics_in_another_base_frame_are_not_used() -> None:
    seen = source(moved(0.5), base='imu')
    assert own_extrinsics(seen, manifest(FRONT)) == {}
    (check,) = camera_checks(seen, manifest(FRONT))
    assert 'are in imu and the base of the map is base_link' in check.text


def test_missing_extrinsics_leave_those_of_the_map() -> None:
    seen = source(replace(FRONT, base_from_camera=None))
    assert own_extrinsics(seen, manifest(FRONT)) == {}
    assert camera_checks(seen, manifest(FRONT)) == ()


def test_another_camera_model_is_named() -> None:
    half = (*(value / 2 for value in K[:8]), 1.0)
    same = replace(MODEL, width_px=240, height_px=180, k=half)
    assert camera_checks(source(replace(FRONT, intrinsics=same)), manifest(FRONT)) == ()
    zoomed = replace(MODEL, k=(400.0, *K[1:4], 400.0, *K[5:]))
    (check,) = camera_checks(source(replace(FRONT, intrinsics=zoomed)), manifest(FRONT))
    assert (check.name, check.level) == ('map camera', 'warning')
    assert 'degrees of viewing direction' in check.text


def test_every_image_is_matched_with_the_extrinsics_of_the_drive() -> None:
    asked = []

    def recognize(*arguments: Any, **_: Any) -> None:
        asked.append(arguments[5])

    camera = moved(0.5)
    recognizer: Any = SimpleNamespace(
        gallery=SimpleNamespace(manifest=manifest(FRONT)), recognize=recognize
    )
    list(localize_drive(source(camera), recognizer))
    assert asked == [camera.base_from_camera]
