# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from avpr_ros.errors import SourceError
from avpr_ros.gallery.keyframes import Keyframes
from simulation.demo.answers import Answer, Match
from simulation.demo.scoring import score, verdict


def _keyframes(count: int = 10) -> Keyframes:
    poses = np.zeros((count, 7))
    poses[:, 0] = 10.0 * np.arange(count)
    poses[:, 6] = 1.0
    table = np.arange(count)
    return Keyframes(
        100 + table, table, np.zeros(count, np.int32), np.zeros(count, np.int32), poses
    )


def _answer(
    rows: list[int], similarity: float = 0.8, accepted: bool = True, latency_ms: float | None = 5.0
) -> Answer:
    matches = tuple(
        Match(100 + row, similarity - 0.01 * k, 'accepted', '', (10.0 * row, 0.0, 0.0))
        for k, row in enumerate(rows)
    )
    pose = matches[0].position_m if accepted and matches else None
    return Answer(0, latency_ms, 'accepted' if accepted else 'low_similarity', matches, pose)


def _truth(*xs: float) -> np.ndarray:
    return np.array([[x, 0.0, 0.0] for x in xs])


def test_recall_counts_candidates_within_five_metres() -> None:
    answers = [_answer([0]), _answer([5, 1]), _answer([7, 8, 9])]

    scored = score('asymmetric', answers, _truth(4.0, 11.0, 30.0), _keyframes())

    assert scored.row['recall_at_1'] == pytest.approx(1 / 3)
    assert scored.row['recall_at_5'] == pytest.approx(2 / 3)
    assert scored.best_right.tolist() == [True, False, False]


def test_errors_are_of_published_poses_only() -> None:
    answers = [_answer([0]), _answer([5]), _answer([7], accepted=False)]

    row = score('asymmetric', answers, _truth(3.0, 49.0, 0.0), _keyframes()).row

    assert row['accepted'] == 2
    assert row['accepted_share'] == pytest.approx(2 / 3)
    assert row['position_error_median_m'] == pytest.approx(2.0)
    assert row['wrong_accepted'] == 0


def test_a_wrong_match_counts_unless_it_is_in_the_last_twentieth_by_score() -> None:
    sure = [_answer([0], 0.9) for _ in range(39)]
    truth = _truth(*[0.0] * 40)

    least = score('asymmetric', [*sure, _answer([5], 0.5)], truth, _keyframes()).row
    top = score('asymmetric', [_answer([5], 0.99), *sure], truth, _keyframes()).row

    assert (least['wrong_accepted'], least['wrong_in_first_95_percent']) == (1, 0)
    assert (top['wrong_accepted'], top['wrong_in_first_95_percent']) == (1, 1)
    assert verdict(least) == []
    assert len(verdict(top)) == 1


def test_unanswered_and_empty_answers_are_counted() -> None:
    silent = Answer(0, None, 'unanswered', (), None)

    scored = score('asymmetric', [_answer([0]), silent], _truth(0.0, 0.0), _keyframes())

    assert scored.row['unanswered'] == 1
    assert scored.row['recall_at_1'] == 0.5
    assert scored.scores[1] == -math.inf
    assert scored.row['latency_p50_ms'] == 5.0
    assert any('never answered' in one for one in verdict(scored.row))


def test_verdict_names_low_recall_and_no_acceptance() -> None:
    answers = [_answer([5], accepted=False)] * 3

    failures = verdict(score('asymmetric', answers, _truth(0, 0, 0), _keyframes()).row)

    assert any('recall@1 is 0.000' in one for one in failures)
    assert any('no match was accepted' in one for one in failures)


def test_answers_of_another_map_are_refused() -> None:
    with pytest.raises(SourceError, match='another map'):
        score('asymmetric', [_answer([50])], _truth(0.0), _keyframes())
    with pytest.raises(SourceError, match='nothing was answered'):
        score('asymmetric', [], np.zeros((0, 3)), _keyframes())
