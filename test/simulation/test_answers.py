# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_demo import STEP_M, answer_line, record

from avpr_ros.errors import SourceError
from simulation.demo.answers import read_answers, true_positions

_CANDIDATE = {
    'rank': 0,
    'keyframe_id': 7,
    'similarity': 0.81,
    'reason': 'accepted',
    'text': 'similarity 0.81',
    'x_m': 1.0,
    'y_m': 2.0,
    'z_m': 0.0,
}


def test_answers_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / 'answers.jsonl'
    path.write_text(
        answer_line(5, [_CANDIDATE], True, 12.0) + answer_line(6, [], False, None),
        encoding='utf-8',
    )

    first, second = read_answers(path)

    assert first.stamp_ns == 5
    assert first.pose_m == (1.0, 2.0, 0.0)
    assert first.matches[0].keyframe_id == 7
    assert first.score == 0.81
    assert second.latency_ms is None
    assert second.reason == 'unanswered'
    assert second.matches == ()


def test_a_line_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'answers.jsonl'
    path.write_text(answer_line(5, [_CANDIDATE], True, 12.0) + '{"x": 1}\n', encoding='utf-8')

    with pytest.raises(SourceError, match='line 2'):
        read_answers(path)


def test_truth_comes_from_the_bag_at_the_images_stamps(tmp_path: Path) -> None:
    record(tmp_path / 'drive2', 3, start_ns=10**18)

    truth = true_positions(tmp_path / 'drive2', [10**18, 10**18 + 10**9])

    assert np.allclose(truth, [[0, 0, 0], [2 * STEP_M, 1.0, 0]])
    with pytest.raises(SourceError, match='no image with stamp 3'):
        true_positions(tmp_path / 'drive2', [3])
