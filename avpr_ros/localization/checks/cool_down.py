# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A pause between two accepted matches."""

from __future__ import annotations

from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.result import Reason


class CoolDownCheck:
    """Rejects every match for some time after an accepted one, of any camera.

    For consumers that do much work for each match, or that are reset by one.
    """

    reason = Reason.COOL_DOWN

    def __init__(self, cool_down_s: float) -> None:
        """Set up; 0 s rejects nothing."""
        self._cool_down_s = cool_down_s
        self._last_ns: int | None = None

    def forget(self) -> None:
        """See ``Check``."""
        self._last_ns = None

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``; time that goes back ends the pause, and so does a relocation."""
        if self._last_ns is None or hypothesis.outdated(self._last_ns):
            return None
        since_s = (hypothesis.query.stamp_ns - self._last_ns) * 1e-9
        if not 0 <= since_s < self._cool_down_s:
            return None
        return (
            f'the last match was accepted {since_s:.1f} s ago; cool_down_s is '
            f'{self._cool_down_s:g} s'
        )

    def update(self, hypothesis: MatchHypothesis, accepted: bool) -> None:
        """See ``Check``."""
        if accepted:
            self._last_ns = hypothesis.query.stamp_ns
