# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Conventions of calibration on real images: the share of features that become landmarks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import cv2
import numpy as np
import pytest
import yaml

from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.mapping.camera_check import camera_warnings
from avpr_ros.poses import Pose
from avpr_ros.sources.camera_info import camera_intrinsics
from avpr_ros.sources.frame import Camera
from avpr_ros.sources.images.image_folder import ImageFolderSource
from avpr_ros.sources.options import SourceOptions
from avpr_ros.verification.sift import extract_features
from avpr_ros.verification.triangulation import triangulate

DATA = Path(__file__).resolve().parents[3] / 'shared' / 'data' / 'euroc_v1'
VIEWS = 30
SIZE_PX = (752, 480)
REGION = SimpleNamespace(x_offset=100, y_offset=60, width=560, height=360)
#: Matrix and coefficients of a fisheye lens, as of the TUM VI data set.
FISHEYE_K = np.array([[500.0, 0, 376], [0, 500, 240], [0, 0, 1]])
FISHEYE_D = np.array([0.0034, 0.0007, -0.002, 0.0002])
Change: TypeAlias = Callable[[np.ndarray], np.ndarray]

pytestmark = [pytest.mark.data, pytest.mark.slow]


@cache
def lens() -> dict[str, Any]:
    if not DATA.is_dir():
        pytest.skip(f'the data set {DATA} is not there')
    found: dict[str, Any] = yaml.safe_load((DATA / 'camera.yaml').read_text('utf-8'))['cam0']
    return found


def matrix() -> np.ndarray:
    one = lens()
    return np.array([[one['fx'], 0, one['cx']], [0, one['fy'], one['cy']], [0, 0, 1]])


@cache
def new_matrix() -> np.ndarray:
    return cv2.getOptimalNewCameraMatrix(matrix(), np.array(lens()['d']), SIZE_PX, 0)[0]


def info(**fields: Any) -> Any:
    p = np.hstack([new_matrix(), np.zeros((3, 1))])
    values = {
        'width': SIZE_PX[0],
        'height': SIZE_PX[1],
        'distortion_model': 'plumb_bob',
        'k': matrix().reshape(-1),
        'd': lens()['d'],
        'p': p.reshape(-1),
        'binning_x': 1,
        'binning_y': 1,
    }
    return SimpleNamespace(**{**values, **fields})


def rectified(image: np.ndarray) -> np.ndarray:
    return cv2.undistort(image, matrix(), np.array(lens()['d']), None, new_matrix())


def region(image: np.ndarray) -> np.ndarray:
    y, x = REGION.y_offset, REGION.x_offset
    return np.ascontiguousarray(image[y : y + REGION.height, x : x + REGION.width])


def binned(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def unchanged(image: np.ndarray) -> np.ndarray:
    return image


@cache
def drive(change: Change) -> tuple[Landmarks, Keyframes, np.ndarray]:
    """Return the features of changed images, their poses, and one of the images."""
    source = ImageFolderSource(DATA / 'cam0', SourceOptions(poses_csv=DATA / 'poses.csv'))
    frames = [frame for frame, _ in zip(source.frames(), range(VIEWS), strict=False)]
    images = [change(frame.decode()) for frame in frames]
    rows = np.stack([frame.map_from_base.as_xyz_quaternion() for frame in frames])
    zeros = np.zeros(VIEWS, np.int32)
    keyframes = Keyframes(np.arange(VIEWS), np.arange(VIEWS), zeros, zeros, rows)
    features = [extract_features(image) for image in images]
    return Landmarks.without_points([features], 1), keyframes, images[0]


def judged(change: Change, message: Any, topic: str) -> tuple[float, list[str]]:
    """Return the share of features with a point in space, and what the check says."""
    landmarks, keyframes, image = drive(change)
    camera = Camera('cam0', topic, Pose.identity(), camera_intrinsics(message, topic))
    sizes = np.tile(image.shape[1::-1], (VIEWS, 1))
    found = triangulate(landmarks, keyframes, [camera], sizes)
    gallery: Any = SimpleNamespace(
        keyframes=keyframes,
        manifest=SimpleNamespace(cameras=(camera,)),
        thumbnail=lambda _: image,
    )
    return float(np.isfinite(found.layers[0].points_m[:, 0]).mean()), camera_warnings(
        gallery, found
    )


def test_rectified_images_have_as_many_landmarks_as_raw_ones() -> None:
    raw, warnings = judged(unchanged, info(), '/cam0/image_raw')
    assert warnings == []
    share, warnings = judged(rectified, info(), '/cam0/image_rect')
    assert warnings == []
    assert share > 0.75 * raw


def test_rectified_images_taken_for_raw_ones_are_named() -> None:
    share, warnings = judged(rectified, info(), '/cam0/image')
    assert share < 0.7 * judged(rectified, info(), '/cam0/image_rect')[0]
    assert len(warnings) == 1
    assert 'are its images rectified already?' in warnings[0]


@cache
def fisheye_maps() -> tuple[np.ndarray, np.ndarray]:
    """Return where each pixel of a fisheye camera lies in the raw image."""
    pixels = np.stack(np.meshgrid(*map(np.arange, SIZE_PX)), -1).reshape(-1, 1, 2)
    rays = cv2.fisheye.undistortPoints(pixels.astype(np.float64), FISHEYE_K, FISHEYE_D)[:, 0]
    points = np.column_stack([rays, np.ones(len(rays))])
    zero = np.zeros(3)
    found = cv2.projectPoints(points, zero, zero, matrix(), np.array(lens()['d']))[0]
    x, y = found.astype(np.float32).reshape(*SIZE_PX[::-1], 2).transpose(2, 0, 1)
    return x, y


def fisheye(image: np.ndarray) -> np.ndarray:
    return cv2.remap(image, *fisheye_maps(), cv2.INTER_LINEAR)


def test_fisheye_images_with_the_pinhole_model_are_named() -> None:
    model = {'k': FISHEYE_K.reshape(-1), 'd': FISHEYE_D}
    right = info(distortion_model='equidistant', **model)
    assert judged(fisheye, right, '/cam0/image_raw')[1] == []
    for d in (FISHEYE_D, np.zeros(4)):
        wrong = info(distortion_model='plumb_bob', **{**model, 'd': d})
        (warning,) = judged(fisheye, wrong, '/cam0/image_raw')[1]
        assert "such as 'equidistant' of a fisheye lens?" in warning


def test_region_of_interest_and_binning_keep_the_landmarks() -> None:
    share, warnings = judged(region, info(roi=REGION), '/cam0/image_raw')
    both, both_warnings = judged(
        lambda image: binned(region(image)),
        info(roi=REGION, binning_x=2, binning_y=2),
        '/cam0/image_raw',
    )
    assert (warnings, both_warnings) == ([], [])
    # As a smaller picture of the whole, as without its region of interest:
    wrong, wrong_warnings = judged(region, info(), '/cam0/image_raw')
    assert min(share, both) > 1.5 * wrong
    assert len(wrong_warnings) == 1
