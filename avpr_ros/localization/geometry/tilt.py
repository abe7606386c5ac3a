# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Tilt of a pose against the keyframes of the map: a robot does not drive upside down.

An image that is upside down has as good an inlier count as an upright one, and a pose with roll
180. The vertical as the base sees it (z of the map, REP-103) is therefore compared with that of
the keyframes: yaw does not change it, slopes change it little, and a map of a drone that rolls
holds its tilts itself. In a map whose z is not vertical the comparison is looser, never wrong.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose

#: Largest tilt against the nearest keyframe: twice the steepest slope that robots climb.
MAX_TILT_RAD = np.radians(45.0)
_UP = np.array([0.0, 0.0, 1.0])


class TiltCheck:
    """Compares the vertical in the base with that at the keyframes."""

    def __init__(self, poses: FloatArray) -> None:
        """Prepare a map.

        Args:
            poses: (N, 7) ``map_from_base`` of its keyframes, N >= 1.
        """
        self._verticals = Rotation.from_quat(poses[:, 3:]).inv().apply(_UP).reshape(-1, 3)

    def rejection(self, map_from_base: Pose) -> str | None:
        """Return why a pose is impossible by its tilt; None where it is possible."""
        vertical = map_from_base.rotation.inv().apply(_UP)
        cosine = float((self._verticals @ vertical).max())
        tilt_rad = float(np.arccos(np.clip(cosine, -1.0, 1.0)))
        if tilt_rad <= MAX_TILT_RAD:
            return None
        return (
            f'the PnP pose is tilted by {np.degrees(tilt_rad):.0f} degrees against every keyframe '
            f'of the map, at most {np.degrees(MAX_TILT_RAD):.0f} are possible; is the image '
            'turned, or are the extrinsics of another camera?'
        )
