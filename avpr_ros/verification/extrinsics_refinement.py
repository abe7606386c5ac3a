# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Is a camera turned as its mounting says? The map's own images tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose

#: Pairs of views that are used, evenly.
_PAIRS = 150
#: Pairs whose cameras stand nearer than this have no epipoles to speak of.
_MIN_BASE_M = 0.02
#: Residuals beyond this many thousandths of the focal length are mostly wrong matches.
_SOFT = 2e-3
#: A correction must take away this share of the median residual to be believed,
_LEAST_GAIN = 0.2
#: and must not be larger: that would be another mounting.
_MOST_RAD = np.radians(15.0)
_FEWEST_MATCHES = 200


@dataclass(frozen=True, eq=False)
class MatchedPair:
    """Two views of one camera and what both see.

    Attributes:
        map_from_first: pose of the camera, as the mounting says.
        map_from_second: the same for the other view.
        rays_first: (M, 2) x/z and y/z of the matched features.
        rays_second: (M, 2) the same in the other view.
    """

    map_from_first: Pose
    map_from_second: Pose
    rays_first: FloatArray
    rays_second: FloatArray


def refine_extrinsic_rotation(pairs: list[MatchedPair]) -> Rotation:
    """Return ``said_from_true``: how the camera is turned against what its mounting says.

    Minimises the Sampson distance (Hartley & Zisserman, 2nd ed., 11.4.3) of all matches to the
    epipolar lines that poses and mounting give, robustly, over one rotation. The identity comes
    back where there is too little to judge by, or where turning explains little.
    """
    far = [one for one in pairs if _base_m(one) >= _MIN_BASE_M and len(one.rays_first)]
    chosen = far[:: max(1, len(far) // _PAIRS)]
    if sum(len(one.rays_first) for one in chosen) < _FEWEST_MATCHES:
        return Rotation.identity()

    def residuals(vector: FloatArray) -> FloatArray:
        turn = Rotation.from_rotvec(vector)
        return np.concatenate([_sampson(one, turn) for one in chosen])

    before = float(np.median(np.abs(residuals(np.zeros(3)))))
    found = least_squares(residuals, np.zeros(3), loss='soft_l1', f_scale=_SOFT, max_nfev=50)
    after = float(np.median(np.abs(found.fun)))
    turn = Rotation.from_rotvec(found.x)
    if turn.magnitude() > _MOST_RAD or not after <= (1 - _LEAST_GAIN) * before:
        return Rotation.identity()
    return turn


def _base_m(pair: MatchedPair) -> float:
    return pair.map_from_first.distance_m(pair.map_from_second)


def _sampson(pair: MatchedPair, turn: Rotation) -> FloatArray:
    first = pair.map_from_first.rotation * turn
    second = pair.map_from_second.rotation * turn
    base = first.inv().apply(
        pair.map_from_second.translation_m - pair.map_from_first.translation_m
    )
    x, y, z = base / np.linalg.norm(base)
    essential = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]) @ (first.inv() * second).as_matrix()
    a = np.column_stack([pair.rays_first, np.ones(len(pair.rays_first))])
    b = np.column_stack([pair.rays_second, np.ones(len(pair.rays_second))])
    line_a, line_b = b @ essential.T, a @ essential
    norms = np.sqrt((line_a[:, :2] ** 2).sum(axis=1) + (line_b[:, :2] ** 2).sum(axis=1))
    return np.asarray(np.einsum('ij,ij->i', a, line_a) / np.maximum(norms, 1e-12))
