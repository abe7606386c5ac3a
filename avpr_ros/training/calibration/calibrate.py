# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Calibration of similarity scores on a map without a second drive.

Held-out views replace live queries. The best similarity of a view to the keyframes near it, except
its own keyframe, is the score of a revisit. Its best similarity to all keyframes far away is the
score of a place outside the map, after one correction: the descriptor space of a small map is the
span of its own images. A view of a mapped place lies in that span; one of a place outside the map
does not, and its projection is normalised to length one. The view is therefore first projected on
the span of the far keyframes alone, as in a map without this place. On the corridor, a map of its
first two thirds gives 0.87 for the 95th percentile of places outside the map with this correction
and 0.80 without; real images of the last third have 0.84.

The same two kinds of views, with the margin of their best keyframe over every other place, are
used to fit the probability that a match is correct. Where the map has several sessions, a view is
matched with the other sessions only, as their light and traffic are those of another drive.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray, IntArray
from avpr_ros.gallery.calibration import FEWEST_FOREIGN, Calibration, ScoreModel
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.places import DISTINCT_ANGLE_RAD, PlaceCriterion, unit_pose_rows
from avpr_ros.mapping.leave_one_out import best_and_rival
from avpr_ros.training.calibration.score_model import fit_score_model, reliability
from avpr_ros.training.places import Places

#: A keyframe this many place cells away shows another place, even along a straight corridor.
FAR_CELLS = 6.0
#: Share of the views outside the map that reach the similarity threshold.
_FOREIGN_SHARE = 0.05
#: Share of the revisits that reach the threshold of a map too small to have far keyframes.
_REVISIT_SHARE = 0.9
#: Keeps the solution finite where keyframes repeat each other.
_RIDGE = 1e-4


def calibrate(
    similarities: NDArray[np.float32],
    rows: IntArray,
    descriptors: Descriptors,
    keyframes: Keyframes,
    places: Places,
    distinct_radius_m: float,
) -> Calibration:
    """Fit the threshold and the score model of a query network against a map.

    Args:
        similarities: (V, N) inner products of held-out views with the map.
        rows: (V,) rows of the map that the views were made from.
        descriptors: (N, d) of the map.
        keyframes: the map's N rows.
        places: which keyframes are near each other.
        distinct_radius_m: radius of a place, the matcher's.

    Returns:
        Score model and threshold on similarity, with the statistics they were fitted on.
    """
    scorer = _Scorer(keyframes, distinct_radius_m)
    near = places.exclusion_mask(places.labels[rows])[:, places.labels]
    open_rows = _open_to_revisits(near, rows, keyframes)
    revisits, best = scorer.scores(similarities, open_rows)
    true = near[np.arange(len(rows)), best]
    far = _distances_m(keyframes, rows) > FAR_CELLS * places.cell_m
    some = far.any(axis=1)
    foreign, _ = scorer.scores(similarities[some], far[some])
    gallery = np.asarray(descriptors, dtype=np.float64)
    lengths = [
        foreign_length(scores[mask].astype(np.float64), gallery[mask])
        for scores, mask in zip(similarities[some], far[some], strict=True)
    ]
    foreign = foreign / np.array(lengths).reshape(-1, 1)
    within = np.where(near & open_rows, similarities, -np.inf).max(axis=1)
    keyframe_count = {'keyframes_asked': len(np.unique(rows))}
    if len(foreign) < FEWEST_FOREIGN:
        threshold = float(np.quantile(within, 1 - _REVISIT_SHARE))
        return Calibration(
            threshold, keyframe_count | _statistics(threshold, within, foreign[:, 0], places)
        )
    threshold = float(np.quantile(foreign[:, 0], 1 - _FOREIGN_SHARE))
    statistics = keyframe_count | _statistics(threshold, within, foreign[:, 0], places)
    scores = np.concatenate([revisits, foreign])
    known = np.concatenate([true, np.zeros(len(foreign), dtype=np.bool_)])
    model = fit_score_model(scores, known)
    passing = revisits[:, 0] >= threshold
    if model is not None:
        passing = _likely(model, revisits)
        statistics['revisits_likely_share'] = _share(passing)
        statistics['foreign_likely_share'] = _share(_likely(model, foreign))
        statistics |= {'true_matches': int(known.sum()), 'false_matches': int((~known).sum())}
        statistics |= _rounded(reliability(model, scores, known))
    statistics['revisits_right_share'] = _share(passing & true)
    statistics['revisits_wrong_share'] = _share(passing & ~true)
    return Calibration(threshold, statistics, model)


def _likely(model: ScoreModel, scores: FloatArray) -> NDArray[np.bool_]:
    """Return which of (n, 2) scores are more likely of a true match than not."""
    return np.array([model.probability(float(s), float(m)) >= 0.5 for s, m in scores])


def _share(which: NDArray[np.bool_]) -> float:
    return round(float(which.mean()), 4)


class _Scorer:
    """Computes the scores that the matcher decides by: best similarity and margin."""

    def __init__(self, keyframes: Keyframes, distinct_radius_m: float) -> None:
        self._poses = unit_pose_rows(keyframes.poses)
        self._criterion = PlaceCriterion(distinct_radius_m, DISTINCT_ANGLE_RAD)

    def scores(
        self, similarities: NDArray[np.float32], mask: NDArray[np.bool_]
    ) -> tuple[FloatArray, IntArray]:
        """Return (V, 2) similarity and margin among the rows of a mask, and (V,) best rows."""
        masked = np.where(mask, similarities, -np.inf).astype(np.float64)
        scores, rows = np.zeros((len(masked), 2)), np.zeros(len(masked), np.int64)
        for view, row_scores in enumerate(masked):
            rows[view], rival = best_and_rival(row_scores, self._poses, self._criterion)
            best = row_scores[rows[view]]
            scores[view] = best, best - rival if np.isfinite(rival) else 0.0
        return scores, rows


def _open_to_revisits(
    near: NDArray[np.bool_], rows: IntArray, keyframes: Keyframes
) -> NDArray[np.bool_]:
    """Return (V, N) whether a view is matched with a row of the map.

    Excluded are its own keyframe, and its session where another session has seen the place. A
    place with a single keyframe is matched with that keyframe.
    """
    own = np.arange(len(keyframes)) == rows[:, np.newaxis]
    session = keyframes.sessions == keyframes.sessions[rows][:, np.newaxis]
    again = (near & ~session).any(axis=1, keepdims=True)
    single = ~(near & ~own).any(axis=1, keepdims=True)
    return np.asarray(np.where(again, ~session, ~own | single), dtype=np.bool_)


def foreign_length(similarities: FloatArray, far_rows: FloatArray) -> float:
    """Return the length of a view's projection on the span of the far rows, F.

    With s = F q, the projection of q on that span has the squared length s' (F F')^-1 s. What a
    map of the far rows alone would have given are the similarities over this length.

    Args:
        similarities: (n,) inner products of one view with the far rows.
        far_rows: (n, d); for n >= d the rows are assumed to span the whole space.
    """
    if len(far_rows) >= far_rows.shape[1]:
        return 1.0
    gram = far_rows @ far_rows.T + _RIDGE * np.eye(len(far_rows))
    squared_length = float(similarities @ np.linalg.solve(gram, similarities))
    return float(np.sqrt(max(squared_length, float(similarities.max()) ** 2)))


def _distances_m(keyframes: Keyframes, rows: IntArray) -> FloatArray:
    positions = keyframes.poses[:, :3]
    difference = positions[rows][:, np.newaxis] - positions[np.newaxis]
    return np.asarray(np.linalg.norm(difference, axis=2))


def _statistics(
    threshold: float, revisits: NDArray[np.floating], foreign: FloatArray, places: Places
) -> dict[str, float | int | str]:
    enough = len(foreign) >= FEWEST_FOREIGN
    statistics: dict[str, float | int | str] = {
        'method': 'share of views of places outside the map'
        if enough
        else 'share of revisits: the map is too small for views of places outside it',
        'revisits': len(revisits),
        'revisit_median': float(np.median(revisits)),
        'revisits_accepted_share': float((revisits >= threshold).mean()),
        'foreign': len(foreign),
        'far_distance_m': FAR_CELLS * places.cell_m,
    }
    if enough:
        statistics['foreign_median'] = float(np.median(foreign))
        statistics['foreign_largest'] = float(foreign.max())
        statistics['foreign_accepted_share'] = float((foreign >= threshold).mean())
    return _rounded(statistics)


def _rounded(
    statistics: Mapping[str, float | int | str],
) -> dict[str, float | int | str]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in statistics.items()}
