# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Local features of one image, as a map stores them, and their kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import AnyArray, RgbImage


@dataclass(frozen=True)
class DistanceRatioModel:
    """Constants of log-likelihood ratios by distances, see ``verification/distance_ratios.py``.

    Attributes:
        distance_clip: distances between descriptors are clipped here: beyond, two features are
            not of one point.
        unrelated_distance: the nearest of some thousand unrelated descriptors is seldom nearer.
        strongest: features of an image, the strongest, that all candidates are compared by.
        min_llr: a feature counts as inlier only above this, in nats.
        max_fitted: matches that an epipolar geometry is fitted to, the best ones.
    """

    distance_clip: float
    unrelated_distance: float
    strongest: int
    min_llr: float
    max_fitted: int


@dataclass(frozen=True)
class FeatureKind:
    """A kind of local feature.

    Attributes:
        name: in maps and reports.
        width: numbers of a descriptor.
        dtype: of these numbers.
        norm: length of a descriptor.
        bits: of each number in a map, 8 or 4; with 4, numbers are -8 to 7.
        match_distance: largest distance of a feature from a landmark for PnP.
        distance_ratios: where the likelihood of a place follows from distances of descriptors;
            None: from counts of inliers.
    """

    name: str
    width: int
    dtype: type[np.uint8] | type[np.int8]
    norm: float
    bits: int
    match_distance: float
    distance_ratios: DistanceRatioModel | None

    @property
    def stored_width(self) -> int:
        """Bytes of a descriptor in a map."""
        return self.width * self.bits // 8

    @property
    def stored_dtype(self) -> type[np.uint8] | type[np.int8]:
        """Type of these bytes."""
        return self.dtype if self.bits == 8 else np.uint8

    def quantise(self, vectors: NDArray[np.float32]) -> AnyArray:
        """Turn (K, width) vectors of length 1 into descriptors."""
        limits = np.iinfo(self.dtype)
        low, high = (limits.min, limits.max) if self.bits == 8 else (-8, 7)
        return np.clip(np.round(vectors * self.norm), low, high).astype(self.dtype)

    def pack(self, descriptors: AnyArray) -> AnyArray:
        """Turn (K, width) descriptors into the (K, stored_width) bytes of a map."""
        if self.bits == 8:
            return descriptors
        shifted = (descriptors + 8).astype(np.uint8)
        return np.asarray(shifted[:, ::2] << 4 | shifted[:, 1::2])

    def unpack(self, stored: AnyArray) -> AnyArray:
        """Turn the (K, stored_width) bytes of a map into (K, width) descriptors."""
        if self.bits == 8:
            return stored
        descriptors = np.empty((len(stored), self.width), self.dtype)
        descriptors[:, ::2] = stored >> 4
        descriptors[:, 1::2] = stored & 15
        return descriptors - self.dtype(8)


#: RootSIFT (Arandjelovic & Zisserman, CVPR 2012), its numbers times 512. It separates look-alikes
#: best in the light that a map was made in.
ROOT_SIFT = FeatureKind(
    'rootsift', 128, np.uint8, 512.0, 8, 150.0, DistanceRatioModel(300.0, 180.0, 100, 0.05, 40)
)
#: XFeat (Potje et al., CVPR 2024), its numbers times 22: the range holds 2.5 standard deviations.
#: It survives another light or season.
XFEAT = FeatureKind('xfeat', 64, np.int8, 22.0, 4, 13.5, None)
KINDS = {kind.name: kind for kind in (ROOT_SIFT, XFEAT)}


@dataclass(frozen=True, eq=False)
class Features:
    """Keypoints and their descriptors.

    Attributes:
        points_px: (K, 2) float32, x and y in pixels of the whole image, the strongest first.
        descriptors: (K, width) of the kind's type.
        kind: of the descriptors.
    """

    points_px: NDArray[np.float32]
    descriptors: AnyArray
    kind: FeatureKind = ROOT_SIFT

    @classmethod
    def empty(cls, kind: FeatureKind) -> Features:
        """Return no features of a kind."""
        return cls(np.zeros((0, 2), np.float32), np.zeros((0, kind.width), kind.dtype), kind)

    def __len__(self) -> int:
        return len(self.points_px)


class FeatureExtractor(Protocol):
    """Extracts local features of one kind.

    Attributes:
        kind: of the features.
        working_px: images are scaled down to this longer side before.
    """

    @property
    def kind(self) -> FeatureKind: ...  # noqa: D102

    @property
    def working_px(self) -> int: ...  # noqa: D102

    def extract(self, image: RgbImage, field: float = 1.0) -> Features:
        """Extract the features of an image; blank or tiny ones have none.

        Args:
            image: (H, W, 3) uint8.
            field: width of its field of view as a share of that of the map's images, 0 to 1: so
                much smaller is the image that features are extracted from.
        """
        ...
