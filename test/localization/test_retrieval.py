# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.gallery.places import PlaceCriterion
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.query import Query
from avpr_ros.localization.retrieval import retrieve
from avpr_ros.poses import Pose


def found(make_gallery, positions_m, scores, top_k=10):
    poses = [Pose.from_xy_yaw(x_m, 0, 0) for x_m in positions_m]
    gallery = make_gallery(np.eye(len(poses), dtype=np.float32), poses)
    query = Query(np.array(scores, np.float32), 0, 'front')
    return retrieve(
        gallery, PoseHypotheses(gallery, 'front'), query, top_k, PlaceCriterion(5.0, 1.0)
    )


def test_candidates_are_places_and_neighbours_stand_behind_their_best(make_gallery):
    retrieval = found(make_gallery, [0, 1, 2, 50, 51, 99], [0.5, 0.9, 0.8, 0.6, 0.7, 0.1])
    assert retrieval.rows.tolist() == [1, 4, 5]
    assert retrieval.near_rows.tolist() == [1, 2, 0]
    assert retrieval.rival_row == 4
    assert retrieval.margin == pytest.approx(0.2)
    assert retrieval.ratio(0) == pytest.approx(0.9 / 0.7)
    assert retrieval.ratio(1) == pytest.approx(0.7 / 0.9)


def test_the_rival_is_known_even_where_one_candidate_is_wanted(make_gallery):
    retrieval = found(make_gallery, [0, 50], [0.9, 0.6], top_k=1)
    assert retrieval.rows.tolist() == [0]
    assert retrieval.rival_row == 1


def test_a_map_of_one_place_has_neither_margin_nor_ratio(make_gallery):
    retrieval = found(make_gallery, [0, 1], [0.9, 0.6])
    assert (retrieval.rival_row, retrieval.margin, retrieval.ratio(0)) == (None, 0.0, 0.0)


def test_more_places_are_found_behind_many_neighbours(make_gallery):
    positions_m = [*np.linspace(0, 1, 100), 50.0, 100.0, 150.0]
    scores = [*np.linspace(0.9, 0.8, 100), 0.3, 0.2, 0.1]
    assert found(make_gallery, positions_m, scores, top_k=3).rows.tolist() == [0, 100, 101]


def test_all_pairs_are_told_apart_as_one_by_one(make_gallery):
    poses = [Pose.from_xy_yaw(x_m, 0, yaw) for x_m in (0, 4, 9) for yaw in (0.0, 2.0)]
    gallery = make_gallery(np.eye(len(poses), dtype=np.float32), poses)
    hypotheses, rows = PoseHypotheses(gallery, 'front'), np.array([5, 0, 3, 1])
    one_by_one = [hypotheses.distinct(int(row), rows, PlaceCriterion(5.0, 1.0)) for row in rows]
    np.testing.assert_array_equal(
        hypotheses.all_distinct(rows, PlaceCriterion(5.0, 1.0)), one_by_one
    )
    assert 0 < np.sum(one_by_one) < 16


def test_everything_found_stays_at_hand_for_those_who_look_closer(make_gallery):
    retrieval = found(make_gallery, [0, 1, 2, 50], [0.5, 0.9, 0.8, 0.6])
    assert retrieval.found.tolist() == [1, 2, 3, 0]
