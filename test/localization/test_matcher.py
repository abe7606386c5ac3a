# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from avpr_ros.errors import SpaceMismatchError
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import Reason
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera

CALIBRATION = Calibration(0.5)
SINGLE = MatchSettings(temporal_filter='none')


def _unit(*values: float) -> np.ndarray:
    row = np.array(values, dtype=np.float32)
    return row / np.linalg.norm(row)


def _assert_sound(result) -> None:
    """What must hold of every result, whatever was put in."""
    assert (result.estimate is not None) == (result.reason is Reason.ACCEPTED)
    assert result.text
    for rank, candidate in enumerate(result.candidates):
        assert candidate.rank == rank
        assert candidate.reason is (result.reason if rank == 0 else Reason.LOWER_RANK)
        assert math.isfinite(candidate.similarity)
    scores = [candidate.similarity for candidate in result.candidates]
    assert scores == sorted(scores, reverse=True)
    if result.estimate is not None:
        covariance = result.estimate.covariance
        assert np.isfinite(covariance).all()
        assert (np.diag(covariance) > 0).all()
        assert (covariance == np.diag(np.diag(covariance))).all()


def test_a_clear_match_is_accepted_with_the_keyframes_pose(gallery):
    result = Matcher(gallery, CALIBRATION, SINGLE).match(
        Query(gallery.descriptors[7], 42, 'front')
    )
    _assert_sound(result)
    assert (result.stamp_ns, result.camera) == (42, 'front')
    assert result.accepted
    # As many places as the map has, 5 m and more apart.
    assert 3 <= len(result.candidates) <= 4
    assert result.candidates[0].keyframe_id == 7
    assert result.candidates[0].similarity == pytest.approx(1.0)
    np.testing.assert_allclose(result.estimate.map_from_base.translation_m, [7, 0, 0])


def test_what_is_not_similar_enough_is_rejected(gallery):
    query = _unit(*[1.0] * 8, *[0.0] * 23, 2.0)
    result = Matcher(gallery, CALIBRATION, SINGLE).match(Query(query, 0, 'front'))
    _assert_sound(result)
    assert result.reason is Reason.LOW_SIMILARITY
    assert '0.289 is below 0.500' in result.text


def test_the_setting_stands_above_the_calibration(gallery):
    query = _unit(*[0.0] * 3, 1.0, *[0.0] * 27, 2.0)
    settings = MatchSettings(temporal_filter='none', min_similarity=0.4)
    assert not Matcher(gallery, CALIBRATION, SINGLE).match(Query(query, 0, 'front')).accepted
    assert Matcher(gallery, CALIBRATION, settings).match(Query(query, 0, 'front')).accepted


def test_without_any_threshold_nothing_is_accepted(gallery):
    result = Matcher(gallery, None).match(Query(gallery.descriptors[0], 0, 'front'))
    _assert_sound(result)
    assert result.reason is Reason.NOT_CALIBRATED
    assert result.candidates[0].row == 0


def test_neighbours_of_the_best_are_no_rivals_but_another_place_is(gallery):
    matcher = Matcher(gallery, CALIBRATION, SINGLE)
    assert matcher.distinct_radius_m == 5.0
    query = np.zeros(32, np.float32)
    query[7], query[12] = 1.0, 0.99
    assert matcher.match(Query(_unit(*query), 0, 'front')).accepted
    query[12], query[13] = 0.0, 0.99
    result = matcher.match(Query(_unit(*query), 0, 'front'))
    _assert_sound(result)
    assert result.reason is Reason.AMBIGUOUS
    assert 'map row 13' in result.text


def test_the_same_spot_seen_the_other_way_is_a_rival(make_gallery):
    poses = [Pose.from_xy_yaw(0, 0, 0), Pose.from_xy_yaw(0.1, 0, math.pi)]
    gallery = make_gallery(np.eye(2, 4, dtype=np.float32), poses)
    result = Matcher(gallery, CALIBRATION, SINGLE).match(Query(_unit(1, 0.99, 0, 0), 0, 'front'))
    assert result.reason is Reason.AMBIGUOUS


def test_a_rival_behind_many_neighbours_is_found(make_gallery):
    # 200 keyframes of one place, all more similar than the look-alike far away.
    poses = [Pose.from_xy_yaw(i * 1e-3, 0, 0) for i in range(200)]
    poses.append(Pose.from_xy_yaw(100.0, 0, 0))
    rows = np.tile(_unit(1.0, 0.05), (201, 1))
    rows[200] = _unit(1.0, 0.1)
    result = Matcher(
        make_gallery(rows, poses),
        CALIBRATION,
        MatchSettings(temporal_filter='none', distinct_radius_m=1.0),
    ).match(Query(_unit(1.0, 0.0), 0, 'front'))
    assert result.reason is Reason.AMBIGUOUS
    assert 'map row 200' in result.text


@pytest.mark.parametrize(
    'descriptor',
    [
        np.full(32, np.nan),
        np.full(32, np.inf),
        np.zeros(32),
        np.full(32, 1e30, np.float32),
        np.full(31, 31**-0.5),
        np.full((1, 32), 32**-0.5),
        np.array([]),
        np.array(1.0),
    ],
)
def test_bad_descriptors_are_rejected_with_a_reason(gallery, descriptor):
    result = Matcher(gallery, CALIBRATION, SINGLE).match(Query(descriptor, 0, 'front'))
    _assert_sound(result)
    assert result.reason is Reason.BAD_DESCRIPTOR
    assert result.candidates == ()


def test_a_map_of_one_keyframe_never_accepts(make_gallery):
    gallery = make_gallery(np.eye(1, 4, dtype=np.float32), [Pose.identity()])
    result = Matcher(gallery, CALIBRATION, SINGLE).match(Query(_unit(1, 0, 0, 0), 0, 'front'))
    _assert_sound(result)
    assert result.reason is Reason.AMBIGUOUS
    assert 'one place only' in result.text


def test_equal_scores_in_two_places_are_never_accepted(make_gallery):
    poses = [Pose.from_xy_yaw(50.0 * i, 0, 0) for i in range(3)]
    gallery = make_gallery(np.tile(_unit(1, 0, 0, 0), (3, 1)), poses)
    settings = MatchSettings(temporal_filter='none', min_ratio=1.0)
    result = Matcher(gallery, CALIBRATION, settings).match(Query(_unit(1, 0, 0, 0), 0, 'front'))
    _assert_sound(result)
    assert result.reason is Reason.AMBIGUOUS


def test_negative_scores_are_never_accepted(gallery):
    settings = MatchSettings(temporal_filter='none', min_similarity=-1.0)
    query = -np.ones(32, np.float32) / 32**0.5
    result = Matcher(gallery, None, settings).match(Query(query, 0, 'front'))
    _assert_sound(result)
    assert not result.accepted


def test_random_input_never_raises_and_never_lies(make_gallery):
    rng = np.random.default_rng(3)
    specials = np.array([0.0, np.nan, np.inf, -np.inf, 1e38, 1e-38, -1.0])
    poses = [
        Pose.from_xy_yaw(*rng.choice([0.0, 1e6, rng.normal()], size=2), rng.normal())
        for _ in range(40)
    ]
    rows = rng.normal(size=(40, 6))
    rows[10:20] = rows[10]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    matcher = Matcher(make_gallery(rows.astype(np.float32), poses), CALIBRATION, SINGLE)
    for _ in range(2000):
        query = rng.normal(size=6)
        query /= np.linalg.norm(query)
        if rng.random() < 0.5:
            query[rng.integers(6)] = rng.choice(specials)
        _assert_sound(matcher.match(Query(query, 0, rng.choice(['front', 'other']))))


def test_another_camera_of_the_map_is_taken_into_account(make_gallery):
    cameras = (
        Camera('front', '/front', Pose.from_xy_yaw(0.5, 0, 0), None),
        Camera('back', '/back', Pose.from_xy_yaw(-0.5, 0, math.pi), None),
    )
    poses = [Pose.from_xy_yaw(20.0 * (i // 2), 0, 0) for i in range(6)]
    gallery = make_gallery(np.eye(6, dtype=np.float32), poses, cameras=cameras)
    assert gallery.keyframes.cameras.tolist() == [0, 1, 0, 1, 0, 1]
    # The back camera sees what the front camera saw at x = 20: the robot stands turned round,
    # its back camera at x = 20.5, so its base is 0.5 m on.
    result = Matcher(gallery, CALIBRATION, SINGLE).match(Query(np.eye(6)[2], 0, 'back'))
    assert result.accepted
    pose = result.estimate.map_from_base
    np.testing.assert_allclose(pose.translation_m, [20.0, 0, 0], atol=1e-9)
    assert abs(pose.yaw_rad()) == pytest.approx(math.pi)


def test_a_robot_with_another_mounting_puts_its_camera_where_the_keyframes_was(make_gallery):
    cameras = [Camera('front', '/front', Pose.from_xy_yaw(0.5, 0, 0), None)]
    poses = [Pose.from_xy_yaw(10, 0, 0), Pose.from_xy_yaw(50, 0, 0)]
    matcher = Matcher(
        make_gallery(np.eye(2), poses, cameras=cameras), Calibration(0.5), MatchSettings()
    )
    as_in_map = matcher.match(Query(_unit(1, 0.1), 0, 'front'))
    assert as_in_map.candidates[0].map_from_base.translation_m[0] == pytest.approx(10.0)
    for mounting_x_m in (0.2, -0.3):
        mounting = Pose.from_xy_yaw(mounting_x_m, 0, 0)
        result = matcher.match(Query(_unit(1, 0.1), 0, 'front', base_from_camera=mounting))
        x_m = result.candidates[0].map_from_base.translation_m[0]
        assert x_m == pytest.approx(10.5 - mounting_x_m)


def test_a_space_mismatch_names_both(gallery):
    from avpr_ros.localization.space_check import check_space
    from avpr_ros.runtime.query_manifest import QueryManifest

    ours = gallery.manifest.descriptor_space.id
    facts = {'onnx_sha256': '', 'created': '', 'tool_version': '', 'max_abs_difference': 0.0}
    check_space(QueryManifest('n', ours, 32, 16, **facts), gallery.manifest)
    with pytest.raises(SpaceMismatchError, match=f'bbbbbbbbbbbb.*{ours[:12]}.*avpr train'):
        check_space(QueryManifest('n', 'b' * 64, 32, 16, **facts), gallery.manifest)
    with pytest.raises(SpaceMismatchError, match='31 numbers'):
        check_space(QueryManifest('n', ours, 31, 16, **facts), gallery.manifest)


@pytest.mark.parametrize('number', [math.nan, math.inf])
def test_odometry_that_is_no_number_is_refused_unless_nobody_asks_for_it(gallery, number):
    odometry = Pose.from_xy_yaw(number, 0.0, 0.0)
    query = Query(gallery.descriptors[7], 42, 'front', odom_from_base=odometry)
    result = Matcher(gallery, CALIBRATION, SINGLE).match(query)
    assert result.reason is Reason.ODOMETRY_INCONSISTENCY
    assert 'not finite' in result.text
    without = MatchSettings(temporal_filter='none', use_odometry=False)
    assert Matcher(gallery, CALIBRATION, without).match(query).accepted


def test_with_odometry_the_pose_is_what_the_images_of_the_way_say_together(gallery):
    """Keyframes 3 to 9, seen from 0.4 m before and behind each in turn."""
    matcher = Matcher(gallery, CALIBRATION, SINGLE)
    for second, row in enumerate(range(3, 10)):
        true_m = row + 0.4 * (-1) ** row
        odometry = Pose.from_xy_yaw(true_m - 3, 5.0, 0.0)
        query = Query(gallery.descriptors[row], second * 10**9, 'front', odom_from_base=odometry)
        result = matcher.match(query)
    _assert_sound(result)
    assert abs(result.estimate.map_from_base.translation_m[0] - true_m) < 0.15
    assert result.candidates[0].map_from_base.translation_m[0] == 9.0
