# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Guided matching: features near the projections of landmarks by a first pose.

Where the whole image is searched, most features have no nearest neighbour that is certain, in
another light even fewer. Near its projection a landmark has few features to choose from (as in
the tracking of a local map: Mur-Artal et al., T-RO 2015).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.poses import Pose
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.projective_geometry import project

#: Distance of a feature from the projection of its landmark, in pixels of the image that features
#: are extracted from: twice that of an inlier of the refined pose.
_RADIUS_PX = 3.0
#: Features this near are compared, at most.
_MOST_NEAR = 5
#: Largest distance of the descriptors, times that without a first pose.
_DESCRIPTOR_FACTOR = 1.3


def match_projections(
    landmarks: Landmarks,
    rows: IntArray,
    features: Sequence[Features],
    camera_model: CameraModel,
    map_from_camera: Pose,
) -> tuple[FloatArray, FloatArray]:
    """Match the landmarks of some keyframes with the features near their projections.

    A landmark has one feature; a feature may have one landmark of each keyframe, as the same
    point was triangulated in each of them.

    Args:
        landmarks: of the map.
        rows: (n,) keyframes.
        features: of the image, of each kind or of the first ones.
        camera_model: of the image.
        map_from_camera: first pose of the optical frame.

    Returns:
        (M, 3) points in the map and (M, 2) rays of their features, x/z and y/z.
    """
    points_m: list[FloatArray] = [np.zeros((0, 3))]
    rays: list[FloatArray] = [np.zeros((0, 2))]
    for of_kind, layer in zip(features, landmarks.layers, strict=False):
        if len(of_kind):
            seen = camera_model.rays(of_kind.points_px)
            radius = _RADIUS_PX / camera_model.working_focal_px
            found = _match_layer(layer, rows, of_kind, seen, radius, map_from_camera.inverse())
            points_m.append(found[0])
            rays.append(found[1])
    return np.concatenate(points_m), np.concatenate(rays)


def _match_layer(
    layer: FeatureLayer,
    rows: IntArray,
    features: Features,
    seen: FloatArray,
    radius: float,
    camera_from_map: Pose,
) -> tuple[FloatArray, FloatArray]:
    """Match the landmarks of one kind; arguments and result as ``match_projections``."""
    index, points_m = layer.landmarks_of(rows)
    projections = project(camera_from_map, points_m)
    ahead = np.flatnonzero(np.isfinite(projections[:, 0]))
    tree = cKDTree(seen)
    near = tree.query(projections[ahead], k=_MOST_NEAR, distance_upper_bound=radius)[1]
    numbers, columns = np.nonzero(near < len(seen))
    landmarks, candidates = ahead[numbers], near[numbers, columns]
    known = layer.descriptors_at(index[landmarks]).astype(np.float32)
    differences = features.descriptors[candidates].astype(np.float32) - known
    squares = np.einsum('ij,ij->i', differences, differences)
    order = np.argsort(squares, kind='stable')
    order = order[squares[order] < (_DESCRIPTOR_FACTOR * features.kind.match_distance) ** 2]
    # Of each landmark the candidate with the nearest descriptor.
    order = order[np.unique(landmarks[order], return_index=True)[1]]
    return points_m[landmarks[order]], seen[candidates[order]]
