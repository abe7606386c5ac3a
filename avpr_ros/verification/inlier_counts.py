# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Log-likelihood ratios of candidate places by the number of their epipolar inliers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import AnyArray, FloatArray, IntArray
from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.verification.epipolar import MIN_INLIERS, most_inliers, to_working_scale_px
from avpr_ros.verification.nearest_neighbours import mutual_pairs

#: Candidates that are verified geometrically, and how many of one place.
_MAX_VERIFIED, _MAX_PER_PLACE = 12, 4
#: Keyframes of a place, those with the largest ratios, whose mean is the ratio of the place. A
#: geometry by chance is that of one keyframe, while the right place is seen from several.
_POOLED = 3
#: Features of an image, the strongest, by which these are chosen.
_SCREENED = 300
#: Share of inliers among the matches with a place that the image does not show, before other
#: candidates were seen, and how many matches this estimate stands for.
_PRIOR_RATE, _PRIOR_MATCHES = 0.2, 20


@dataclass(frozen=True, eq=False)
class _Candidate:
    """Mutual nearest neighbours of an image and a keyframe: (M,) indices, the closest first."""

    of_query: IntArray
    of_keyframe: IntArray
    similarity: float


class InlierCountLikelihoods:
    """Counts the inliers of each candidate; see ``LayerLikelihoods``.

    Another light changes descriptors so much that ratios of their distances say little, while the
    number of matches that agree with one epipolar geometry stays high at the right place. With c
    inliers among m mutual nearest neighbours, and q the share of inliers at places that the image
    does not show, the generalised likelihood ratio of two binomial distributions is
    ``m KL(c / m || q)`` where c / m exceeds q. q is the pooled share over the other places among
    the candidates, so that it is that of this image, in its light. The ratio of a place is the
    mean of those of its best three keyframes. Its log-likelihood ratio is that less the ratio of
    the best other place that does not overlap with it: one that does shows the same things from
    farther off, and would be weighed against the right one.

    Attributes:
        llr_all_matches: (n,) minus infinity: matches that agree on no geometry do not count.
    """

    def __init__(
        self,
        query: Features,
        layer: FeatureLayer,
        rows: IntArray,
        same_place: NDArray[np.bool_],
    ) -> None:
        """Set up for an image; nothing is compared before the first access.

        Args:
            query: features of the image.
            layer: those of the map, of the same kind.
            rows: (n,) candidate rows of the map.
            same_place: (n, n) whether two candidates show one place.
        """
        self._query, self._layer, self._rows = query, layer, rows
        self._same_place = same_place
        shared = same_place.astype(np.float32)
        self._overlapping: NDArray[np.bool_] = shared @ shared > 0
        self.llr_all_matches: FloatArray = np.full(len(rows), -np.inf)

    @property
    def upper_bounds(self) -> FloatArray:  # noqa: D102
        return self.llr_inliers

    @property
    def llr_inliers(self) -> FloatArray:  # noqa: D102
        return self._above_elsewhere(self._gains)

    @property
    def llr_place(self) -> FloatArray:  # noqa: D102
        return self._above_elsewhere(self._of_places(self._gains))

    def _of_places(self, values: FloatArray) -> FloatArray:
        """Return (n,) means of the best keyframes of each candidate's place."""
        of_members = np.where(self._same_place, values, 0.0)
        return np.asarray(np.sort(of_members, axis=1)[:, -_POOLED:].sum(axis=1) / _POOLED)

    def _above_elsewhere(self, ratios: FloatArray) -> FloatArray:
        """Return (n,) ratios less the largest one elsewhere, 0 or more."""
        elsewhere = np.where(self._overlapping, 0.0, ratios).max(axis=1)
        return np.asarray(np.maximum(ratios - elsewhere, 0.0))

    @cached_property
    def _gains(self) -> FloatArray:
        """Likelihood ratio of each candidate, (n,)."""
        matches, inliers = np.zeros(len(self._rows)), np.zeros(len(self._rows))
        for number in self._chosen():
            found = self._mutual(number, None)
            matches[number] = len(found.of_query)
            inliers[number] = self._count_inliers(number, found)
        return self._likelihood_ratio(inliers, matches)

    def _likelihood_ratio(self, inliers: FloatArray, matches: FloatArray) -> FloatArray:
        """Return (n,) log-likelihood ratios of inliers at the right place against elsewhere."""
        other = ~self._overlapping[int(self._of_places(inliers).argmax())]
        expected = _PRIOR_RATE * _PRIOR_MATCHES
        elsewhere = (inliers[other].sum() + expected) / (matches[other].sum() + _PRIOR_MATCHES)
        share = np.clip(inliers / np.maximum(matches, 1.0), 1e-6, 1 - 1e-6)
        divergence = share * np.log(share / elsewhere)
        divergence += (1 - share) * np.log((1 - share) / (1 - elsewhere))
        significant = (share > elsewhere) & (inliers >= MIN_INLIERS)
        return np.where(significant, matches * divergence, 0.0)

    def _chosen(self) -> list[int]:
        """Return the numbers of the candidates to be verified, a few of each place."""
        if not len(self._query):
            return []
        similarities = [
            self._mutual(number, _SCREENED).similarity for number in range(len(self._rows))
        ]
        chosen: list[int] = []
        for number in np.argsort(similarities, kind='stable')[::-1].tolist():
            if len(chosen) == _MAX_VERIFIED or similarities[number] <= 0:
                break
            if self._same_place[number, chosen].sum() < _MAX_PER_PLACE:
                chosen.append(number)
        return chosen

    def _mutual(self, number: int, strongest: int | None) -> _Candidate:
        """Match the strongest features, or all, with those of a candidate."""
        queries = self._unit_queries[:strongest]
        where = self._layer.feature_slice(int(self._rows[number]))
        if strongest is not None:
            where = slice(where.start, min(where.stop, where.start + strongest))
        known = _unit(self._layer.descriptors_at(where))
        if not len(known):
            nothing = np.zeros(0, np.int64)
            return _Candidate(nothing, nothing, 0.0)
        cosines = queries @ known.T
        of_query, of_keyframe = mutual_pairs(cosines)
        closeness = cosines[of_query, of_keyframe]
        order = np.argsort(-closeness, kind='stable')
        return _Candidate(of_query[order], of_keyframe[order], float(closeness.sum()))

    def _count_inliers(self, number: int, found: _Candidate) -> int:
        points_px = self._layer.points_px[self._layer.feature_slice(int(self._rows[number]))]
        keyframe_px = to_working_scale_px(points_px)[found.of_keyframe]
        return most_inliers(self._query_px[found.of_query], keyframe_px)

    @cached_property
    def _unit_queries(self) -> NDArray[np.float32]:
        return _unit(self._query.descriptors)

    @cached_property
    def _query_px(self) -> NDArray[np.float32]:
        return to_working_scale_px(self._query.points_px)


def _unit(descriptors: AnyArray) -> NDArray[np.float32]:
    """Return (K, width) descriptors of length 1."""
    rows = descriptors.astype(np.float32)
    lengths = np.sqrt(np.einsum('ij,ij->i', rows, rows))
    return np.asarray(rows / np.maximum(lengths, 1e-9)[:, np.newaxis])
