# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Further parts of a complete map: HOG descriptors, landmarks, augmented views, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
import json
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors
from avpr_ros.gallery.augmented_views import load_views, save_views
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.describer import Progress, no_progress
from avpr_ros.gallery.gallery_map import (
    HOG,
    LANDMARKS,
    OPTIONAL,
    WARNINGS,
    XFEAT_NETWORK,
    GalleryMap,
)
from avpr_ros.gallery.hog import HogDescriptors, hog_descriptor
from avpr_ros.gallery.local_features.features import XFEAT, FeatureExtractor
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.mapping.camera_check import camera_warnings
from avpr_ros.mapping.landmark_builder import MapFeatures, build_landmarks
from avpr_ros.storage.files import write_text_atomically
from avpr_ros.verification.sift import SiftExtractor
from avpr_ros.verification.xfeat import XFeatExtractor

#: Describes a number of views of each keyframe with the map's own network.
DescribeViews: TypeAlias = Callable[[GalleryMap, int, Progress], Descriptors]
#: Writes the report of a map, with its landmarks if any, into its folder.
WriteReport: TypeAlias = Callable[[GalleryMap, 'Landmarks | None'], None]
#: Writes the network of XFeat to a file.
WriteXFeat: TypeAlias = Callable[[Path], object]
#: Writes the gallery network of a map into its folder where queries can be described with it,
#: and returns its calibration; None where they cannot.
WriteNetwork: TypeAlias = Callable[[GalleryMap, Progress], Calibration | None]


@dataclass(frozen=True, eq=False)
class ExtractedFeatures:
    """What is computed of each keyframe alone.

    Attributes:
        hog: (N, D) ``hog_descriptor`` of all keyframes.
        features: their local features; None where the map has none.
    """

    hog: NDArray[np.float32]
    features: MapFeatures | None


@dataclass(frozen=True)
class MapContents:
    """Adds the further parts to a map that is being built.

    Attributes:
        describe_views: passed in, as it needs a network.
        write_report: passed in, as it needs a plotting library.
        views: number of augmented views of each keyframe.
        landmarks: whether local features and their landmarks are stored.
        write_xfeat: writes the network of the learned features; None: RootSIFT alone is stored.
        write_network: passed in, as it needs a network; None: nothing is written.
        left_out: drives that are not in the map, each with the reason, for its warnings.
    """

    describe_views: DescribeViews
    write_report: WriteReport
    views: int = 0
    landmarks: bool = True
    write_xfeat: WriteXFeat | None = None
    write_network: WriteNetwork | None = None
    left_out: tuple[str, ...] = ()

    @classmethod
    def like(
        cls,
        gallery: GalleryMap,
        describe_views: DescribeViews,
        write_report: WriteReport,
        write_network: WriteNetwork | None = None,
    ) -> MapContents:
        """Return the parts of an existing map, which its next revision must have too."""
        views = load_views(gallery)
        # Copied: the features of all revisions are of one network, and its package is not needed.
        network = gallery.files.get(XFEAT_NETWORK)
        return cls(
            describe_views,
            write_report,
            0 if views is None else views.shape[1],
            gallery.landmarks() is not None,
            None if network is None else lambda path: path.write_bytes(network.read()),
            write_network,
        )

    def add_to(
        self, gallery: GalleryMap, progress: Progress, extracted: ExtractedFeatures | None = None
    ) -> Calibration | None:
        """Write all parts into the folder of a map that is being built.

        Args:
            gallery: the map, with its thumbnails.
            progress: called with stage, done and total.
            extracted: what is computed of each keyframe alone, where it is there already.

        Returns:
            The calibration of the gallery network, where it stands on both sides.

        Raises:
            MapError: a thumbnail is missing or damaged.
        """
        if self.views:
            save_views(gallery.path, self.describe_views(gallery, self.views, progress))
        hog = None if extracted is None else extracted.hog
        build_hog_descriptors(gallery, progress, hog).save(gallery.path / HOG)
        landmarks = None
        warnings = [*self.left_out]
        if self.landmarks:
            features = None if extracted is None else extracted.features
            landmarks = self._build_landmarks(gallery, progress, features)
            landmarks.save(gallery.path / LANDMARKS)
            warnings += camera_warnings(gallery, landmarks)
        if warnings:
            text = json.dumps(warnings, ensure_ascii=False, indent=2)
            write_text_atomically(gallery.path / WARNINGS, f'{text}\n')
        calibration = None
        if self.write_network is not None:
            calibration = self.write_network(gallery, progress)
        self.write_report(_with_parts(gallery, calibration), landmarks)
        return calibration

    def _build_landmarks(
        self, gallery: GalleryMap, progress: Progress, extracted: MapFeatures | None
    ) -> Landmarks:
        extractors: list[FeatureExtractor] = [SiftExtractor()]
        network = gallery.path / XFEAT_NETWORK
        if self.write_xfeat is not None:
            self.write_xfeat(network)
            extractors.append(XFeatExtractor.open(network))
        landmarks = build_landmarks(gallery, progress, extractors, extracted)
        if not any(layer.kind is XFEAT for layer in landmarks.layers):
            network.unlink(missing_ok=True)
        return landmarks


def _with_parts(gallery: GalleryMap, calibration: Calibration | None) -> GalleryMap:
    """Open a map again that lists its parts: the report has their size and the content hash."""
    manifest, path = replace(gallery.manifest, calibration=calibration), gallery.path
    added = (name for name in OPTIONAL if name not in manifest.files)
    names = [*manifest.files, *(name for name in added if (path / name).is_file())]
    manifest.sealed(path, names).save(path)
    return GalleryMap.open(path, verify=False)


def build_hog_descriptors(
    gallery: GalleryMap,
    progress: Progress = no_progress,
    computed: NDArray[np.float32] | None = None,
) -> HogDescriptors:
    """Compute the HOG descriptors of all keyframes.

    Needs memory for the gradients of the whole map, 15 kB a keyframe.

    Args:
        gallery: the map with thumbnails.
        progress: called with stage, done and total.
        computed: (N, D) ``hog_descriptor`` of all keyframes, where they are there already.

    Raises:
        MapError: a thumbnail is missing or damaged.
    """
    if computed is not None:
        return HogDescriptors.fit(computed)
    return HogDescriptors.fit(
        np.stack(
            [
                hog_descriptor(image)
                for image in gallery.iter_thumbnails('HOG descriptors', progress)
            ]
        )
    )
