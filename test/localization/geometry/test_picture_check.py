# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Parts of the picture without region of interest, and mirrored images, against landmarks."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.localization.geometry.picture_check import PictureCheck
from avpr_ros.localization.geometry.query_features import QueryFeatures
from avpr_ros.localization.query import Query
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.landmark_pose import count_pose_inliers
from avpr_ros.verification.sift import SiftExtractor

WIDTH_PX, HEIGHT_PX = 480, 360
K = (300.0, 0.0, 240.0, 0.0, 300.0, 180.0, 0.0, 0.0, 1.0)
LENS = CameraIntrinsics(WIDTH_PX, HEIGHT_PX, 'plumb_bob', K, ())


def picture() -> np.ndarray:
    """Return an image with structure of all sizes."""
    rng = np.random.default_rng(1)
    total = np.zeros((HEIGHT_PX, WIDTH_PX))
    for size_px in (4, 9, 20, 50):
        shape = (HEIGHT_PX // size_px + 2, WIDTH_PX // size_px + 2)
        noise = rng.normal(size=shape).astype(np.float32)
        total += cv2.resize(noise, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    grey = np.clip(128 + 35 * total, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


@pytest.fixture(scope='module')
def landmarks() -> Landmarks:
    """Return landmarks of the picture at many depths, one keyframe at the origin."""
    features = SiftExtractor().extract(picture())
    rays = CameraModel(LENS, WIDTH_PX, HEIGHT_PX).rays(features.points_px)
    depths_m = np.random.default_rng(2).uniform(2.0, 10.0, (len(rays), 1))
    points_m = (np.column_stack([rays, np.ones(len(rays))]) * depths_m).astype(np.float32)
    bare = Landmarks.without_points([[features]], 1)
    return replace(bare, layers=(replace(bare.layers[0], points_m=points_m),))


def rejections(
    landmarks: Landmarks, image: np.ndarray, sent_px: tuple[int, int] | None = None
) -> list[str | None]:
    features = (SiftExtractor().extract(image),)
    rows = np.zeros(1, np.int64)
    found = VerificationResult(features, 0, rows, 0.0, 100.0, 100.0)
    height_px, width_px = image.shape[:2]
    inliers = count_pose_inliers(landmarks, rows, features, CameraModel(LENS, width_px, height_px))
    asked = Query(np.ones(1, np.float32), 0, 'front', image, sent_px=sent_px)
    check = PictureCheck(landmarks, QueryFeatures((), (SiftExtractor(),)))
    arguments = (asked, LENS, found, max(inliers, 12))
    return [check.part_of_picture(*arguments), check.mirrored(*arguments)]


def test_whole_and_scaled_images_pass(landmarks: Landmarks) -> None:
    assert rejections(landmarks, picture()) == [None, None]
    small = cv2.resize(picture(), None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    assert rejections(landmarks, small) == [None, None]


def test_camera_model_that_fits_worse_than_that_of_the_map_is_rejected(
    landmarks: Landmarks,
) -> None:
    def rejection(own: CameraIntrinsics, of_map: CameraIntrinsics) -> str | None:
        features = (SiftExtractor().extract(picture()),)
        rows = np.zeros(1, np.int64)
        found = VerificationResult(features, 0, rows, 0.0, 100.0, 100.0)
        model = CameraModel(own, WIDTH_PX, HEIGHT_PX)
        inliers = count_pose_inliers(landmarks, rows, features, model)
        asked = Query(np.ones(1, np.float32), 0, 'front', picture(), intrinsics=own)
        check = PictureCheck(landmarks, QueryFeatures((), (SiftExtractor(),)))
        return check.camera_of_map(asked, of_map, found, max(inliers, 12))

    shifted = replace(LENS, k=(300.0, 0.0, 400.0, 0.0, 300.0, 300.0, 0.0, 0.0, 1.0))
    distorted = replace(LENS, d=(-0.3, 0.08, 0.0, 0.0))
    for wrong in (shifted, distorted):
        assert 'inliers with the camera model of the map' in (rejection(wrong, LENS) or '')
        assert rejection(LENS, wrong) is None
    assert rejection(LENS, replace(LENS, width_px=240, height_px=180)) is None
    assert rejection(LENS, LENS) is None


@pytest.mark.parametrize('x_px', [0, 60, 120])
@pytest.mark.parametrize('y_px', [0, 90])
def test_part_without_region_of_interest_is_rejected(
    landmarks: Landmarks, x_px: int, y_px: int
) -> None:
    part = np.ascontiguousarray(picture()[y_px : y_px + 270, x_px : x_px + 360])
    text, _ = rejections(landmarks, part)
    assert text is not None
    assert 'set roi in camera_info' in text
    assert 'the image is 360 x 270 px' in text


def test_image_decoded_at_half_the_size_is_no_part(landmarks: Landmarks) -> None:
    half = cv2.resize(picture(), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert rejections(landmarks, half, (WIDTH_PX, HEIGHT_PX)) == [None, None]


def test_mirrored_image_with_many_chance_inliers_is_rejected(landmarks: Landmarks) -> None:
    check = PictureCheck(landmarks, QueryFeatures((), (SiftExtractor(),)))

    def text(image: np.ndarray, inliers: int) -> str | None:
        features = (SiftExtractor().extract(image),)
        found = VerificationResult(features, 0, np.zeros(1, np.int64), 0.0, 100.0, 100.0)
        return check.mirrored(
            Query(np.ones(1, np.float32), 0, 'front', image), LENS, found, inliers
        )

    mirrored = np.ascontiguousarray(picture()[:, ::-1])
    assert text(mirrored, 22) is not None
    assert text(mirrored, 50) is not None
    assert text(picture(), 200) is None
    # The camera is known not to mirror from here on.
    assert text(mirrored, 22) is None
    check.forget()
    assert text(mirrored, 50) is not None


def test_mirrored_image_is_rejected(landmarks: Landmarks) -> None:
    _, text = rejections(landmarks, np.ascontiguousarray(picture()[:, ::-1]))
    assert text is not None
    assert 'are the images mirrored?' in text
