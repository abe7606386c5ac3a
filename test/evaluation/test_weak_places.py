# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from avpr_ros.evaluation.map_quality.coverage import coverage
from avpr_ros.evaluation.map_quality.facts import map_facts
from avpr_ros.evaluation.map_quality.report_data import MapQuality
from avpr_ros.evaluation.map_quality.self_similarity import self_similarity
from avpr_ros.evaluation.map_quality.weak_places import (
    ALONE,
    CONFUSED,
    RECOGNISED,
    VERDICTS,
    weak_places,
)
from avpr_ros.mapping.landmark_builder import build_landmarks
from avpr_ros.poses import Pose


def circle(count: int, per_row: float) -> np.ndarray:
    """Descriptors that turn by ``per_row`` radians from one to the next."""
    angles = per_row * np.arange(count)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_distinct_drive_is_recognised_and_its_error_is_the_spacing(make_gallery):
    gallery = make_gallery(circle(8, 0.15), [Pose.from_xy_yaw(i, 0, 0) for i in range(8)])
    weak = weak_places(gallery, self_similarity(gallery), None)
    assert VERDICTS[weak.verdicts[0]] == 'recognised'
    np.testing.assert_allclose(weak.keyframe_error_m, 1.0)
    assert weak.metric_error_m.size == weak.placed_of == 0


def test_repeated_places_are_confused_and_a_single_one_stands_alone(make_gallery):
    rows = np.zeros((7, 9), np.float32)
    rows[[0, 1, 2], [0, 1, 2]] = 1.0
    rows[[3, 4, 5], [0, 1, 2]] = 1.0  # the same three views, 50 m on
    rows[6, 8] = 1.0
    where = [0, 1, 2, 50, 51, 52, 200]
    gallery = make_gallery(rows, [Pose.from_xy_yaw(x, 0, 0) for x in where])
    weak = weak_places(gallery, self_similarity(gallery), None)
    assert weak.verdicts.tolist() == [CONFUSED] * 6 + [ALONE]
    assert np.median(weak.keyframe_error_m) == 50.0
    facts = dict(map_facts(gallery, MapQuality.compute(gallery, None)))
    assert '6 taken for another place, 1 have no neighbour' in facts['weak places']
    assert 'keyframes 0 and 3, 50.0 m apart' in facts['most alike']


def test_local_features_separate_similar_descriptors(make_gallery, monkeypatch, drive_class):
    def picture(self, number: int) -> np.ndarray:
        rng = np.random.default_rng(number // 2)  # two keyframes of each place
        cells = rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)
        return np.kron(cells, np.ones((12, 12, 1), np.uint8))

    monkeypatch.setattr(drive_class, '_decode', picture)
    rows = np.tile(circle(1, 0.0), (8, 1))
    places = [Pose.from_xy_yaw(40.0 * (i // 2) + 0.5 * (i % 2), 0, 0) for i in range(8)]
    gallery = make_gallery(rows, places, min_distance_m=0.1)
    weak = weak_places(gallery, self_similarity(gallery), build_landmarks(gallery))
    assert weak.count(RECOGNISED) == 8
    assert 'local features' in weak.judged_by
    assert weak.placed_of == 0  # no lens


def test_coverage_counts_gaps_and_opposite_views(make_gallery):
    there = [Pose.from_xy_yaw(float(x), 0.0, 0.0) for x in (0, 1, 2, 3, 20, 21, 22)]
    back = [Pose.from_xy_yaw(float(x), 1.0, np.pi) for x in (22, 21)]
    gallery = make_gallery(circle(9, 0.1), there + back)
    found = coverage(gallery, 1.5)
    assert found.gaps.tolist() == [[3, 4]]
    assert found.gaps_m.tolist() == [17.0]
    assert found.both_ways_share == 5 / 9  # the two that come back, and three that they pass
    assert found.views.tolist()[:4] == [2, 3, 3, 2]
    facts = dict(map_facts(gallery, MapQuality.compute(gallery, None)))
    assert 'the largest 17.0 m after keyframe 3' in facts['coverage']
