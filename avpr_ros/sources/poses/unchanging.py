# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Transforms on /tf that never change, such as extrinsics that are published there."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from avpr_ros.poses import Pose
from avpr_ros.sources.bags.messages import frame_id, transform_values

#: Parent and child frame.
Edge: TypeAlias = tuple[str, str]
#: A transform whose samples differ by no more than this does not change.
STILL_M, STILL_RAD = 1e-3, 2e-3


def unchanging(samples: ArrayLike) -> bool:
    """Return whether (N, 7) samples ``x y z qx qy qz qw``, N >= 1, are one valid transform."""
    values = np.asarray(samples, dtype=np.float64)
    norms = np.linalg.norm(values[:, 3:], axis=1)
    if not (np.isfinite(values).all() and (np.abs(norms - 1) < 0.1).all()):
        return False
    moved_m = np.linalg.norm(values[:, :3] - values[0, :3], axis=1)
    quaternions = values[:, 3:] / norms[:, np.newaxis]
    cosines = np.abs(quaternions @ quaternions[0])
    return bool((moved_m <= STILL_M).all() and (cosines >= np.cos(STILL_RAD / 2)).all())


class UnchangingTransforms:
    """The transforms of a live /tf that have not changed so far; keeps one sample of each."""

    def __init__(self) -> None:
        self._first: dict[Edge, list[float]] = {}
        self._counts: dict[Edge, int] = {}

    def add(self, message: Any) -> bool:
        """Take a ``tf2_msgs/TFMessage``; return whether a transform changed for the first time."""
        changed = False
        for transform in message.transforms:
            edge = (frame_id(transform.header), transform.child_frame_id.lstrip('/'))
            count = self._counts.get(edge, 0)
            if count < 0:  # it is known to change
                continue
            values = transform_values(transform.transform)
            first = self._first.setdefault(edge, values)
            if unchanging([first, values]):
                self._counts[edge] = count + 1
            else:
                self._counts[edge] = -1
                changed = True
        return changed

    def frames(self) -> set[str]:
        """Return the names of all frames that were received, those that move too."""
        return {name for edge in self._counts for name in edge}

    def poses(self, least_samples: int) -> dict[Edge, Pose]:
        """Return the transforms that were sent that often and have not changed."""
        return {
            edge: Pose.from_xyz_quaternion(self._first[edge])
            for edge, count in self._counts.items()
            if count >= least_samples
        }
