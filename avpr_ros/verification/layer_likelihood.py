# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Log-likelihood ratios of candidate places by the local features of one kind."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.verification.distance_ratios import DistanceRatioLikelihoods
from avpr_ros.verification.inlier_counts import InlierCountLikelihoods


class LayerLikelihoods(Protocol):
    """Log-likelihood ratios of n candidate keyframes and their places by one kind of features.

    Attributes:
        llr_all_matches: (n,) of the candidate's place, over the features wherever they lie; -inf
            for kinds that are compared by inliers alone.
        upper_bounds: (n,) largest value that ``llr_inliers`` may have.
        llr_inliers: (n,) of the keyframe, over the epipolar inliers of the best candidates; 0 for
            candidates that are not verified, and for those without enough inliers. Computed at
            the first access, which fits the epipolar geometries.
        llr_place: (n,) of the place: the larger of ``llr_all_matches`` and the ``llr_inliers`` of
            its best keyframe; for kinds that are compared by inliers alone, over its best three.
    """

    @property
    def llr_all_matches(self) -> FloatArray: ...  # noqa: D102

    @property
    def upper_bounds(self) -> FloatArray: ...  # noqa: D102

    @property
    def llr_inliers(self) -> FloatArray: ...  # noqa: D102

    @property
    def llr_place(self) -> FloatArray: ...  # noqa: D102


def layer_likelihoods(
    query: Features, layer: FeatureLayer, rows: IntArray, same_place: NDArray[np.bool_]
) -> LayerLikelihoods:
    """Compare the features of an image with those of n candidates, as their kind requires.

    Args:
        query: features of the image.
        layer: those of the map, of the same kind.
        rows: (n,) candidate rows of the map.
        same_place: (n, n) whether two candidates show one place.
    """
    model = query.kind.distance_ratios
    if model is None:
        return InlierCountLikelihoods(query, layer, rows, same_place)
    return DistanceRatioLikelihoods(query, layer, rows, same_place, model)
