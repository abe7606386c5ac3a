# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Descriptors of a drive about their running mean, one for each camera."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avpr_ros.arrays import Descriptors, IntArray, evenly
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.index.standardization import MAP_MEAN_IMAGES, mean_descriptor, standardized
from avpr_ros.localization.query import Query, StandardizedDescriptor
from avpr_ros.localization.temporal.appearance import RunningNormalizer
from avpr_ros.localization.temporal.sequence_places import driving_order
from avpr_ros.localization.temporal.settings import SequenceSettings

#: Pairs of successive keyframes that the statistics of a map are over.
_PAIRS = 2000
#: An image further from the mean than this many times the median keyframe is an outlier.
_OUTLIER = 2.0
#: Share of the change between successive keyframes from which on an image is a new view.
#: In another light all images differ less, before the mean has followed: a larger share would
#: leave them out.
_LEAST_NEW = 0.2
#: The light changes in minutes: images that are left out for a shorter time, as in the dark, leave
#: the mean as it is.
_MAX_GAP_S = 300.0
_SETTINGS = SequenceSettings(mean_images=MAP_MEAN_IMAGES)


@dataclass
class _CameraMean:
    """The running mean of one camera, and the stamp of its last image."""

    normalizer: RunningNormalizer
    stamp_ns: int


class DescriptorStandardizer:
    """Standardises the queries of a drive, image by image.

    Each camera's mean starts from that of the map and follows the drive; images that hardly differ
    from the last one counted have no weight, outliers a bounded influence.

    Attributes:
        map_mean: (d,) mean of the map.
    """

    def __init__(self, gallery: Gallery) -> None:
        """Measure a map of at least one keyframe."""
        dim = gallery.manifest.descriptor_space.dim

        def read(rows: IntArray) -> Descriptors:
            return gallery.index.read(rows, dim)

        self.map_mean = mean_descriptor(read, len(gallery))
        order, chain = driving_order(gallery.keyframes)
        first = evenly(len(order), _PAIRS + 1)[:-1]
        first = first[chain[first] == chain[first + 1]]
        rows = read(order[first]).astype(np.float64)
        about = standardized(rows, self.map_mean)
        following = standardized(read(order[first + 1]).astype(np.float64), self.map_mean)
        changes = 1 - np.einsum('ij,ij->i', about, following)
        lengths = np.linalg.norm(rows - self.map_mean, axis=1)
        self._novelty = max(float(np.median(changes)), 1e-3) if len(first) else 1.0
        self._reach = _OUTLIER * float(np.median(lengths)) if len(first) else np.inf
        self._cameras: dict[str, _CameraMean] = {}

    @classmethod
    def for_matcher(
        cls, gallery: Gallery, calibration: Calibration | None, standardize: bool
    ) -> DescriptorStandardizer | None:
        """Return the standardiser of a map; None where descriptors are compared as they are.

        Args:
            gallery: the map; a running session has no calibration and is never standardised.
            calibration: of the query network.
            standardize: whether the settings want it.
        """
        if not standardize or calibration is None or calibration.standardized is None:
            return None
        return cls(gallery) if len(gallery) else None

    def forget(self) -> None:
        """Return to the mean of the map."""
        # Replaced, not cleared: another thread may be in the middle of an image.
        self._cameras = {}

    def standardize(self, query: Query) -> Query:
        """Return a query with its standardised descriptor, and add it to its camera's mean.

        A stamp before the camera's last one, or more than five minutes after it, starts from the
        mean of the map again.

        Args:
            query: its descriptor is finite and of length 1.
        """
        normalizer = self._normalizer(query)
        descriptor = normalizer.normalize(np.asarray(query.descriptor, dtype=np.float64))
        return replace(query, standardized=StandardizedDescriptor(descriptor, self.map_mean))

    def _normalizer(self, query: Query) -> RunningNormalizer:
        cameras, stamp_ns = self._cameras, query.stamp_ns
        known = cameras.get(query.camera)
        if known is not None and 0 <= (stamp_ns - known.stamp_ns) * 1e-9 <= _MAX_GAP_S:
            known.stamp_ns = stamp_ns
            return known.normalizer
        fresh = RunningNormalizer(self.map_mean, self._novelty, _SETTINGS, self._reach, _LEAST_NEW)
        cameras[query.camera] = _CameraMean(fresh, stamp_ns)
        return fresh
