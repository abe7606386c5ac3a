# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Whether images are rectified, by the epipolar constraint of pairs of them.

The matches of a rigid scene fulfil the constraint of an essential matrix where the viewing rays
are right: those of K with distortion for raw images, those of P for rectified ones.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.images.decode import decode_compressed, decode_image
from avpr_ros.sources.intrinsics import is_fisheye

#: Pairs that are measured, images that are tried for them, and the fewest pairs for a verdict.
_MOST_PAIRS, _MOST_IMAGES, _FEWEST_PAIRS = 16, 100, 6
_FEATURES, _RATIO, _FEWEST_MATCHES = 1500, 0.8, 60
#: Most images that are passed over while the camera stands.
_LONGEST_PAUSE = 256
#: Median motion of the matches of a pair, as a share of the width.
_LEAST_MOTION = 0.02
#: Longer side that images are scaled down to, and the largest epipolar error as a share of the
#: width: a pixel at that size.
_WORKING_PX, _TOLERANCE = 640, 1 / 640
#: One camera model is better with this many times the inliers, in this share of the pairs.
_BETTER, _SHARE = 1.05, 0.7
#: Share of the pairs against the name of the topic; on euroc_v1 all of them.
_SHARE_AGAINST_NAME = 0.9

_Points = NDArray[np.float32]


class RectificationMeter:
    """Collects matches of pairs of images of one camera."""

    def __init__(self) -> None:
        """Start without images."""
        self._pairs: list[tuple[_Points, _Points]] = []
        self._seen = 0
        self._pause = self._waiting = 0
        self._last: tuple[_Points, NDArray[np.float32]] | None = None
        self._sift = cv2.SIFT.create(_FEATURES)

    def wants_next(self) -> bool:
        """Return whether another image is of use."""
        return self._seen < _MOST_IMAGES and len(self._pairs) < _MOST_PAIRS

    def stop(self) -> None:
        """Take no further image."""
        self._seen = _MOST_IMAGES

    def add(self, message: Any) -> None:
        """Take an image message; one that cannot be decoded, or shows the same, is no use."""
        if self._waiting:
            self._waiting -= 1
            return
        self._seen += 1
        decode = decode_image if hasattr(message, 'encoding') else decode_compressed
        try:
            image = decode(message)
        except ImageDecodeError:
            return
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        scale = min(1.0, _WORKING_PX / max(grey.shape))
        if scale < 1.0:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        keypoints, descriptors = self._sift.detectAndCompute(grey, None)
        if descriptors is None or len(keypoints) < _FEWEST_MATCHES:
            self._last = None
            return
        points = np.array([keypoint.pt for keypoint in keypoints], dtype=np.float32)
        points = (points + np.float32(0.5)) / np.float32(scale) - np.float32(0.5)
        if self._last is not None:
            known, described = self._last
            found = cv2.BFMatcher().knnMatch(described, descriptors, k=2)
            rows = np.array(
                [(m.queryIdx, m.trainIdx) for m, n in found if m.distance < _RATIO * n.distance],
                dtype=np.int64,
            ).reshape(-1, 2)
            first, second = known[rows[:, 0]], points[rows[:, 1]]
            if len(rows) >= _FEWEST_MATCHES:
                moved_px = float(np.median(np.linalg.norm(first - second, axis=1)))
                if moved_px < _LEAST_MOTION * image.shape[1]:
                    self._pause = min(2 * self._pause + 1, _LONGEST_PAUSE)
                    self._waiting = self._pause
                    return
                self._pairs.append((first, second))
        self._pause = 0
        self._last = (points, np.asarray(descriptors, dtype=np.float32))

    def verdict(
        self, raw: CameraIntrinsics, ideal: CameraIntrinsics, named: bool | None = None
    ) -> bool | None:
        """Return whether the images are rectified; None where the pairs do not show it.

        Args:
            raw: K and D at the size of the images.
            ideal: P at that size.
            named: what the topic's name states; more evidence is needed against it.
        """
        if len(self._pairs) < _FEWEST_PAIRS:
            return None
        counts = np.array([[_inliers(pair, one) for one in (raw, ideal)] for pair in self._pairs])
        for rectified in (False, True):
            other, own = counts[:, int(not rectified)], counts[:, int(rectified)]
            against = named is not None and rectified != named
            share = _SHARE_AGAINST_NAME if against else _SHARE
            if (own > _BETTER * other).mean() >= share:
                return rectified
        return None


def _inliers(pair: tuple[_Points, _Points], intrinsics: CameraIntrinsics) -> int:
    """Return how many matches satisfy one essential matrix."""
    k = np.array(intrinsics.k).reshape(3, 3)
    d = np.array(intrinsics.d, dtype=np.float64)
    try:
        if is_fisheye(intrinsics.distortion_model):
            a, b = (cv2.fisheye.undistortPoints(one[:, np.newaxis], k, d[:4]) for one in pair)
        else:
            a, b = (cv2.undistortPoints(one[:, np.newaxis], k, d) for one in pair)
        cv2.setRNGSeed(0)
        threshold = _TOLERANCE * intrinsics.width_px / k[0, 0]
        _, inliers = cv2.findEssentialMat(
            a, b, np.eye(3), method=cv2.RANSAC, prob=0.999, threshold=threshold
        )
    except cv2.error:  # parameters that cannot be computed with
        return 0
    return 0 if inliers is None else int(inliers.sum())
