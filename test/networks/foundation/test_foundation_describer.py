# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from avpr_ros.networks.foundation import describer
from avpr_ros.networks.foundation.describer import recall_with_and_without


def drive(count, dim, seed=3):
    """Rows that change little from one to the next."""
    rng = np.random.default_rng(seed)
    rows = np.cumsum(rng.standard_normal((count, dim)), axis=0).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def plain_recall(rows):
    nearest = (rows[1::2] @ rows[0::2].T).argmax(axis=1)
    place = np.arange(len(nearest))
    return ((nearest == place) | (nearest == place + 1)).mean()


def test_recall_read_in_pieces_is_that_of_the_whole():
    rows = drive(2600, 12)  # more than one piece
    before, after = recall_with_and_without(rows[:1900], 12)
    assert before == after == plain_recall(rows[:1900])
    before, _ = recall_with_and_without(rows, 12)
    assert abs(before - plain_recall(rows)) < 0.03


def test_recall_of_many_queries_uses_a_sample(monkeypatch):
    monkeypatch.setattr(describer, '_MAX_QUERIES', 40)
    rows = drive(400, 12)
    assert recall_with_and_without(rows, 12)[0] * 40 % 1 < 1e-6
    # Keyframes at random places have no neighbours in the order of the drive.
    mixed = rows[np.random.default_rng(1).permutation(400)]
    assert recall_with_and_without(mixed, 12)[0] < 0.3
