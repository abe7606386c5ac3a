# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Landmarks of a map, built from its thumbnails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from avpr_ros.arrays import IntArray
from avpr_ros.gallery.describer import Progress, no_progress
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.local_features.features import FeatureExtractor, Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.places import default_distinct_radius_m
from avpr_ros.mapping.impostors import score_impostors
from avpr_ros.mapping.kind_weights import with_kind_weights
from avpr_ros.mapping.pose_consistency import covariance_scale
from avpr_ros.verification.sift import SiftExtractor
from avpr_ros.verification.triangulation import MatchFeatures, triangulate


@dataclass(frozen=True, eq=False)
class MapFeatures:
    """Local features of all keyframes of a map.

    Attributes:
        features: of each kind, those of the N keyframes.
        sizes_px: (N, 2) width and height of their thumbnails.
        match: returns the matches of two keyframes of a kind; None: they are computed.
    """

    features: Sequence[Sequence[Features]]
    sizes_px: IntArray
    match: MatchFeatures | None = None


def extract_features(
    gallery: GalleryMap,
    progress: Progress = no_progress,
    extractors: Sequence[FeatureExtractor] = (SiftExtractor(),),
) -> MapFeatures:
    """Extract the local features of all keyframes from their thumbnails.

    Args:
        gallery: the map with thumbnails, sealed.
        progress: called with stage, done and total.
        extractors: one of each kind of features.

    Raises:
        MapError: a thumbnail is missing or damaged.
    """
    features: list[list[Features]] = [[] for _ in extractors]
    sizes_px = []
    for image in gallery.iter_thumbnails('features', progress):
        for images, extractor in zip(features, extractors, strict=True):
            images.append(extractor.extract(image))
        sizes_px.append(image.shape[1::-1])
    return MapFeatures(features, np.array(sizes_px, dtype=np.int64))


def build_landmarks(
    gallery: GalleryMap,
    progress: Progress = no_progress,
    extractors: Sequence[FeatureExtractor] = (SiftExtractor(),),
    extracted: MapFeatures | None = None,
) -> Landmarks:
    """Extract local features, triangulate them and calibrate their thresholds on the map.

    Needs memory for the features of the whole map, 75 kB a keyframe.

    Args:
        gallery: the map with thumbnails, sealed.
        progress: called with stage, done and total.
        extractors: one of each kind of features.
        extracted: the features, where they are there already.

    Raises:
        MapError: a thumbnail is missing or damaged.
    """
    found = extracted or extract_features(gallery, progress, extractors)
    cameras, keyframes = gallery.manifest.cameras, gallery.keyframes
    progress('landmarks', 0, 1)
    bare = Landmarks.without_points(found.features, len(cameras))
    sizes = found.sizes_px
    landmarks = triangulate(bare, keyframes, cameras, sizes, found.match)
    radius_m = default_distinct_radius_m(gallery)
    descriptors = gallery.read_descriptors()
    landmarks = with_kind_weights(landmarks, descriptors, keyframes, radius_m)
    impostors = score_impostors(landmarks, descriptors, keyframes, radius_m)
    first_kind_floor = None
    if len(landmarks.recognition_layers) > 1:
        first = replace(landmarks, layers=landmarks.layers[:1])
        first_kind_floor = score_impostors(first, descriptors, keyframes, radius_m).floor
    landmarks = replace(
        landmarks,
        first_kind_floor=first_kind_floor,
        background_llr=impostors.background_llr,
        min_accumulated_llr=impostors.min_accumulated_llr,
        min_single_image_llr=impostors.min_single_image_llr,
    )
    scale = covariance_scale(landmarks, keyframes, cameras, sizes)
    progress('landmarks', 1, 1)
    return replace(landmarks, covariance_scale=scale)
