# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The extractors of the kinds of local features that a map has."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from avpr_ros.errors import MapError
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.gallery_map import XFEAT_NETWORK
from avpr_ros.gallery.local_features.features import ROOT_SIFT, FeatureExtractor
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.verification.sift import SiftExtractor
from avpr_ros.verification.xfeat import XFeatExtractor

#: A network takes some ten megabytes: it is opened once for a map, whatever settings change.
_OPENED: WeakKeyDictionary[Landmarks, tuple[FeatureExtractor, ...]] = WeakKeyDictionary()


def open_extractors(gallery: Gallery, landmarks: Landmarks) -> tuple[FeatureExtractor, ...]:
    """Open an extractor for each kind of features of a map, in the order of its layers.

    They are the same for the same landmarks.

    Args:
        gallery: the map, which holds the network of a learned kind.
        landmarks: of the map.

    Raises:
        MapError: the network of a learned kind is missing or cannot be loaded.
    """
    opened = _OPENED.get(landmarks)
    if opened is None:
        opened = tuple(_open(gallery, layer.kind.name) for layer in landmarks.layers)
        _OPENED[landmarks] = opened
    return opened


def _open(gallery: Gallery, kind: str) -> FeatureExtractor:
    if kind == ROOT_SIFT.name:
        return SiftExtractor()
    network = gallery.file(XFEAT_NETWORK)
    if network is None:
        raise MapError(
            f"{gallery.path / XFEAT_NETWORK} is missing, the map's local features are of kind "
            f"'{kind}'; copy the map again or build it again"
        )
    return XFeatExtractor.open(network)
