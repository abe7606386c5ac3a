# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Images, lenses and landmarks that nobody should send: none raises, none gives a false pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import LANDMARKS, GalleryMap
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.mapping.landmark_builder import build_landmarks
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings('error::RuntimeWarning')]

PLACES = 6
HEIGHT_PX, WIDTH_PX = 120, 160
K = (100.0, 0.0, 79.5, 0.0, 100.0, 59.5, 0.0, 0.0, 1.0)
LENS = CameraIntrinsics(WIDTH_PX, HEIGHT_PX, 'plumb_bob', K, (0.0,) * 5)
MOUNTING = Pose(np.zeros(3), Rotation.from_quat([-0.5, 0.5, -0.5, 0.5]))
CAMERA = Camera('front', '/front/image', MOUNTING, LENS)
SETTINGS = MatchSettings(temporal_filter='none', distinct_radius_m=5.0)


def picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 255, (15, 20, 3), dtype=np.uint8)
    return np.kron(cells, np.ones((8, 8, 1), np.uint8))


def degenerate(kind: str, landmarks: Landmarks, row: int, pose: Pose) -> np.ndarray:
    """Return (K, 3) points for a keyframe's features that fix no pose, or a wrong one."""
    count = len(landmarks.layers[0].features(row))
    rng = np.random.default_rng(row)
    pixels = landmarks.layers[0].features(row).points_px
    rays = np.column_stack([(pixels - [79.5, 59.5]) / 100.0, np.ones(count)])
    away = (pose @ MOUNTING).rotation.apply(rays)
    return {
        'point': lambda: np.zeros((count, 3)),
        'line': lambda: np.outer(rng.normal(size=count), [1.0, 2.0, 0.5]),
        'plane': lambda: rng.normal(size=(count, 3)) * [5.0, 5.0, 0.0],
        'infinity': lambda: pose.translation_m + 1e9 * away,  # what a pure rotation would see
        'overflow': lambda: 1e30 * away,
        'behind': lambda: pose.translation_m - 5.0 * away,
        'noise': lambda: rng.normal(size=(count, 3)) * 1e3,
        'elsewhere': lambda: pose.translation_m + [500.0, 0.0, 0.0] + 5.0 * away,
    }[kind]()


@pytest.fixture
def make_map(make_gallery, monkeypatch, drive_class):
    """Return a function that makes a map with landmarks whose points are of one kind."""

    def make(kind: str) -> GalleryMap:
        monkeypatch.setattr(drive_class, '_decode', lambda self, number: picture(number))
        places = 1 if kind == 'one keyframe' else PLACES
        poses = [Pose.from_xy_yaw(20.0 * i, 0.0, 0.3 * i) for i in range(places)]
        rows = np.eye(places, PLACES, dtype=np.float32)
        bare = make_gallery(rows, poses, cameras=(CAMERA,))
        landmarks = build_landmarks(bare)
        if kind != 'one keyframe':
            points = [degenerate(kind, landmarks, row, pose) for row, pose in enumerate(poses)]
            layer = replace(
                landmarks.layers[0],
                points_m=np.concatenate(points).astype(np.float32, order='C'),
            )
            landmarks = replace(landmarks, layers=(layer,))
        landmarks.save(bare.path / LANDMARKS)
        bare.manifest.sealed(bare.path, [*bare.manifest.files, LANDMARKS]).save(bare.path)
        return GalleryMap.open(bare.path)

    return make


def bad_lens(rng: np.random.Generator) -> CameraIntrinsics | None:
    k = np.array(K)
    k[rng.integers(9)] = rng.choice([0.0, np.nan, np.inf, -1.0, 1e300])
    return (
        None,
        LENS,
        replace(LENS, k=(0.0,) * 9),
        replace(LENS, k=tuple(k)),
        replace(LENS, width_px=0, height_px=0),
        replace(LENS, d=(np.nan,) * 5),
        replace(LENS, d=(1e9, -1e9, 1e9, 0.0, 0.0)),
        replace(LENS, distortion_model='equidistant', d=(0.0,) * 4),
        replace(LENS, distortion_model='unheard of'),
    )[rng.integers(9)]


def foreign_image(rng: np.random.Generator) -> np.ndarray:
    noise = rng.integers(0, 255, (HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)
    return (
        np.full((HEIGHT_PX, WIDTH_PX, 3), rng.integers(256), np.uint8),
        noise,
        noise[:1, :1].copy(),
        noise[:, :1].copy(),
        picture(int(rng.integers(1000, 2000))),
    )[rng.integers(5)]


def query(row: int, image: np.ndarray, number: int, lens: CameraIntrinsics | None) -> Query:
    descriptor = np.full(PLACES, 0.02)
    descriptor[row] = 1.0
    unit = (descriptor / np.linalg.norm(descriptor)).astype(np.float32)
    return Query(unit, number * 10**9, 'front', image, lens)


KINDS = ('point', 'line', 'plane', 'infinity', 'overflow', 'behind', 'noise', 'elsewhere')


@pytest.mark.parametrize('kind', KINDS)
def test_landmarks_that_fix_no_pose_give_none(make_map, kind):
    gallery, rng = make_map(kind), np.random.default_rng(3)
    matcher = Matcher(gallery, Calibration(0.5), SETTINGS)
    looked = 0
    for number in range(30):
        row, lens = int(rng.integers(PLACES)), bad_lens(rng)
        result = matcher.match(query(row, picture(row), number, lens))
        looked += 'likelihood' in result.text or result.reason.value == 'geometric_verification'
        if result.estimate is not None:
            assert not result.estimate.metric
            assert np.isfinite(result.estimate.covariance).all()
            assert result.candidates[0].row == row
    assert looked == 30
    assert not matcher.match(query(0, picture(0), 99, LENS)).accepted


@pytest.mark.parametrize('kind', ['noise', 'infinity', 'one keyframe'])
def test_images_that_show_no_mapped_place_are_never_accepted(make_map, kind):
    gallery, rng = make_map(kind), np.random.default_rng(4)
    places = len(gallery)
    matcher = Matcher(gallery, Calibration(0.5), SETTINGS)
    for number in range(60):
        row = int(rng.integers(places))
        result = matcher.match(query(row, foreign_image(rng), number, bad_lens(rng)))
        # An image without any corner is judged by its scores, and these say that it is the place.
        assert not result.accepted or 'likelihood' not in result.text
