# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpr_ros.gallery.places import PlaceCriterion
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.query import Query
from avpr_ros.localization.retrieval import retrieve
from avpr_ros.localization.temporal.reranking import rerank_with_first
from avpr_ros.poses import Pose


def led_of(gallery, row, top_k, descriptor):
    query = Query(descriptor, 0, 'front')
    hypotheses = PoseHypotheses(gallery, 'front')
    alone = retrieve(gallery, hypotheses, query, top_k, PlaceCriterion(5.0, 1.0))
    return rerank_with_first(
        row, top_k, gallery.descriptors, query, alone, hypotheses, PlaceCriterion(5.0, 1.0)
    )


@pytest.mark.parametrize(
    ('row', 'rows', 'near'), [(3, [3, 0], [3, 2]), (1, [1, 2], [1, 0]), (0, [0, 2], [0, 1])]
)
def test_another_keyframe_leads_with_its_own_place_and_rival(make_gallery, row, rows, near):
    poses = [Pose.from_xy_yaw(x, 0, 0) for x in (0.0, 1.0, 50.0, 51.0)]
    gallery = make_gallery(np.eye(4, dtype=np.float32), poses)
    query = np.array([0.8, 0.5, 0.3, 0.1], np.float32)
    led = led_of(gallery, row, 3, query)
    assert led.rows.tolist() == rows
    np.testing.assert_allclose(led.similarities, query[rows], rtol=1e-6)
    assert led.near_rows.tolist() == near
    assert led.rival_row == (2 if row < 2 else 0)
    assert led.rival_similarity == pytest.approx(query[led.rival_row])


def test_a_map_of_one_place_has_no_rival(make_gallery):
    gallery = make_gallery(np.eye(2, dtype=np.float32), [Pose.from_xy_yaw(0, 0, 0)] * 2)
    led = led_of(gallery, 1, 1, np.array([0.8, 0.6], np.float32))
    assert led.rows.tolist() == [1]
    assert led.rival_row is None
    assert led.rival_similarity == -np.inf


def test_pairs_are_near_in_place_and_view(make_gallery):
    poses = [
        Pose.from_xy_yaw(x, 0, yaw) for x, yaw in ((0, 0), (1, 0.1), (1, 3.0), (1.2, -3.2), (9, 0))
    ]
    gallery = make_gallery(np.eye(5, dtype=np.float32), poses)
    pairs = PoseHypotheses(gallery, 'front').pairs_within(PlaceCriterion(1.5, np.pi / 2))
    assert sorted(map(tuple, np.sort(pairs, axis=1).tolist())) == [(0, 1), (2, 3)]


def test_where_all_that_was_found_is_one_place_the_rival_is_looked_for(make_gallery):
    poses = [Pose.from_xy_yaw(x, 0, 0) for x in (0.0, 1.0, 50.0)]
    gallery = make_gallery(np.eye(3, dtype=np.float32), poses)
    query = Query(np.array([0.8, 0.5, 0.3], np.float32), 0, 'front')
    hypotheses = PoseHypotheses(gallery, 'front')
    alone = retrieve(gallery, hypotheses, query, 1, PlaceCriterion(5.0, 1.0))
    few = replace(alone, found=np.array([0, 1]))
    led = rerank_with_first(
        0, 1, gallery.descriptors, query, few, hypotheses, PlaceCriterion(5.0, 1.0)
    )
    assert led.rival_row == 2
    assert led.rival_similarity == pytest.approx(0.3, abs=1e-3)
