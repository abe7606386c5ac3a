# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.evaluation.metrics.ground_truth import GroundTruth, ViewPoses
from avpr_ros.evaluation.retrieval.ranking import rank, score_ranking


def _unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _case():
    """200 noisy queries over 300 places, some off the map, some exactly at the radius.

    RandomState, whose numbers NumPy promises to keep.
    """
    rng = np.random.RandomState(7)
    gallery_m = np.stack([12.5 * np.arange(300), rng.uniform(-3, 3, 300)], axis=1)
    gallery_m[::10, 1] = 0.0
    origin = rng.randint(0, 300, 200)
    queries_m = gallery_m[origin] + rng.uniform(-9, 9, (200, 2))
    queries_m[:20] += [0, 400]
    queries_m[20:30] = gallery_m[::10][:10] + np.array([0, 25])
    gallery = rng.standard_normal((300, 24))
    queries = gallery[origin] + 1.6 * rng.standard_normal((200, 24))
    nowhere = np.full(200, np.nan), np.full(300, np.nan)
    return (
        _unit(queries),
        _unit(gallery),
        ViewPoses(queries_m, nowhere[0]),
        ViewPoses(gallery_m, nowhere[1]),
    )


def test_recalls_are_those_of_vpr_methods_evaluation():
    # What main.py of gmberton/VPR-methods-evaluation at adbb6e2 logs for these arrays, fed
    # through images whose pixels number them: R@1: 37.0, R@5: 63.0, R@10: 72.5, R@20: 80.0.
    queries, gallery, query_views, gallery_views = _case()
    positives = GroundTruth(radius_m=25).positives(query_views, gallery_views)
    score = score_ranking(rank(queries, gallery), positives)
    assert score.recall == pytest.approx({1: 0.370, 5: 0.630, 10: 0.725, 20: 0.800})
    # Twenty queries have no positive; without them the same hits are of 180.
    assert score.covered == 180
    assert score.recall_covered == pytest.approx({n: v / 0.9 for n, v in score.recall.items()})


def test_ranking_is_by_distance_and_scored_by_cosine():
    gallery = _unit(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
    ranking = rank(_unit(np.array([[2.0, 1.0]])), gallery, depth=5)
    assert ranking.rows.tolist() == [[2, 0, 1]]
    cosines = [3 / np.sqrt(10), 2 / np.sqrt(5), 1 / np.sqrt(5)]
    np.testing.assert_allclose(ranking.similarities[0], cosines, atol=1e-6)


def test_precision_counts_queries_without_a_match_as_wrong():
    gallery = _unit(np.eye(3))
    queries = _unit(np.array([[1, 0.1, 0], [0.2, 1, 0], [0, 0.05, 1]]))
    score = score_ranking(rank(queries, gallery), [{0}, {1}, set()])
    # By similarity: the third (no match, wrong), the first, the second.
    assert score.curve is not None
    assert score.curve.precision.tolist() == [0.0, 0.5, pytest.approx(2 / 3)]
    assert score.curve.recall_at_precision(1.0) == 0.0
    assert score.right.tolist() == [True, True, False]
    assert score.recall[1] == pytest.approx(2 / 3)
    assert score.recall_covered[1] == 1.0


def test_no_query_with_a_positive_has_no_curve():
    score = score_ranking(rank(np.eye(2), np.eye(2)), [set(), set()])
    assert (score.curve, score.covered, score.recall_covered[1]) == (None, 0, 0.0)


@pytest.mark.parametrize(
    ('queries', 'gallery', 'words'),
    [
        (np.ones((2, 3)), np.ones((2, 4)), 'have 3 dimensions and gallery descriptors 4'),
        (np.ones((0, 3)), np.ones((2, 3)), r'query descriptors are \(0, 3\)'),
        (np.ones((2, 3)), np.full((2, 3), np.inf), 'a gallery descriptor is not finite'),
    ],
)
def test_descriptors_that_do_not_fit_are_refused(queries, gallery, words):
    with pytest.raises(ConfigError, match=words):
        rank(queries, gallery)
