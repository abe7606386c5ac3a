# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""RTAB-Map's ``global_pose``: the header names the frame whose pose in the map it is."""

from __future__ import annotations

from dataclasses import replace

from avpr_ros.ros.adapters.match_consistency import MatchConsistency
from avpr_ros.ros.common.stamped_pose import Decision, Fix, MinimumSigmas


class RtabmapGlobalPose:
    """Sends consistent fixes as priors of RTAB-Map's graph.

    RTAB-Map reads ``header.frame_id`` as the sensor's frame, not as the frame of the numbers, and
    inverts the covariance.
    """

    def __init__(
        self, consistency: MatchConsistency, floors: MinimumSigmas, base_frame: str
    ) -> None:
        """Store the consistency check, the smallest standard deviations and the base frame."""
        self._consistency = consistency
        self._floors = floors
        self._base_frame = base_frame

    def on_fix(self, fix: Fix) -> Decision:
        """Send the fix, with the base frame as ``frame_id``, if it is consistent."""
        verdict = self._consistency.check(fix)
        if not verdict.passed:
            return Decision(None, verdict.text)
        return Decision(replace(self._floors.raised(fix), frame_id=self._base_frame), verdict.text)

    def request(self, why: str) -> str:
        """Return that requests have no effect in this mode."""
        return f'Every consistent match is sent; {why} has no effect.'
