# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Hypotheses for checks: one candidate at a chosen place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avpr_ros.gallery.local_features.features import Features
from avpr_ros.localization.checks.check import Check, MatchHypothesis
from avpr_ros.localization.query import Query
from avpr_ros.localization.retrieval import Retrieval
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.poses import Pose

SECOND_NS = 10**9


class OnePlace:
    """Hypotheses of a single row."""

    def __init__(self, map_from_base: Pose, row: int) -> None:
        self._pose = map_from_base
        self._row = row

    def pose(self, row: int) -> Pose:
        assert row == self._row
        return self._pose


def hypothesis(
    map_from_base: Pose,
    second: float,
    camera: str = 'front',
    odometry: Pose | None = None,
    row: int = 0,
) -> MatchHypothesis:
    query = Query(np.ones(1, np.float32), int(second * SECOND_NS), camera, odom_from_base=odometry)
    rows, one = np.array([row]), np.ones(1)
    best = Retrieval(rows, one, rows, one, None, float('-inf'))
    return MatchHypothesis(query, best, OnePlace(map_from_base, row))


def relocated(seen: MatchHypothesis, since_second: float) -> MatchHypothesis:
    """Return a case whose local features show that the robot was moved at a time."""
    nothing = Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    verification = VerificationResult(
        nothing, seen.row, np.array([seen.row]), 0.0, 99.0, 99.0, 1, int(since_second * SECOND_NS)
    )
    return replace(seen, verification=verification)


def judge(check: Check, seen: MatchHypothesis, accepted: bool = False) -> str | None:
    """Return a check's rejection as in a matcher: pure first, the history after the decision."""
    rejection = check.check(seen)
    assert check.check(seen) == rejection
    check.update(seen, accepted)
    return rejection
