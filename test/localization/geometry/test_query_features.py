# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Features of an image with a narrower field of view than the keyframes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from avpr_ros.gallery.local_features.features import FeatureExtractor, Features
from avpr_ros.localization.geometry.query_features import QueryFeatures
from avpr_ros.networks.xfeat_export import export_xfeat
from avpr_ros.sources.frame import Camera, CameraIntrinsics
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.nearest_neighbours import mutual_nearest
from avpr_ros.verification.sift import SiftExtractor
from avpr_ros.verification.xfeat import XFeatExtractor

OF_MAP = CameraIntrinsics(
    752, 480, 'plumb_bob', (458.0, 0.0, 367.0, 0.0, 457.0, 248.0, 0.0, 0.0, 1.0), ()
)
REGION = replace(
    OF_MAP, width_px=376, height_px=240, k=(458.0, 0.0, 179.0, 0.0, 457.0, 128.0, 0.0, 0.0, 1.0)
)
BINNED = replace(
    OF_MAP, width_px=376, height_px=240, k=(229.0, 0.0, 183.0, 0.0, 228.5, 124.0, 0.0, 0.0, 1.0)
)
TELEPHOTO = replace(OF_MAP, k=(4580.0, 0.0, 367.0, 0.0, 4570.0, 248.0, 0.0, 0.0, 1.0))
WIDE = replace(OF_MAP, k=(300.0, 0.0, 367.0, 0.0, 300.0, 248.0, 0.0, 0.0, 1.0))
RECTIFIED = replace(OF_MAP, k=(480.0, 0.0, 367.0, 0.0, 480.0, 248.0, 0.0, 0.0, 1.0))


def of(intrinsics: CameraIntrinsics | None, *names: str) -> QueryFeatures:
    cameras = [Camera(name, '', None, intrinsics) for name in names]
    return QueryFeatures(cameras, (SiftExtractor(),))


@pytest.mark.parametrize(
    ('own', 'field'),
    [
        (OF_MAP, 1.0),
        (REGION, 0.5),
        (BINNED, 1.0),
        (RECTIFIED, 1.0),
        (WIDE, 1.0),
        (TELEPHOTO, 0.25),
        (None, 1.0),
        (replace(OF_MAP, k=(0.0,) * 9), 1.0),
    ],
)
def test_field_is_the_share_of_the_keyframes_field_of_view(
    own: CameraIntrinsics | None, field: float
) -> None:
    assert of(OF_MAP, 'front').field('other', own) == pytest.approx(field)


def test_field_is_the_whole_one_where_the_map_has_no_intrinsics() -> None:
    assert of(None, 'front').field('front', REGION) == 1.0
    assert of(OF_MAP, 'front', 'rear').field('unknown', REGION) == 1.0
    assert of(OF_MAP, 'front', 'rear').field('rear', REGION) == pytest.approx(0.5)


def test_pose_tolerance_of_a_region_is_the_angle_of_the_map() -> None:
    of_map = CameraModel(OF_MAP, 752, 480)
    region = CameraModel(REGION, 376, 240, field=0.5)
    assert region.working_focal_px == pytest.approx(of_map.working_focal_px)


def test_features_of_a_region_are_those_of_the_whole_image_there(tmp_path: Path) -> None:
    export_xfeat(tmp_path / 'xfeat.onnx')
    xfeat = XFeatExtractor.open(tmp_path / 'xfeat.onnx')
    assert matched(xfeat, field=0.5) > 2 * matched(xfeat, field=1.0)
    assert matched(SiftExtractor(), field=0.5) > 40


def matched(extractor: FeatureExtractor, field: float) -> int:
    """Return the features of the middle quarter of a picture that are found in the whole."""
    image = picture()
    whole = extractor.extract(image)
    region = extractor.extract(np.ascontiguousarray(image[120:360, 188:564]), field)
    seen, known = pairs(region, whole)
    steps_px = whole.points_px[known] - region.points_px[seen] - [188, 120]
    return int((np.linalg.norm(steps_px, axis=1) < 3).sum())


def pairs(first: Features, second: Features) -> tuple[np.ndarray, np.ndarray]:
    rows, nearest, squares = mutual_nearest(first.descriptors, second.descriptors)
    near = squares < first.kind.match_distance**2
    return rows[near], nearest[near]


def picture() -> np.ndarray:
    rng = np.random.default_rng(3)
    image = np.full((480, 752, 3), 40, np.uint8)
    for _ in range(400):
        corner = rng.integers(0, [752, 480])
        size = rng.integers(6, 60, 2)
        colour = rng.integers(0, 256, 3).tolist()
        cv2.rectangle(image, corner.tolist(), (corner + size).tolist(), colour, -1)
    return cv2.GaussianBlur(image, (0, 0), 1.0)
