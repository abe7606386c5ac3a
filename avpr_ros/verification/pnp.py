# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Camera pose from 2D-3D matches: PnP with its covariance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.poses import Pose
from avpr_ros.verification.projective_geometry import skew_matrices

#: Largest reprojection error of an inlier, in pixels of the image that features are extracted
#: from. With a looser bound a few wrong matches bend the pose until they fit, too.
_INLIER_PX = 1.5
#: Inliers with a larger error, in standard deviations of the others, are removed.
_MAX_SIGMAS = 3.0
_ROUNDS = 4
#: Median length of a two-dimensional normal error, in standard deviations.
_MEDIAN_SIGMAS = 1.1774
#: A pose needs at least this many inliers,
MIN_INLIERS = 12
#: and at least this share of the matches: chance finds a few among many.
_MIN_INLIER_SHARE = 0.15
#: Smallest perspective of the inliers: spread squared over focal length, in pixels. Inliers in a
#: small part of the view fit a scaled and turned picture of any repeated texture. Of crops of
#: euroc_v1 such poses were 1.5 m to 3.7 m off, with standard deviations that did not show it.
_MIN_PERSPECTIVE_PX = 2.1 * _INLIER_PX
#: In another light one match in five is right: of 300 samples none may be of right ones alone.
_ITERATIONS = 1000
#: A second pose is the first one, of less exact points, where these have a smaller median
#: reprojection error by the first.
_SAME_POSE_PX = 2.0 * _INLIER_PX
#: Lower bound of the standard deviation of a feature, in pixels.
_MIN_SIGMA_PX = 0.3


@dataclass(frozen=True, eq=False)
class CameraPose:
    """A camera's pose, its covariance and its inliers.

    Attributes:
        map_from_camera: pose of the optical frame.
        covariance: (6, 6) of position in square metres and of rotation about the fixed axes of
            the map in square radians; positive definite.
        inliers: indices of the points that fit.
        rival_inliers: number of inliers of a second pose, among the other points.
    """

    map_from_camera: Pose
    covariance: FloatArray
    inliers: IntArray
    rival_inliers: int = 0

    @property
    def unique(self) -> bool:
        """Whether a second pose has less than half as many inliers."""
        return 2 * self.rival_inliers < len(self.inliers)


def find_unique_pose(points_m: FloatArray, rays: FloatArray, focal_px: float) -> CameraPose | None:
    """Estimate the pose with most inliers, and a second one from the remaining points.

    Arguments and result are those of ``find_camera_pose``; None, too, where the inliers lie in a
    small part of the view.
    """
    found = find_camera_pose(points_m, rays, focal_px)
    if found is None:
        return None
    if focal_px * float(rays[found.inliers].var(axis=0).sum()) < _MIN_PERSPECTIVE_PX:
        return None
    left = np.delete(np.arange(len(points_m)), found.inliers)
    if 2 * len(left) < len(found.inliers):  # too few to be a rival
        return found
    rival = find_camera_pose(points_m[left], rays[left], focal_px)
    if rival is None:
        return found
    others = left[rival.inliers]
    errors_px = _errors_px(
        found.map_from_camera.inverse(), points_m[others], rays[others], focal_px
    )
    if float(np.median(errors_px)) < _SAME_POSE_PX:
        return found
    return replace(found, rival_inliers=len(rival.inliers))


def find_camera_pose(points_m: FloatArray, rays: FloatArray, focal_px: float) -> CameraPose | None:
    """Estimate the pose with most inliers.

    RANSAC over P3P (Gao et al., PAMI 2003), refined by Levenberg-Marquardt over the inliers; the
    covariance is that of the linearised least squares at the solution.

    Args:
        points_m: (M, 3) finite, in the map.
        rays: (M, 2) x/z and y/z in the optical frame.
        focal_px: focal length in pixels of the image that features are extracted from.

    Returns:
        None where inliers are too few or the points degenerate.
    """
    if len(points_m) < MIN_INLIERS:
        return None
    points, seen = (np.ascontiguousarray(a, dtype=np.float64) for a in (points_m, rays))
    try:
        # OpenCV's random numbers go on from call to call: the same query must get the same pose.
        cv2.setRNGSeed(0)
        found, turn, move, inliers = cv2.solvePnPRansac(
            points,
            seen,
            np.eye(3),
            None,
            iterationsCount=_ITERATIONS,
            reprojectionError=_INLIER_PX / focal_px,
            confidence=0.999,
            flags=cv2.SOLVEPNP_P3P,
        )
        if not found or inliers is None:
            return None
        good = np.sort(inliers[:, 0])
        min_inliers = max(MIN_INLIERS, _MIN_INLIER_SHARE * len(points))
        for _ in range(_ROUNDS):
            if len(good) < min_inliers:
                return None
            turn, move = cv2.solvePnPRefineLM(
                points[good], seen[good], np.eye(3), None, turn, move
            )
            kept = _inliers(points, seen, turn, move, good, focal_px)
            if np.array_equal(kept, good):
                break
            good = kept
    except cv2.error:  # degenerate points
        return None
    if len(good) < min_inliers or not (np.isfinite(turn).all() and np.isfinite(move).all()):
        return None
    camera_from_map = Pose(
        np.asarray(move[:, 0], dtype=np.float64), Rotation.from_rotvec(turn[:, 0])
    )
    covariance = _covariance(camera_from_map, points[good], seen[good], focal_px)
    if covariance is None:
        return None
    return CameraPose(camera_from_map.inverse(), covariance, good.astype(np.int64))


def _inliers(
    points: FloatArray,
    seen: FloatArray,
    turn: NDArray[Any],
    move: NDArray[Any],
    good: NDArray[Any],
    focal_px: float,
) -> IntArray:
    """Return the points whose reprojection error is that of the present inliers."""
    camera_from_map = Pose(np.asarray(move[:, 0]), Rotation.from_rotvec(turn[:, 0]))
    errors_px = _errors_px(camera_from_map, points, seen, focal_px)
    sigma_px = max(float(np.median(errors_px[good])) / _MEDIAN_SIGMAS, _MIN_SIGMA_PX)
    # Comparison with NaN is false: points behind the camera are no inliers.
    return np.flatnonzero(errors_px <= min(_MAX_SIGMAS * sigma_px, _INLIER_PX)).astype(np.int64)


def _errors_px(
    camera_from_map: Pose, points_m: FloatArray, rays: FloatArray, focal_px: float
) -> FloatArray:
    """Return the (M,) reprojection errors; NaN behind the camera."""
    camera = camera_from_map.rotation.apply(points_m) + camera_from_map.translation_m
    z = np.where(camera[:, 2] > 1e-6, camera[:, 2], np.nan)
    errors = np.linalg.norm(camera[:, :2] / z[:, np.newaxis] - rays, axis=1)
    return np.asarray(focal_px * errors)


def _covariance(
    camera_from_map: Pose, points_m: FloatArray, rays: FloatArray, focal_px: float
) -> FloatArray | None:
    """Return the (6, 6) covariance; None where the points do not determine all six."""
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
    sigma2 = max(float((residuals**2).sum()) / freedom, (_MIN_SIGMA_PX / focal_px) ** 2)
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


def moved_to_base(camera: CameraPose, camera_from_base: Pose) -> tuple[Pose, FloatArray]:
    """Return ``map_from_base`` and its covariance; a rotation of the camera moves the base."""
    map_from_base = camera.map_from_camera @ camera_from_base
    arm = map_from_base.translation_m - camera.map_from_camera.translation_m
    change = np.eye(6)
    change[:3, 3:] = -skew_matrices(arm[np.newaxis])[0]
    return map_from_base, np.asarray(change @ camera.covariance @ change.T)
