# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The extractors of the kinds of local features that a map has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import MapError
from avpr_ros.gallery.gallery_map import XFEAT_NETWORK
from avpr_ros.gallery.local_features.features import ROOT_SIFT, FeatureExtractor, Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.map_folder import map_file
from avpr_ros.verification.sift import SiftExtractor
from avpr_ros.verification.xfeat import XFeatExtractor


def open_extractors(folder: Path, landmarks: Landmarks) -> tuple[FeatureExtractor, ...]:
    """Open an extractor for each kind of features of a map, in the order of its layers.

    Args:
        folder: of the map, which holds the network of a learned kind.
        landmarks: of the map.

    Raises:
        MapError: the network of a learned kind is missing or cannot be loaded.
    """
    return tuple(_open(folder, layer.kind.name) for layer in landmarks.layers)


def extract_all(extractors: Sequence[FeatureExtractor], image: RgbImage) -> tuple[Features, ...]:
    """Return the features of an (H, W, 3) uint8 image, of each kind."""
    return tuple(extractor.extract(image) for extractor in extractors)


def _open(folder: Path, kind: str) -> FeatureExtractor:
    if kind == ROOT_SIFT.name:
        return SiftExtractor()
    network = map_file(folder, XFEAT_NETWORK)
    if network is None:
        raise MapError(
            f"{folder / XFEAT_NETWORK} is missing, the map's local features are of kind "
            f"'{kind}'; copy the map again or build it again"
        )
    return XFeatExtractor.open(network)
