# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""robot_localization: a stream of poses that the filter fuses as ``pose0``."""

from __future__ import annotations

from avpr_ros.ros.adapters.match_consistency import MatchConsistency
from avpr_ros.ros.common.stamped_pose import Decision, Fix, MinimumSigmas


class RobotLocalization:
    """Sends every consistent fix, with no variance below the floors.

    The filter replaces a variance of zero by 1e-6, and would follow a single match.
    """

    def __init__(self, consistency: MatchConsistency, floors: MinimumSigmas) -> None:
        """Store the consistency check and the smallest standard deviations."""
        self._consistency = consistency
        self._floors = floors

    def on_fix(self, fix: Fix) -> Decision:
        """Send the fix if it is consistent."""
        verdict = self._consistency.check(fix)
        return Decision(self._floors.raised(fix) if verdict.passed else None, verdict.text)

    def request(self, why: str) -> str:
        """Return that requests have no effect in this mode."""
        return f'Every consistent match is sent; {why} has no effect.'
