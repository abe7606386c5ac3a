# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Log-likelihood ratios of candidate places by ratios of distances between descriptors."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import DistanceRatioModel, Features
from avpr_ros.verification.epipolar import epipolar_inliers, to_working_scale_px
from avpr_ros.verification.nearest_neighbours import nearest_of

#: Candidates that are verified geometrically, with all their features, and how many of one place.
_MAX_VERIFIED, _MAX_PER_PLACE = 6, 2
#: Candidates whose upper bound is below this part of the largest one are pruned.
_PRUNE_RATIO = 0.5
#: In a map of one place, this quantile of the distances stands for those in other places.
_SINGLE_PLACE_QUANTILE = 0.6
#: A feature that is nearer elsewhere counts against a place by this at most, in nats.
_MAX_NEGATIVE_LLR = 0.3


class DistanceRatioLikelihoods:
    """Compares the features of an image with those of n candidates; see ``LayerLikelihoods``.

    With h the distance of a query feature to its nearest neighbour in the place and e to its
    nearest neighbour elsewhere, the ratio is ``sum log(e / h)`` over the features: a
    log-likelihood ratio if distances between descriptors of one point follow a power law (after
    NBNN: Boiman et al., CVPR 2008). A feature that every place has, as those of a door, adds 0.

    Attributes:
        llr_all_matches: (n,) of the candidate's place, over the strongest features wherever they
            lie.
        upper_bounds: (n,) largest value that ``llr_inliers`` may have.
        llr_inliers: (n,) of the keyframe, over the epipolar inliers of the best candidates; 0 for
            candidates that are not verified, and for those without enough inliers. Computed at
            the first access, which fits the epipolar geometries.
    """

    def __init__(
        self,
        query: Features,
        layer: FeatureLayer,
        rows: IntArray,
        same_place: NDArray[np.bool_],
        model: DistanceRatioModel,
    ) -> None:
        """Compare the strongest features.

        Args:
            query: features of the image.
            layer: those of the map, of the same kind.
            rows: (n,) candidate rows of the map.
            same_place: (n, n) whether two candidates show one place.
            model: constants of the kind.
        """
        self._query, self._layer, self._rows = query, layer, rows
        self._model = model
        self._same_place = same_place
        self.llr_all_matches = np.zeros(len(rows))
        self.upper_bounds = np.zeros(len(rows))
        self._nearest = self._strongest_distances()
        if not self._nearest.size:
            return
        elsewhere = np.stack([self._elsewhere(same) for same in same_place])
        places = np.stack([self._nearest[same].min(axis=0) for same in same_place])
        ratios = np.log(elsewhere / places)[:, : model.strongest]
        self.llr_all_matches = np.maximum(ratios, -_MAX_NEGATIVE_LLR).sum(axis=1)
        self.upper_bounds = np.maximum(np.log(elsewhere / self._nearest), 0.0).sum(axis=1)

    @property
    def llr_place(self) -> FloatArray:  # noqa: D102
        best = np.where(self._same_place, self.llr_inliers, 0.0).max(axis=1)
        return np.asarray(np.maximum(self.llr_all_matches, best))

    @cached_property
    def llr_inliers(self) -> FloatArray:  # noqa: D102
        llr = np.zeros(len(self._rows))
        if not self._nearest.size:
            return llr
        matches = {number: self._match(number) for number in self._unpruned()}
        for number, matched in matches.items():
            llr[number] = self._inlier_llr(number, matched)
        return llr

    @cached_property
    def _query_px(self) -> NDArray[np.float32]:
        return to_working_scale_px(self._query.points_px)

    def _unpruned(self) -> list[int]:
        """Return the numbers of the candidates to be verified, a few of each place."""
        chosen: list[int] = []
        order = np.argsort(-self.upper_bounds, kind='stable')
        least = _PRUNE_RATIO * self.upper_bounds[order[0]]
        for number in order[self.upper_bounds[order] >= least].tolist():
            if len(chosen) == _MAX_VERIFIED:
                break
            of_place = self._same_place[number, chosen].sum()
            if of_place < _MAX_PER_PLACE and len(self._layer.features(int(self._rows[number]))):
                chosen.append(number)
        return chosen

    def _match(self, number: int) -> IntArray:
        """Compare all features of a candidate; return the nearest of each query feature."""
        known = self._layer.features(int(self._rows[number])).descriptors
        matched, squares = nearest_of(self._query.descriptors, known)
        self._nearest[number] = np.clip(np.sqrt(squares), 1.0, self._model.distance_clip)
        return matched

    def _inlier_llr(self, number: int, matched: IntArray) -> float:
        elsewhere = self._elsewhere(self._same_place[number])
        weights = np.log(elsewhere / self._nearest[number]) - self._model.min_llr
        used = np.flatnonzero(weights > 0)
        # Best matches first: PROSAC samples in this order.
        used = used[np.argsort(-weights[used], kind='stable')]
        points_px = self._layer.features(int(self._rows[number])).points_px
        keyframe_px = to_working_scale_px(points_px)[matched[used]]
        inliers = epipolar_inliers(self._query_px[used], keyframe_px, self._model.max_fitted)
        return float(weights[used][inliers].sum())

    def _elsewhere(self, same: NDArray[np.bool_]) -> FloatArray:
        """Return (K,) distance of each feature to its nearest neighbour in all other places.

        A map of one place has no other to compare with: a quantile over the features stands for
        it, as the image may show something outside the map.
        """
        if not same.all():
            return np.asarray(self._nearest[~same].min(axis=0))
        model = self._model
        found = float(np.quantile(self._nearest.min(axis=0), _SINGLE_PLACE_QUANTILE))
        return np.full(
            self._nearest.shape[1], np.clip(found, model.unrelated_distance, model.distance_clip)
        )

    def _strongest_distances(self) -> FloatArray:
        """Return (n, K) distances of query features to the nearest of each candidate's strongest.

        Returns:
            Empty where there is nothing to compare.
        """
        model = self._model
        descriptors = self._query.descriptors.astype(np.float32)
        slices = [self._layer.feature_slice(int(row)) for row in self._rows]
        slices = [slice(s.start, min(s.stop, s.start + model.strongest)) for s in slices]
        sizes = np.array([s.stop - s.start for s in slices])
        if not len(descriptors) or not sizes.any():
            return np.zeros((0, 0))
        known = np.concatenate([self._layer.descriptors_at(s) for s in slices])
        known = known.astype(np.float32)
        # |a - b|^2 = |a|^2 - 2 (a.b - |b|^2 / 2): only the nearest of each candidate is needed.
        halves = np.einsum('ij,ij->i', known, known) / 2
        ones = np.ones(len(descriptors), np.float32)
        closeness = np.column_stack([known, -halves]) @ np.column_stack([descriptors, ones]).T
        filled = np.flatnonzero(sizes)
        starts = np.concatenate([[0], np.cumsum(sizes[filled])[:-1]])
        best = np.maximum.reduceat(closeness, starts, axis=0)
        squares = np.einsum('ij,ij->i', descriptors, descriptors) - 2 * best
        nearest = np.full((len(self._rows), len(descriptors)), model.distance_clip)
        nearest[filled] = np.clip(np.sqrt(np.maximum(squares, 0.0)), 1.0, model.distance_clip)
        return nearest
