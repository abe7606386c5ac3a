# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Spacing of keyframes, and the rule by which two poses are of distinct places."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.gallery import Gallery

#: Two poses turned by more than this against each other show different views, unless set
#: otherwise.
DISTINCT_ANGLE_RAD = math.pi / 2
#: No rotation is larger: places are compared by position alone.
ANY_ANGLE_RAD = math.pi

_DISTINCT_SPACINGS = 5.0
#: However dense the keyframes are, poses within this distance show the same place.
_MIN_DISTINCT_M = 2.0
#: A place is flat: a radius of several keyframe spacings would reach through the ceiling into the
#: next storey, which is no less than 2.4 m up. A street that climbs one in four is still one
#: place.
_MAX_RISE_M = 2.0
_MAX_SLOPE = 0.25


def keyframe_spacing_m(gallery: Gallery) -> float:
    """Return the distance between keyframes: as set at build, or the median step if larger."""
    steps_m = gallery.keyframes.steps_m()
    typical_m = float(np.median(steps_m)) if steps_m.size else 0.0
    return max(gallery.manifest.keyframe_spacing.distance_m, typical_m)


def default_distinct_radius_m(gallery: Gallery) -> float:
    """Return the radius of a place: five keyframe spacings, but at least two metres."""
    return max(_DISTINCT_SPACINGS * keyframe_spacing_m(gallery), _MIN_DISTINCT_M)


@dataclass(frozen=True)
class PlaceCriterion:
    """Decides whether two poses are of distinct places: by distance, height and rotation.

    Two poses are distinct where they lie farther apart than the radius, where one lies a storey
    above the other, or where they are turned against each other by more than the angle. Poses are
    rows x y z qx qy qz qw in a frame whose z points up, with unit quaternions.

    Attributes:
        radius_m: largest distance within a place.
        angle_rad: largest rotation within a view; ``ANY_ANGLE_RAD`` compares positions alone.
    """

    radius_m: float
    angle_rad: float

    @property
    def max_rise_m(self) -> float:
        """Largest difference in height within a place."""
        return max(_MAX_RISE_M, _MAX_SLOPE * self.radius_m)

    def distinct(self, pose: FloatArray, others: FloatArray) -> NDArray[np.bool_]:
        """Compare one (7,) pose with (K, 7) others; (K,) whether they are distinct."""
        elsewhere = self._elsewhere(others[:, :3] - pose[:3])
        if self.angle_rad >= ANY_ANGLE_RAD:
            return elsewhere
        return np.asarray(elsewhere | self._turned(others[:, 3:] @ pose[3:]))

    def all_distinct(self, poses: FloatArray) -> NDArray[np.bool_]:
        """Compare each two of (n, 7) poses; (n, n) whether they are distinct."""
        positions_m, quaternions = poses[:, :3], poses[:, 3:]
        elsewhere = self._elsewhere(positions_m[:, np.newaxis] - positions_m)
        if self.angle_rad >= ANY_ANGLE_RAD:
            return elsewhere
        return np.asarray(elsewhere | self._turned(quaternions @ quaternions.T))

    def pairs_within(self, poses: FloatArray, tree: cKDTree | None = None) -> IntArray:
        """Return (P, 2) row numbers of the pairs of (n, 7) poses that are not distinct, each once.

        Args:
            poses: (n, 7) rows.
            tree: of their positions, where there is one already.
        """
        found = cKDTree(poses[:, :3]) if tree is None else tree
        pairs = found.query_pairs(self.radius_m, output_type='ndarray')
        first, second = poses[pairs[:, 0]], poses[pairs[:, 1]]
        apart = self._elsewhere(first[:, :3] - second[:, :3])
        if self.angle_rad < ANY_ANGLE_RAD:
            apart = apart | self._turned((first[:, 3:] * second[:, 3:]).sum(axis=1))
        return np.asarray(pairs[~apart], dtype=np.int64)

    def _elsewhere(self, offsets_m: FloatArray) -> NDArray[np.bool_]:
        """Return for (..., 3) offsets whether they lead out of the place."""
        # Evaluated for every candidate of every image: squares are much cheaper than numpy's norm.
        far = np.einsum('...i,...i->...', offsets_m, offsets_m) > self.radius_m**2
        return np.asarray(far | (np.abs(offsets_m[..., 2]) > self.max_rise_m), dtype=np.bool_)

    def _turned(self, products: FloatArray) -> NDArray[np.bool_]:
        """Return for inner products of quaternions whether the rotation exceeds the angle."""
        return np.asarray(np.abs(products) < math.cos(self.angle_rad / 2))


def unit_pose_rows(poses: FloatArray) -> FloatArray:
    """Return a copy of (N, 7) poses x y z qx qy qz qw with quaternions of length one."""
    quaternions = poses[:, 3:] / np.linalg.norm(poses[:, 3:], axis=1, keepdims=True)
    return np.hstack([poses[:, :3], quaternions])
