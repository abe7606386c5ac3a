# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Camera models and extrinsics against the images of a map, on points beside a winding drive."""

from __future__ import annotations

from dataclasses import replace
import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.gallery.gallery_map import WARNINGS, GalleryMap
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.mapping.camera_check import camera_warnings
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics

K = (400.0, 0.0, 319.5, 0.0, 400.0, 239.5, 0.0, 0.0, 1.0)
D = (-0.3, 0.09, 0.0, 0.0)
#: Optical axes in a base that drives along x: z forward, x right, y down.
OPTICAL = Rotation.from_quat([-0.5, 0.5, -0.5, 0.5])
EXTRINSICS = Pose(np.array([0.2, 0.0, 1.0]), OPTICAL)
CAMERA = Camera('front', '/front', EXTRINSICS, CameraIntrinsics(640, 480, 'plumb_bob', K, D))
VIEWS = 12


def drive(distortion: tuple[float, ...] = D) -> tuple[Landmarks, Keyframes]:
    """Return the features that a camera sees of random points, and the poses of its base."""
    rng = np.random.default_rng(0)
    points = rng.uniform([3, -8, -2], [18, 8, 4], (900, 3))
    descriptors = rng.integers(0, 255, (900, 128), dtype=np.uint8)
    poses = [Pose.from_xy_yaw(0.3 * i, 0.1 * (i % 3), 0.06 * (i % 4)) for i in range(VIEWS)]
    features = []
    for pose in poses:
        camera = (pose @ EXTRINSICS).inverse()
        inside = camera.rotation.apply(points) + camera.translation_m
        matrix = np.array(K).reshape(3, 3)
        front = (inside[:, 2] > 1) & (np.abs(inside[:, :2] / inside[:, 2:]) < 0.85).all(axis=1)
        pixels = np.full((len(points), 2), -1.0)
        pixels[front] = cv2.projectPoints(
            inside[front], np.zeros(3), np.zeros(3), matrix, np.array(distortion or (0.0,) * 4)
        )[0][:, 0]
        seen = (pixels > 0).all(axis=1) & (pixels < [639, 479]).all(axis=1)
        noisy = pixels[seen] + rng.normal(0, 0.3, (int(seen.sum()), 2))
        features.append(Features(noisy.astype(np.float32), descriptors[seen]))
    rows = np.stack([pose.as_xyz_quaternion() for pose in poses])
    zeros = np.zeros(VIEWS, np.int32)
    keyframes = Keyframes(np.arange(VIEWS), np.arange(VIEWS), zeros, zeros, rows)
    return Landmarks.without_points([features], 1), keyframes


def warnings_of(camera: Camera, landmarks: Landmarks, keyframes: Keyframes) -> list[str]:
    gallery = SimpleNamespace(
        keyframes=keyframes,
        manifest=SimpleNamespace(cameras=(camera,)),
        thumbnail=lambda row: np.zeros((480, 640, 3), np.uint8),
    )
    return camera_warnings(gallery, landmarks)


def with_rotation(rotation: Rotation) -> Camera:
    return replace(CAMERA, base_from_camera=Pose(EXTRINSICS.translation_m, rotation))


def test_right_camera_is_no_warning() -> None:
    assert warnings_of(CAMERA, *drive()) == []


@pytest.mark.parametrize(
    ('rotation', 'words'),
    [
        (Rotation.identity(), 'looking along x of that frame'),
        (OPTICAL * Rotation.from_euler('z', 180, degrees=True), 'turned by 180 degrees'),
        (OPTICAL * Rotation.from_euler('z', 90, degrees=True), 'turned by 90 degrees'),
    ],
)
def test_wrong_frame_of_the_images_is_named(rotation: Rotation, words: str) -> None:
    (text,) = warnings_of(with_rotation(rotation), *drive())

    assert text.startswith("Camera 'front': of the features")
    assert words in text
    assert 'is the frame of its images an optical one, z forward?' in text


def test_rectified_images_with_the_raw_model_are_named() -> None:
    (text,) = warnings_of(CAMERA, *drive(distortion=()))

    assert 'are its images rectified already?' in text


def test_wrong_poses_are_a_warning() -> None:
    landmarks, keyframes = drive()
    mixed = keyframes.poses.copy()
    mixed[:, :3] = np.random.default_rng(1).uniform(-5, 5, (VIEWS, 3))

    (text,) = warnings_of(CAMERA, landmarks, replace(keyframes, poses=mixed))

    assert 'check the poses and their stamps, camera_info and the extrinsics' in text


def test_unknown_camera_is_no_warning() -> None:
    assert warnings_of(replace(CAMERA, base_from_camera=None), *drive()) == []
    assert warnings_of(replace(CAMERA, intrinsics=None), *drive()) == []


def test_map_holds_its_warnings(gallery: GalleryMap) -> None:
    assert gallery.warnings == ()
    (gallery.path / WARNINGS).write_text(json.dumps(["Camera 'front': turned"]))

    assert GalleryMap.open(gallery.path).warnings == ("Camera 'front': turned",)
