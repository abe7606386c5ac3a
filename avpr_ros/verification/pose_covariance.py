# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Covariance of a camera's pose from 2D-3D matches."""

from __future__ import annotations

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose
from avpr_ros.verification.projective_geometry import skew_matrices

#: Lower bound of the standard deviation of a feature, in pixels.
MIN_SIGMA_PX = 0.3


def pose_covariance(
    camera_from_map: Pose, points_m: FloatArray, rays: FloatArray, focal_px: float
) -> FloatArray | None:
    """Return the covariance of a camera's pose, of least squares linearised at the solution.

    Args:
        camera_from_map: the solution.
        points_m: (M, 3) inliers in the map.
        rays: (M, 2) x/z and y/z in the optical frame.
        focal_px: focal length in pixels of the image that features are extracted from.

    Returns:
        (6, 6) of position in square metres and of rotation about the fixed axes of the map in
        square radians, positive definite; None where the points do not determine all six.
    """
    map_from_camera = camera_from_map.inverse()
    inside = camera_from_map.rotation.apply(points_m) + camera_from_map.translation_m
    z = inside[:, 2]
    if not (z > 1e-6).all():
        return None
    residuals = inside[:, :2] / z[:, np.newaxis] - rays
    projection = np.zeros((len(z), 2, 3))
    projection[:, 0, 0] = projection[:, 1, 1] = 1 / z
    projection[:, :, 2] = -inside[:, :2] / (z**2)[:, np.newaxis]
    turn = camera_from_map.rotation.as_matrix()
    # The camera moves by dp and turns by dr about the map's axes: dx = R (-dp + [X - p]x dr).
    arms = skew_matrices(points_m - map_from_camera.translation_m)
    moved = np.concatenate([-np.broadcast_to(np.eye(3), arms.shape), arms], axis=2)
    jacobian = (projection @ turn @ moved).reshape(-1, 6)
    information = jacobian.T @ jacobian
    freedom = max(residuals.size - 6, 1)
    sigma2 = max(float((residuals**2).sum()) / freedom, (MIN_SIGMA_PX / focal_px) ** 2)
    if np.linalg.cond(information) > 1e12:
        return None
    inverse = np.linalg.inv(information)
    covariance = sigma2 * inverse + _jackknifed(jacobian.reshape(-1, 2, 6), inverse, residuals)
    return np.asarray((covariance + covariance.T) / 2)


def _jackknifed(jacobian: FloatArray, inverse: FloatArray, residuals: FloatArray) -> FloatArray:
    """Return the (6, 6) scatter of the poses that leaving out one point each would give.

    The jackknife form of the heteroskedastic covariance (HC3: MacKinnon & White, J. Econometrics
    1985), by points instead of rows: where few points determine the pose, one wrong match shows
    here.
    """
    moves = np.einsum('ij,mkj->mik', inverse, jacobian)
    hats = np.eye(2) - jacobian @ moves
    hats += 1e-6 * np.eye(
        2
    )  # a point that alone determines the pose would leave a singular matrix
    changes = np.einsum(
        'mik,mk->mi', moves, np.linalg.solve(hats, residuals[..., np.newaxis])[..., 0]
    )
    return np.asarray(changes.T @ changes)
