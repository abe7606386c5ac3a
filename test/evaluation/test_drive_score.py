# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from avpr_ros.evaluation.runs.drive_score import DriveScorer
from avpr_ros.evaluation.runs.match_files import COLUMNS, POSE_COLUMNS, match_files
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.poses import Pose


@pytest.fixture
def results(gallery):
    """Right at x = 7.3, wrong at x = 12 (it looks like 2), unsure, and a bad descriptor."""
    matcher = Matcher(gallery, Calibration(0.5), MatchSettings(temporal_filter='none'))
    unsure = np.full(32, 32**-0.5)
    rows = [np.eye(32)[7], np.eye(32)[2], unsure, np.full(32, np.nan)]
    return [matcher.match(Query(row, stamp, 'front')) for stamp, row in enumerate(rows, start=1)]


def test_by_hand(gallery, results):
    truth = {stamp: Pose.from_xy_yaw(x, 0, 0.1) for stamp, x in ((1, 7.3), (2, 12), (4, 900))}
    scorer = DriveScorer(truth, gallery.keyframes, 1.0)
    for result in results:
        scorer.add(result)
    score = scorer.score()
    assert (score.queries, score.covered) == (3, 2)
    assert score.recall[1] == 0.5
    assert score.wrong_accepted == 1
    np.testing.assert_allclose(score.errors_m, [0.3, 10.0])
    np.testing.assert_allclose(score.errors_rad, [0.1, 0.1])
    # Both are equally sure, so no threshold keeps the right one alone.
    assert score.recall_at_100_precision == score.recall_at_99_precision == 0.0


def test_the_log_odds_of_a_sequence_rank_before_the_similarity(gallery, results):
    truth = {stamp: Pose.from_xy_yaw(x, 0, 0) for stamp, x in ((1, 7), (2, 12))}
    scorer = DriveScorer(truth, gallery.keyframes, 1.0)
    scorer.add(replace(results[0], log_odds=3.0))
    scorer.add(replace(results[1], log_odds=-3.0))
    score = scorer.score()
    assert score.recall_at_100_precision == score.recall_at_99_precision == 0.5


def test_nothing_known_gives_no_recall(gallery, results):
    scorer = DriveScorer({}, gallery.keyframes, 1.0)
    scorer.add(results[0])
    assert scorer.score().recall == {}


def test_files_hold_every_candidate_and_every_accepted_pose(results, tmp_path):
    with match_files(tmp_path / 'out') as files:
        for result in results:
            files.write(result)
    with (tmp_path / 'out' / 'matches.csv').open() as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == COLUMNS
    by_query = [[row for row in rows if row['stamp_ns'] == str(n)] for n in range(1, 5)]
    assert all(len(found) >= 3 for found in by_query[:3])
    assert (rows[0]['keyframe_id'], rows[0]['reason']) == ('7', 'accepted')
    assert rows[1]['reason'] == 'lower_rank'
    assert by_query[2][0]['reason'] == 'low_similarity'
    assert [row['reason'] for row in by_query[3]] == ['bad_descriptor']
    with (tmp_path / 'out' / 'poses.csv').open() as stream:
        poses = list(csv.DictReader(stream))
    assert tuple(poses[0]) == POSE_COLUMNS
    assert [(row['keyframe_id'], row['pose'], row['x_m']) for row in poses] == [
        ('7', 'keyframe', '7.000000'),
        ('2', 'keyframe', '2.000000'),
    ]
    written = np.array([float(poses[0][name]) for name in POSE_COLUMNS[-21:]])
    upper = results[0].estimate.covariance[np.triu_indices(6)]
    np.testing.assert_allclose(written, upper, rtol=1e-5)
    lines = (tmp_path / 'out' / 'trajectory.tum').read_text().splitlines()
    assert [line.split()[:2] for line in lines] == [
        ['0.000000001', '7.000000'],
        ['0.000000002', '2.000000'],
    ]


def test_a_run_that_fails_leaves_no_files(results, tmp_path):
    with pytest.raises(RuntimeError), match_files(tmp_path / 'out') as files:
        files.write(results[0])
        raise RuntimeError
    assert list((tmp_path / 'out').iterdir()) == []
