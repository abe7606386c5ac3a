# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pre-flight: the contents and faults of a source, reported before a map is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from avpr_ros.arrays import IntArray
from avpr_ros.poses import Pose

CheckLevel: TypeAlias = Literal['ok', 'warning', 'error']


@dataclass(frozen=True)
class PreflightCheck:
    """One finding.

    Attributes:
        name: of the checked property, e.g. ``stamps``.
        level: ``ok``, ``warning`` (the source is used) or ``error`` (it is rejected).
        text: one sentence for the user.
    """

    name: str
    level: CheckLevel
    text: str


@dataclass(frozen=True, eq=False)
class Preflight:
    """All findings, and the checked stamps and poses.

    Attributes:
        checks: findings in the order they were made.
        stamps_ns: (N,) int64, ascending: the images that have a pose.
        poses: N poses of the base frame in the map frame, one per stamp.
        images: number of all images that are used, with a pose or without.
        recorded_frame: frame that the recording says the poses are in; empty where it does not.
    """

    checks: tuple[PreflightCheck, ...]
    stamps_ns: IntArray
    poses: list[Pose]
    recorded_frame: str = ''
    images: int = 0

    @property
    def ok(self) -> bool:
        """Return whether no check is an error."""
        return all(check.level != 'error' for check in self.checks)
