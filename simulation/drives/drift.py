# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Odometry that drifts, made from the truth: what wheels without a gyroscope give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import itertools

import numpy as np

from avpr_ros.poses import Pose


@dataclass(frozen=True)
class Drift:
    """Systematic errors, and a random walk of the heading.

    Attributes:
        scale: metres measured for a metre driven: a wrong wheel radius.
        creep_deg_per_m: constant turn to the left: unequal wheels.
        walk_deg_per_root_m: standard deviation of the heading's random walk after one metre.
    """

    scale: float
    creep_deg_per_m: float
    walk_deg_per_root_m: float

    def __str__(self) -> str:
        """Return it in words."""
        return (
            f'{100 * (self.scale - 1):.1f} % too long, a heading that creeps by '
            f'{self.creep_deg_per_m:g} degrees a metre and walks at random by '
            f'{self.walk_deg_per_root_m:g} degrees in the root of a metre'
        )


#: Wheels that nobody calibrated.
WHEELS = Drift(1.015, 0.03, 0.2)


def with_drift(
    map_from_base: Sequence[Pose], drift: Drift, rng: np.random.Generator
) -> list[Pose]:
    """Return ``odom_from_base`` for poses in order of time; the first one is the origin."""
    odometry = [Pose.identity()]
    for before, after in itertools.pairwise(map_from_base):
        motion = before.inverse() @ after
        way_m = float(np.linalg.norm(motion.translation_m))
        turn_deg = drift.creep_deg_per_m * way_m
        turn_deg += drift.walk_deg_per_root_m * np.sqrt(way_m) * rng.standard_normal()
        wrong = Pose(motion.translation_m * drift.scale, motion.rotation)
        odometry.append(odometry[-1] @ wrong @ Pose.from_xy_yaw(0.0, 0.0, np.deg2rad(turn_deg)))
    return odometry
