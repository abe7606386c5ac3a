# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import LANDMARKS, GalleryMap
from avpr_ros.localization.geometry import geometric_verifier
from avpr_ros.localization.geometry.metric_pose import MetricPose, MetricPoses
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import MatchResult, PoseEstimate, Reason
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.mapping.landmark_builder import build_landmarks
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.verification.sift import SiftExtractor

SECOND_NS = 10**9
PLACES = 8
CALIBRATION = Calibration(0.5)
SINGLE = MatchSettings(temporal_filter='none', distinct_radius_m=5.0)


def picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.kron(
        rng.integers(0, 255, (16, 20, 3), dtype=np.uint8), np.ones((12, 12, 1), np.uint8)
    )


@pytest.fixture
def gallery(make_gallery, monkeypatch, drive_class) -> GalleryMap:
    """Eight places, twenty metres apart, each with a picture of its own."""
    monkeypatch.setattr(drive_class, '_decode', lambda self, number: picture(number))
    poses = [Pose.from_xy_yaw(20.0 * i, 0, 0) for i in range(PLACES)]
    bare = make_gallery(np.eye(PLACES, dtype=np.float32), poses)
    build_landmarks(bare).save(bare.path / LANDMARKS)
    bare.manifest.sealed(bare.path, [*bare.manifest.files, LANDMARKS]).save(bare.path)
    return GalleryMap.open(bare.path)


def query(likes: list[float], image: np.ndarray | None, second: float = 0.0) -> Query:
    row = np.zeros(PLACES, np.float32)
    row[: len(likes)] = likes
    return Query(row / np.linalg.norm(row), int(second * SECOND_NS), 'front', image)


def test_corners_choose_among_places_that_look_alike(gallery):
    matcher = Matcher(gallery, CALIBRATION, SINGLE)
    assert matcher.needs_image
    result = matcher.match(query([0.99, 1.0, 0.98], picture(2)))
    assert result.accepted
    assert result.candidates[0].row == 2
    assert 'local-feature log-likelihood ratio' in result.text
    assert not result.estimate.metric
    assert 'pose of the keyframe' in result.text


def test_a_picture_of_nowhere_is_refused_however_similar(gallery):
    matcher = Matcher(gallery, CALIBRATION, SINGLE)
    for second in range(5):
        result = matcher.match(query([1.0], picture(100 + second), second))
        assert result.reason is Reason.AMBIGUOUS
        assert 'log-likelihood ratio' in result.text


def test_without_an_image_or_without_the_wish_scores_decide(gallery):
    assert Matcher(gallery, CALIBRATION, SINGLE).match(query([1.0], None)).accepted
    scores_only = Matcher(gallery, CALIBRATION, replace(SINGLE, use_landmarks=False))
    assert not scores_only.needs_image
    assert scores_only.match(query([1.0], picture(100))).accepted
    filtered = Matcher(gallery, CALIBRATION, replace(SINGLE, temporal_filter='bayes'))
    assert not filtered.uses_local_features


def weak_picture(seed: int) -> np.ndarray:
    image = picture(seed)
    image[:, 24:] = 128  # little of the picture is left
    return image


def test_much_evidence_in_one_image_needs_none_before_and_little_waits(gallery):
    matcher = Matcher(gallery, CALIBRATION, replace(SINGLE, temporal_filter='consistency'))
    assert matcher.match(query([1.0], picture(0))).accepted
    for second in range(1, 8):
        result = matcher.match(query([0.0, 1.0], weak_picture(1), 60 + second))
        assert result.reason is Reason.AMBIGUOUS  # the same view counts once


def test_evidence_adds_up_along_the_way_and_is_forgotten(gallery, monkeypatch):
    unsure = replace(gallery.landmarks(), min_accumulated_llr=3000.0, min_single_image_llr=1e9)
    monkeypatch.setattr(GalleryMap, 'landmarks', lambda self: unsure)
    matcher = Matcher(gallery, CALIBRATION, SINGLE)
    # 20 m in 9 s.
    way = [query([0.0] * place + [1.0], picture(place), 9 * place) for place in range(8)]
    results = [matcher.match(one) for one in way]
    assert results[0].reason is Reason.AMBIGUOUS
    assert results[-1].accepted
    matcher.forget()
    assert matcher.match(way[-1]).reason is Reason.AMBIGUOUS


def test_a_place_near_the_last_one_is_asked_though_the_search_missed_it(gallery, monkeypatch):
    matcher = Matcher(gallery, CALIBRATION, SINGLE)
    assert matcher.match(query([1.0], picture(0))).accepted
    monkeypatch.setattr(gallery.index, 'search', _finding([5, 6, 7]), raising=False)
    found = matcher.match(query([0.0, 1.0], picture(1), 9))
    assert found.accepted
    assert found.candidates[0].row == 1
    matcher.forget()
    assert not matcher.match(query([0.0, 1.0], picture(1), 18)).accepted


def _finding(rows: list[int]) -> Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]:
    """Return a search that finds these rows whatever it is asked."""
    return lambda descriptors, depth: (np.full((1, len(rows)), 0.1), np.array([rows]))


@pytest.mark.parametrize(
    'image',
    [
        np.zeros((240, 320, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.full((5, 400, 3), 255, np.uint8),
    ],
)
def test_images_without_corners_leave_the_decision_to_the_scores(gallery, image):
    result = Matcher(gallery, CALIBRATION, SINGLE).match(query([1.0], image))
    assert result.accepted
    assert 'likelihood' not in result.text


@pytest.mark.parametrize(
    'k', [(0.0,) * 9, (float('nan'),) * 9, (400.0, 0, 120, 0, 400, 96, 0, 0, 1)]
)
def test_a_useless_lens_falls_back_to_the_keyframes_pose(gallery, k):
    lens = CameraIntrinsics(240, 192, 'plumb_bob', k, ())
    asked = replace(query([1.0], picture(0)), intrinsics=lens)
    result = Matcher(gallery, CALIBRATION, SINGLE).match(asked)
    assert result.accepted
    assert not result.estimate.metric


@pytest.fixture
def measured(gallery, monkeypatch):
    """Return a function that matches where landmarks say what it is told."""

    def match(
        inliers: int, rivals: int = 0, sigma_m: float = 0.02, temporal_filter: str = 'none'
    ) -> MatchResult:
        covariance = np.diag([sigma_m**2] * 3 + [1e-4] * 3)
        estimate = PoseEstimate(Pose.from_xy_yaw(0.5, 0, 0), covariance, True)
        found = MetricPose(estimate, inliers, rivals, 2 * rivals < inliers)
        monkeypatch.setattr(MetricPoses, 'view', lambda self, query, verification, field: ())
        monkeypatch.setattr(MetricPoses, 'measure', lambda self, view, verification: found)
        matcher = Matcher(gallery, CALIBRATION, replace(SINGLE, temporal_filter=temporal_filter))
        return matcher.match(query([1.0], picture(0)))

    return match


def test_many_landmarks_on_one_pose_measure_it_without_images_before(measured):
    result = measured(40, temporal_filter='consistency')
    assert result.accepted
    assert result.estimate.metric
    assert np.sqrt(result.estimate.covariance[0, 0]) == pytest.approx(0.02)


def test_few_landmarks_promise_less(measured):
    result = measured(15)
    assert result.estimate.metric
    assert np.sqrt(result.estimate.covariance[0, 0]) > 0.05


def test_landmarks_that_give_two_poses_are_refused(measured):
    result = measured(40, rivals=25)
    assert result.reason is Reason.GEOMETRIC_VERIFICATION
    assert 'with 40 and 25 inliers' in result.text
    assert measured(40, rivals=10).accepted


@pytest.mark.parametrize(
    ('by_first', 'by_all', 'inliers', 'extracted'),
    [(None, 40, 40, 1), (14, 30, 30, 1), (14, 12, 14, 1), (14, None, 14, 1), (25, 90, 25, 0)],
)
def test_pose_is_of_all_kinds_where_the_first_has_few_inliers(
    gallery, monkeypatch, by_first, by_all, inliers, extracted
):
    class Second(SiftExtractor):
        def extract(self, image, field=1.0):
            taken.append(image)
            return super().extract(image, field)

    def measure(self, view, verification):
        if (count := by_first if len(verification.features) == 1 else by_all) is None:
            return None
        pose = Pose.from_xy_yaw(count / 100, 0, 0)
        return MetricPose(PoseEstimate(pose, np.eye(6) * 1e-4, True), count, 0, True)

    taken, kinds = list[np.ndarray](), (SiftExtractor(), Second())
    monkeypatch.setattr(geometric_verifier, 'open_extractors', lambda *_: kinds)
    monkeypatch.setattr(MetricPoses, 'view', lambda self, query, verification, field: ())
    monkeypatch.setattr(MetricPoses, 'measure', measure)
    found = Matcher(gallery, CALIBRATION, SINGLE).match(query([1.0], picture(0))).estimate
    assert len(taken) == extracted
    assert found.map_from_base.translation_m[0] == pytest.approx(inliers / 100)


def test_landmarks_that_fix_less_than_the_keyframe_does_are_not_used(measured):
    result = measured(40, sigma_m=50.0)
    assert result.accepted
    assert not result.estimate.metric
    assert 'pose of the keyframe' in result.text


def test_where_similarity_and_corners_dispute_the_keyframe_there_is_no_pose(gallery):
    matcher = Matcher(gallery, CALIBRATION, replace(SINGLE, distinct_radius_m=70.0))
    likes = [1.0 - 0.1 * place for place in range(PLACES)]
    both = picture(3)
    both[:, :100] = picture(0)[:, :100]
    torn = matcher.match(query(likes, both))
    assert torn.reason is Reason.GEOMETRIC_VERIFICATION
    assert torn.estimate is None
    assert 'lie 60.0 m apart' in torn.text
    both[:, :100] = picture(2)[:, :100]
    both[:, 100:] = picture(0)[:, 100:]
    assert matcher.match(query(likes, both)).accepted  # neighbours, 40 m apart at most
    clear = matcher.match(query(likes, picture(3)))
    assert clear.accepted
    assert clear.candidates[0].row == 3


def test_images_of_the_way_that_agree_settle_such_a_dispute(gallery):
    matcher = Matcher(gallery, CALIBRATION, replace(SINGLE, distinct_radius_m=70.0))
    both = picture(3)
    both[:, :100] = picture(0)[:, :100]
    images = {3: picture(3), 2: picture(2), 1: picture(1), 0: both}
    for second, (place, image) in enumerate(images.items()):
        likes = [1.0 - 0.1 * abs(place - other) for other in range(PLACES)]
        odometry = Pose.from_xy_yaw(20.0 * place, 0.0, 0.0)
        led = matcher.match(replace(query(likes, image, second), odom_from_base=odometry))
    assert led.accepted
    assert led.candidates[0].row == 0
    np.testing.assert_allclose(led.estimate.map_from_base.translation_m, 0.0, atol=1e-6)
