# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
import pytest

from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.verification.cameras.camera_model import CameraModel

K = (400.0, 0.0, 330.0, 0.0, 390.0, 250.0, 0.0, 0.0, 1.0)
D = (-0.28, 0.07, 0.0002, 0.00002, 0.0)


def intrinsics(model: str = 'plumb_bob', k: tuple[float, ...] = K, d: tuple[float, ...] = D):
    return CameraIntrinsics(640, 480, model, k, d)


def test_rays_undo_the_projection_at_any_size():
    rng = np.random.default_rng(0)
    rays = rng.uniform(-0.5, 0.5, (20, 2))
    points = np.column_stack([rays, np.ones(20)])
    matrix = np.array(K).reshape(3, 3)
    pixels = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, np.array(D))[0][:, 0]
    np.testing.assert_allclose(CameraModel(intrinsics(), 640, 480).rays(pixels), rays, atol=1e-4)
    half = (pixels + 0.5) / 2 - 0.5
    np.testing.assert_allclose(CameraModel(intrinsics(), 320, 240).rays(half), rays, atol=1e-4)
    assert CameraModel(intrinsics(), 320, 240).focal_px == pytest.approx(197.5)


def test_a_fisheye_lens_has_its_own_model():
    rays = np.array([[0.3, -0.2], [0.0, 0.5]])
    matrix, d = np.array(K).reshape(3, 3), (0.01, 0.001, 0.0, 0.0)
    pixels = cv2.fisheye.distortPoints(rays[:, None], matrix, np.array(d))[:, 0]
    lens = CameraModel(intrinsics('equidistant', d=d), 640, 480)
    np.testing.assert_allclose(lens.rays(pixels), rays, atol=1e-5)


@pytest.mark.parametrize(
    ('given', 'size', 'text'),
    [
        (intrinsics('made_up'), (640, 480), 'made_up'),
        (intrinsics(k=(0.0,) * 9), (640, 480), 'focal lengths in K are 0'),
        (intrinsics(k=(float('nan'), *K[1:])), (640, 480), 'K holds nan'),
        (intrinsics(d=(0.1, 0.2, 0.3)), (640, 480), '3 coefficients'),
        (intrinsics('equidistant', d=()), (640, 480), '0 coefficients'),
        (intrinsics(), (640, 400), '640 x 400'),
    ],
)
def test_what_is_no_lens_is_refused(given, size, text):
    with pytest.raises(ValueError, match=text):
        CameraModel(given, *size)


def test_no_points_have_no_rays():
    assert CameraModel(intrinsics(), 640, 480).rays(np.zeros((0, 2), np.float32)).shape == (0, 2)
