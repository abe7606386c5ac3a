# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""robot_localization: a stream of poses that the filter fuses as ``pose0``."""

from __future__ import annotations

from avpr_ros.ros.adapters.match_consistency import MatchConsistency
from avpr_ros.ros.common.stamped_pose import Decision, Fix, MinimumSigmas


class RobotLocalization:
    """Passes every guarded fix on, with no variance below the floors.

    The filter takes a variance of zero for one of 1e-6: it would follow a single match.
    """

    def __init__(self, guard: MatchConsistency, floors: MinimumSigmas) -> None:
        """Take the guard and the floors."""
        self._guard = guard
        self._floors = floors

    def on_fix(self, fix: Fix) -> Decision:
        """Pass the fix on if the guard does."""
        verdict = self._guard.check(fix)
        return Decision(self._floors.raised(fix) if verdict.passed else None, verdict.text)

    def request(self, why: str) -> str:
        """Say that there is nothing to ask for."""
        return f'Poses are streamed; nothing more is sent on {why}.'
