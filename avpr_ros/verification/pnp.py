# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Camera pose from 2D-3D matches: PnP with its covariance."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.poses import Pose
from avpr_ros.verification.pose_covariance import MIN_SIGMA_PX, pose_covariance
from avpr_ros.verification.projective_geometry import project, skew_matrices

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
_ITERATIONS, _CONFIDENCE = 1000, 0.999
#: Points of a sample: three determine a pose up to four solutions, of which the last one chooses.
_SAMPLE = 4
#: A second pose is the first one, of less exact points, where these have a smaller median
#: reprojection error by the first.
_SAME_POSE_PX = 2.0 * _INLIER_PX


@dataclass(frozen=True, eq=False)
class CameraPose:
    """A camera's pose, its covariance and its inliers.

    Attributes:
        map_from_camera: pose of the optical frame.
        covariance: (6, 6) of position in square metres and of rotation about the fixed axes of
            the map in square radians; positive definite.
        inliers: indices of the points that fit.
        rival: a second pose, of other points; None where there is none.
        unique: whether the second pose has less than half as many inliers, and its refinement
            fewer than that of the first.
    """

    map_from_camera: Pose
    covariance: FloatArray
    inliers: IntArray
    rival: CameraPose | None = None
    unique: bool = True


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
    # Half as many inliers are a contradiction.
    trials = _trials(max(MIN_INLIERS, len(found.inliers) / 2) / len(left))
    rival = find_camera_pose(points_m[left], rays[left], focal_px, trials)
    if rival is None:
        return found
    others = left[rival.inliers]
    errors_px = _errors_px(
        found.map_from_camera.inverse(), points_m[others], rays[others], focal_px
    )
    if float(np.median(errors_px)) < _SAME_POSE_PX:
        return found
    return replace(found, rival=rival, unique=2 * len(others) < len(found.inliers))


def _trials(share: float) -> int:
    """Return the samples by which a pose with a share of the points is found almost surely.

    Fischler & Bolles, Comm. ACM 1981: one sample in ``share ** 4`` is of its points alone.
    """
    alone = min(share, 0.99) ** _SAMPLE
    return min(_ITERATIONS, math.ceil(math.log1p(-_CONFIDENCE) / math.log1p(-alone)))


def find_camera_pose(
    points_m: FloatArray, rays: FloatArray, focal_px: float, trials: int = _ITERATIONS
) -> CameraPose | None:
    """Estimate the pose with most inliers.

    RANSAC over P3P (Gao et al., PAMI 2003), refined by Levenberg-Marquardt over the inliers; the
    covariance is that of the linearised least squares at the solution.

    Args:
        points_m: (M, 3) finite, in the map.
        rays: (M, 2) x/z and y/z in the optical frame.
        focal_px: focal length in pixels of the image that features are extracted from.
        trials: samples that are tried, at most.

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
            iterationsCount=trials,
            reprojectionError=_INLIER_PX / focal_px,
            confidence=_CONFIDENCE,
            flags=cv2.SOLVEPNP_P3P,
        )
        if not found or inliers is None:
            return None
    except cv2.error:  # degenerate points
        return None
    min_inliers = max(MIN_INLIERS, _MIN_INLIER_SHARE * len(points))
    refined = _least_squares(
        _pose_of(turn, move), points, seen, np.sort(inliers[:, 0]), focal_px, min_inliers
    )
    if refined is None:
        return None
    camera_from_map, good = refined
    covariance = pose_covariance(camera_from_map, points[good], seen[good], focal_px)
    if covariance is None:
        return None
    return CameraPose(camera_from_map.inverse(), covariance, good.astype(np.int64))


def refine_pose(
    map_from_camera: Pose, points_m: FloatArray, rays: FloatArray, focal_px: float
) -> tuple[Pose, int] | None:
    """Refine a pose over those of other matches that fit it.

    Args:
        map_from_camera: pose of the optical frame.
        points_m: (M, 3) finite, in the map.
        rays: (M, 2) x/z and y/z in the optical frame.
        focal_px: focal length in pixels of the image that features are extracted from.

    Returns:
        The pose and the number of its inliers; None where they are too few.
    """
    camera_from_map = map_from_camera.inverse()
    fitting = np.flatnonzero(_errors_px(camera_from_map, points_m, rays, focal_px) <= _INLIER_PX)
    refined = _least_squares(camera_from_map, points_m, rays, fitting, focal_px, MIN_INLIERS)
    return None if refined is None else (refined[0].inverse(), len(refined[1]))


def _least_squares(
    camera_from_map: Pose,
    points: FloatArray,
    seen: FloatArray,
    good: NDArray[Any],
    focal_px: float,
    min_inliers: float,
) -> tuple[Pose, NDArray[Any]] | None:
    """Minimise the reprojection errors of the inliers, and choose these anew by the result."""
    turn: NDArray[Any] = camera_from_map.rotation.as_rotvec().reshape(3, 1).copy()
    move: NDArray[Any] = camera_from_map.translation_m.reshape(3, 1).copy()
    for _ in range(_ROUNDS):
        if len(good) < min_inliers:
            return None
        try:
            turn, move = cv2.solvePnPRefineLM(
                points[good], seen[good], np.eye(3), None, turn, move
            )
        except cv2.error:  # degenerate points
            return None
        if not (np.isfinite(turn).all() and np.isfinite(move).all()):
            return None
        camera_from_map = _pose_of(turn, move)
        kept = _inliers(points, seen, camera_from_map, good, focal_px)
        if np.array_equal(kept, good):
            break
        good = kept
    return None if len(good) < min_inliers else (camera_from_map, good)


def _pose_of(turn: NDArray[Any], move: NDArray[Any]) -> Pose:
    """Return the pose of a rotation vector and a translation as OpenCV has them."""
    return Pose(np.asarray(move[:, 0], dtype=np.float64), Rotation.from_rotvec(turn[:, 0]))


def _inliers(
    points: FloatArray,
    seen: FloatArray,
    camera_from_map: Pose,
    good: NDArray[Any],
    focal_px: float,
) -> IntArray:
    """Return the points whose reprojection error is that of the present inliers."""
    errors_px = _errors_px(camera_from_map, points, seen, focal_px)
    sigma_px = max(float(np.median(errors_px[good])) / _MEDIAN_SIGMAS, MIN_SIGMA_PX)
    # Comparison with NaN is false: points behind the camera are no inliers.
    return np.flatnonzero(errors_px <= min(_MAX_SIGMAS * sigma_px, _INLIER_PX)).astype(np.int64)


def _errors_px(
    camera_from_map: Pose, points_m: FloatArray, rays: FloatArray, focal_px: float
) -> FloatArray:
    """Return the (M,) reprojection errors; NaN behind the camera."""
    errors = np.linalg.norm(project(camera_from_map, points_m) - rays, axis=1)
    return np.asarray(focal_px * errors)


def moved_to_base(camera: CameraPose, camera_from_base: Pose) -> tuple[Pose, FloatArray]:
    """Return ``map_from_base`` and its covariance; a rotation of the camera moves the base."""
    map_from_base = camera.map_from_camera @ camera_from_base
    arm = map_from_base.translation_m - camera.map_from_camera.translation_m
    change = np.eye(6)
    change[:3, 3:] = -skew_matrices(arm[np.newaxis])[0]
    return map_from_base, np.asarray(change @ camera.covariance @ change.T)
