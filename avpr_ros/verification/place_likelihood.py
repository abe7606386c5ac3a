# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Log-likelihood ratios of the places that the local features of an image may show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.verification.layer_likelihood import LayerLikelihoods, layer_likelihoods

#: One keyframe of a place is significantly better than another where the ratio of its inliers is
#: more than this factor larger and, as few inliers are noise, this many nats: a thousand to one.
_KEYFRAME_FACTOR, _KEYFRAME_MARGIN = 2.0, 7.0


@dataclass(frozen=True, eq=False)
class PlaceLikelihoods:
    """Log-likelihood ratios of n candidate keyframes against all other places, in nats.

    Attributes:
        llr_all_matches: (n,) of the candidate's place, over all features wherever they lie.
        llr_inliers: (n,) of the keyframe, over the inliers of its epipolar geometry; 0 or more.
        llr_place: (n,) of the place, see ``LayerLikelihoods``.
    """

    llr_all_matches: FloatArray
    llr_inliers: FloatArray
    llr_place: FloatArray

    def best_keyframe(self, members: IntArray) -> int:
        """Return the most similar keyframe of a place, unless another has far more inliers.

        Args:
            members: (m,) numbers of the place's candidates, the most similar first.
        """
        first, verified = int(members[0]), int(members[self.llr_inliers[members].argmax()])
        return verified if self.significantly_better(verified, first) else first

    def significantly_better(self, candidate: int, other: int) -> bool:
        """Compare two keyframes of a place by their inliers."""
        least = _KEYFRAME_FACTOR * self.llr_inliers[other] + _KEYFRAME_MARGIN
        return bool(self.llr_inliers[candidate] > least)


def place_log_likelihood_ratios(
    query: Sequence[Features],
    layers: Sequence[FeatureLayer],
    rows: IntArray,
    same_place: NDArray[np.bool_],
    enough: float = np.inf,
) -> PlaceLikelihoods:
    """Compute the log-likelihood ratio of each candidate's place against the other candidates.

    Each kind of features is compared as ``layer_likelihoods`` does.

    Look-alikes share features of the same kind, but seldom in the same arrangement. The inliers
    of a fundamental matrix are therefore summed separately, with all features of the keyframe; in
    small or distorted images there are few of them, and the sum over all matches is larger.

    Which kind of features is informative depends on the light, so several kinds are combined as a
    mixture, see ``mix_kinds``.

    Args:
        query: features of the image, of each kind or of the first ones.
        layers: features of the map, of each kind in the same order.
        rows: (n,) candidate rows of the map.
        same_place: (n, n) whether two candidates show one place.
        enough: where ``llr_all_matches`` reaches this, no candidate is verified geometrically;
            ``llr_inliers`` is then its upper bound, the sum over all features.
    """
    kinds = [
        layer_likelihoods(features, layer, rows, same_place)
        for features, layer in zip(query, layers, strict=False)
    ]
    return combine_kinds(kinds, layers, enough)


def combine_kinds(
    kinds: Sequence[LayerLikelihoods],
    layers: Sequence[FeatureLayer],
    enough: float = np.inf,
) -> PlaceLikelihoods:
    """Combine what each kind of features gives for the same candidates.

    Args:
        kinds: of each kind or of the first ones.
        layers: as for ``place_log_likelihood_ratios``.
        enough: likewise.
    """
    llr_all_matches = mix_kinds([kind.llr_all_matches for kind in kinds], layers)
    if llr_all_matches.max() >= enough:
        upper_bounds = _sum_kinds([kind.upper_bounds for kind in kinds], layers)
        return PlaceLikelihoods(llr_all_matches, upper_bounds, llr_all_matches)
    return PlaceLikelihoods(
        llr_all_matches,
        _sum_kinds([kind.llr_inliers for kind in kinds], layers),
        mix_kinds([kind.llr_place for kind in kinds], layers),
    )


def mix_kinds(llr: Sequence[FloatArray], layers: Sequence[FeatureLayer]) -> FloatArray:
    """Combine (n,) log-likelihood ratios of each kind of features, in nats of the first kind.

    With z the excess over a kind's background in units of its scale, whose tail over impostors is
    exponential for every kind, the result is ``b + s log sum w exp(z)``, b and s being background
    and scale of the first kind: the likelihood ratio of a mixture in which kind k is the
    informative one with probability w. A kind to which this map's places look alike, or that the
    light has blinded, adds little to it, and takes nothing from it but ``s log w``.

    Args:
        llr: of the first kinds or of all; a kind that is missing counts as uninformative, so that
            the result is a lower bound.
        layers: of all kinds.
    """
    if len(layers) == 1:
        return llr[0]
    first = layers[0]
    terms = [
        math.log(layer.weight) + (of_kind - layer.background_llr) / layer.llr_scale
        for of_kind, layer in zip(llr, layers, strict=False)
    ]
    mixed = first.background_llr + first.llr_scale * np.logaddexp.reduce(terms, axis=0)
    return np.asarray(mixed)


def _sum_kinds(llr: Sequence[FloatArray], layers: Sequence[FeatureLayer]) -> FloatArray:
    """Add ratios of the keyframes of one place, each kind by its weight; 1 for the largest.

    Keyframes of a place are compared in the nats of each kind: how much an impostor reaches does
    not matter between them.
    """
    most = max(layer.weight for layer in layers)
    terms = [layer.weight / most * of_kind for of_kind, layer in zip(llr, layers, strict=False)]
    return np.asarray(np.sum(terms, axis=0))
