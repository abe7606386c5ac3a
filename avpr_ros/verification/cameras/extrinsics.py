# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Rotation of a camera's extrinsics, refined on the map's own images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose
from avpr_ros.verification.projective_geometry import sampson_distances, skew_matrices

#: Pairs of views that are used, an even sample.
_MAX_PAIRS = 150
#: With a shorter baseline the epipolar geometry is not determined.
_MIN_BASELINE_M = 0.02
#: Residuals above this, in units of the focal length, are mostly wrong matches.
_SOFT_L1_SCALE = 2e-3
#: A correction is accepted if it reduces the median residual by this share,
_MIN_IMPROVEMENT = 0.2
#: and is not larger than this: a camera turned by more has other extrinsics altogether.
_MAX_CORRECTION_RAD = np.radians(15.0)
_MIN_MATCHES = 200


@dataclass(frozen=True, eq=False)
class MatchedPair:
    """Two views of one camera and their feature matches.

    Attributes:
        map_from_first: pose of the camera by its nominal extrinsics.
        map_from_second: the same for the other view.
        rays_first: (M, 2) x/z and y/z of the matched features.
        rays_second: (M, 2) the same in the other view.
    """

    map_from_first: Pose
    map_from_second: Pose
    rays_first: FloatArray
    rays_second: FloatArray


def refine_extrinsic_rotation(pairs: list[MatchedPair]) -> Rotation:
    """Estimate ``nominal_from_refined``: the camera's rotation against its nominal extrinsics.

    Minimises the Sampson distance of all matches under the epipolar geometry of poses and
    extrinsics, with a soft L1 loss, over one rotation. Returns the identity where there are fewer
    than 200 matches, or where the correction does not improve the median residual by a fifth.
    """
    far = [p for p in pairs if _baseline_m(p) >= _MIN_BASELINE_M and len(p.rays_first)]
    chosen = far[:: max(1, len(far) // _MAX_PAIRS)]
    if sum(len(pair.rays_first) for pair in chosen) < _MIN_MATCHES:
        return Rotation.identity()

    def residuals(vector: FloatArray) -> FloatArray:
        rotation = Rotation.from_rotvec(vector)
        return np.concatenate([_residuals(pair, rotation) for pair in chosen])

    before = float(np.median(np.abs(residuals(np.zeros(3)))))
    found = least_squares(
        residuals, np.zeros(3), loss='soft_l1', f_scale=_SOFT_L1_SCALE, max_nfev=50
    )
    after = float(np.median(np.abs(found.fun)))
    rotation = Rotation.from_rotvec(found.x)
    improved = after <= (1 - _MIN_IMPROVEMENT) * before
    if rotation.magnitude() > _MAX_CORRECTION_RAD or not improved:
        return Rotation.identity()
    return rotation


def _baseline_m(pair: MatchedPair) -> float:
    return pair.map_from_first.distance_m(pair.map_from_second)


def _residuals(pair: MatchedPair, nominal_from_refined: Rotation) -> FloatArray:
    """Return (M,) signed Sampson distances in units of the focal length."""
    first = pair.map_from_first.rotation * nominal_from_refined
    second = pair.map_from_second.rotation * nominal_from_refined
    baseline = first.inv().apply(
        pair.map_from_second.translation_m - pair.map_from_first.translation_m
    )
    direction = baseline / np.linalg.norm(baseline)
    essential = skew_matrices(direction[np.newaxis])[0] @ (first.inv() * second).as_matrix()
    return sampson_distances(essential, pair.rays_second, pair.rays_first)
