# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pre-flight: what a source holds and what is wrong with it, told before work starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from avpr_ros.arrays import IntArray
from avpr_ros.poses import Pose


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes:
        name: what was looked at, e.g. ``stamps``.
        level: ``ok``, ``warning`` (work goes on) or ``error`` (it must not).
        text: one sentence for the user.
    """

    name: str
    level: Literal['ok', 'warning', 'error']
    text: str


@dataclass(frozen=True, eq=False)
class Preflight:
    """All findings, and the stamps and poses they were made on.

    Attributes:
        checks: findings in the order they were made.
        stamps_ns: (N,) int64, ascending: the images that have a pose.
        poses: N poses of the base frame in the map frame, one per stamp.
    """

    checks: tuple[Check, ...]
    stamps_ns: IntArray
    poses: list[Pose]

    @property
    def ok(self) -> bool:
        """Return whether no check is an error."""
        return all(check.level != 'error' for check in self.checks)
