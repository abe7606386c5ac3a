# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Check a camera model by the epipolar geometry of pairs of its own images.

The matches of a rigid scene fulfil the epipolar constraint of an essential matrix only where the
viewing rays are right. If those of another model fulfil it clearly better (no distortion, or that
of a wide lens), the given one is not that of these images. The focal length hardly shows: a wrong
one is found by the rotation of the poses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, RgbImage
from avpr_ros.errors import CalibrationError, ImageDecodeError
from avpr_ros.mapping.camera_check import PosedPair, contradiction
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics, Frame
from avpr_ros.sources.intrinsics import is_fisheye
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.cameras.other_camera_models import camera_models
from avpr_ros.verification.epipolar import count_essential_inliers

#: Images of a pair are this far apart: metres, or radians.
_PAIR_M, _PAIR_RAD = 0.25, 0.12
_MOST_IMAGES, _FEWEST_PAIRS, _FEWEST_MATCHES = 16, 8, 80
_FEATURES, _RATIO = 1500, 0.8
_THRESHOLD_PX = 1.0
#: Largest epipolar error against the poses, in pixels of the image that maps extract features
#: from, and the shortest baseline that these are compared over.
_POSE_THRESHOLD_PX, _POSE_BASELINE_M = 2.0, 0.1
#: Another model is better with this many times the inliers of all pairs, and with more of them in
#: this share of the pairs.
_BETTER, _MORE, _SHARE = 1.12, 1.05, 0.7
#: Radial distortion k1, k2 of common wide lenses, where the model has none.
_BARREL = ((-0.15, 0.02), (-0.28, 0.07), (-0.38, 0.14))


class _ImagePair(NamedTuple):
    """(M, 2) pixels of matches in two images, their size, and the poses of the base."""

    first_px: FloatArray
    second_px: FloatArray
    size_px: tuple[int, int]
    map_from_first: Pose
    map_from_second: Pose


def camera_model_checks(camera: Camera, frames: Iterable[Frame]) -> tuple[PreflightCheck, ...]:
    """Check the intrinsics of a camera.

    Args:
        camera: with intrinsics; without them nothing is checked.
        frames: of the drive, in order; those of other cameras are skipped.
    """
    if camera.intrinsics is None:
        return ()
    pairs = list(_pairs(_spread(camera.name, frames)))
    if len(pairs) < _FEWEST_PAIRS:
        return ()
    try:
        given = _inliers(camera.intrinsics, pairs)
    except ValueError as error:
        text = f'The camera model of {camera.name} cannot be used: {error}.'
        return (PreflightCheck('camera model', 'error', text),)
    best: tuple[float, str] = (0.0, '')
    for words, candidate in _candidates(camera.intrinsics):
        try:
            counts = _inliers(candidate, pairs)
        except CalibrationError:  # strong distortion folds a wide view
            continue
        times = float(counts.sum() / max(given.sum(), 1.0))
        if times >= _BETTER and (counts > _MORE * given).mean() >= _SHARE:
            best = max(best, (times, words))
    if not best[1]:
        return _pose_checks(camera, pairs)
    text = (
        f'In {len(pairs)} pairs of images of camera {camera.name} {best[0]:.2f} times as many '
        f'matches fulfil the epipolar constraint {best[1]}.'
    )
    return (PreflightCheck('camera model', 'error', text),)


def _pose_checks(camera: Camera, pairs: list[_ImagePair]) -> tuple[PreflightCheck, ...]:
    """Compare the epipolar geometry of poses and extrinsics with the matches."""
    if camera.intrinsics is None or camera.base_from_camera is None:
        return ()
    models = camera_models(camera.intrinsics, *pairs[0].size_px)
    tolerance = _POSE_THRESHOLD_PX / models.given.working_focal_px
    posed = [
        PosedPair(
            pair.map_from_first,
            pair.map_from_second,
            pair.first_px.astype(np.float32),
            pair.second_px.astype(np.float32),
        )
        for pair in pairs
        if pair.map_from_first.distance_m(pair.map_from_second) >= _POSE_BASELINE_M
    ]
    found = contradiction(posed, camera.base_from_camera, Rotation.identity(), models, tolerance)
    if found is None:
        return ()
    return (PreflightCheck(found.name, 'error', f'Camera {camera.name}: {found.text}'),)


def _candidates(given: CameraIntrinsics) -> Iterator[tuple[str, CameraIntrinsics]]:
    bare = replace(given, distortion_model='plumb_bob', d=())
    if any(abs(value) > 1e-3 for value in given.d):
        yield 'without distortion: the images are rectified already, or of another lens', bare
        if not is_fisheye(given.distortion_model):
            yield (
                "with the distortion of a fisheye lens: name its distortion_model, 'equidistant'",
                replace(bare, distortion_model='equidistant', d=(0.0,) * 4),
            )
    else:
        for k1, k2 in _BARREL:
            yield (
                'with barrel distortion: the images are not rectified, camera_info says they are',
                replace(bare, d=(k1, k2, 0.0, 0.0, 0.0)),
            )


def _spread(camera: str, frames: Iterable[Frame]) -> Iterator[tuple[RgbImage, Pose]]:
    """Yield images between which the camera has moved."""
    last = None
    count = 0
    for frame in frames:
        if frame.camera != camera:
            continue
        pose = frame.map_from_base
        near = last is not None and (
            pose.distance_m(last) < _PAIR_M and pose.angle_rad(last) < _PAIR_RAD
        )
        if near:
            continue
        try:
            yield frame.decode(), pose
        except ImageDecodeError:
            continue
        last = pose
        count += 1
        if count >= _MOST_IMAGES:
            return


def _pairs(images: Iterable[tuple[RgbImage, Pose]]) -> Iterator[_ImagePair]:
    """Match each image with the two before it."""
    sift = cv2.SIFT_create(nfeatures=_FEATURES)  # type: ignore[attr-defined]
    recent: list[tuple[NDArray[np.float32], NDArray[np.float32], Pose]] = []
    for image, pose in images:
        keypoints, descriptors = sift.detectAndCompute(
            cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None
        )
        if descriptors is None or len(keypoints) < _FEWEST_MATCHES:
            recent = []
            continue
        points = np.array([point.pt for point in keypoints], dtype=np.float32)
        recent = [*recent[-1:], (points, descriptors, pose)]
        for (first, known, before), (second, new, after) in combinations(recent, 2):
            matches = cv2.BFMatcher().knnMatch(known, new, k=2)
            good = [m for m, n in matches if m.distance < _RATIO * n.distance]
            if len(good) >= _FEWEST_MATCHES:
                rows = np.array([(m.queryIdx, m.trainIdx) for m in good])
                size = (image.shape[1], image.shape[0])
                yield _ImagePair(
                    np.asarray(first[rows[:, 0]], dtype=np.float64),
                    np.asarray(second[rows[:, 1]], dtype=np.float64),
                    size,
                    before,
                    after,
                )


def _inliers(intrinsics: CameraIntrinsics, pairs: list[_ImagePair]) -> FloatArray:
    """Return the (P,) numbers of matches that fulfil the epipolar constraint of a model."""
    counts = []
    for pair in pairs:
        model = CameraModel(intrinsics, *pair.size_px)
        rays = model.rays(pair.first_px), model.rays(pair.second_px)
        counts.append(count_essential_inliers(*rays, _THRESHOLD_PX / model.focal_px))
    return np.array(counts, dtype=np.float64)
