# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Background, scale and weight of each kind of local features, estimated on the map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avpr_ros.arrays import Descriptors, FloatArray, evenly
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.places import ANY_ANGLE_RAD, PlaceCriterion
from avpr_ros.mapping.impostors import (
    BACKGROUND_QUANTILE,
    MIN_IMPOSTORS,
    extreme_value_threshold,
    impostor_llrs,
)
from avpr_ros.mapping.leave_one_out import LeaveOneOutMatcher

#: Part of the impostors that is the tail.
_TAIL = 0.1
#: Smallest scale, in nats.
_MIN_SCALE = 1.0
#: Keyframes that the power of a kind is estimated on.
_GENUINE = 150
#: Every kind keeps this weight, as the light may change what it tells apart.
_MIN_WEIGHT = 0.1


def with_kind_weights(
    landmarks: Landmarks, descriptors: Descriptors, keyframes: Keyframes, distinct_m: float
) -> Landmarks:
    """Set what ``mix_kinds`` combines several kinds of features by.

    The weight is the share of keyframes that a kind alone recognises, above the threshold that its
    impostors set, in the map without them, over the sum of those of all kinds.

    Args:
        landmarks: of the map's N keyframes.
        descriptors: (N, d) unit rows.
        keyframes: the N rows.
        distinct_m: radius of a place.

    Returns:
        The same landmarks for a single kind. Where there are too few impostors to compare kinds,
        the first one recognises places alone; the others give poses, or are left out where they
        have no points in space.
    """
    if len(landmarks.layers) == 1:
        return landmarks
    layers, powers = [], []
    for layer in landmarks.layers:
        single = replace(landmarks, layers=(layer,))
        llr = impostor_llrs(single, descriptors, keyframes, distinct_m)
        if len(llr) < MIN_IMPOSTORS:
            return _first_alone(landmarks)
        background_llr = max(float(np.quantile(llr, BACKGROUND_QUANTILE)), 0.0)
        layers.append(replace(layer, background_llr=background_llr, llr_scale=_tail_scale(llr)))
        powers.append(_power(single, descriptors, keyframes, distinct_m, llr))
    shares = np.maximum(powers, 1e-3) / np.sum(np.maximum(powers, 1e-3))
    weights = np.maximum(shares, _MIN_WEIGHT) / np.sum(np.maximum(shares, _MIN_WEIGHT))
    weighted = zip(layers, weights.tolist(), strict=True)
    return replace(
        landmarks, layers=tuple(replace(layer, weight=weight) for layer, weight in weighted)
    )


def _first_alone(landmarks: Landmarks) -> Landmarks:
    first, *others = landmarks.layers
    for_poses = [replace(layer, weight=0.0) for layer in others if layer.measurable]
    return replace(landmarks, layers=(first, *for_poses))


def _tail_scale(llr: FloatArray) -> float:
    """Return the mean excess of (K,) ratios over the beginning of their tail."""
    start = float(np.quantile(llr, 1 - _TAIL))
    return max(float((llr[llr >= start] - start).mean()), _MIN_SCALE)


def _power(
    single: Landmarks,
    descriptors: Descriptors,
    keyframes: Keyframes,
    distinct_m: float,
    impostors: FloatArray,
) -> float:
    """Return the share of keyframes that one kind recognises in the map without them."""
    place = PlaceCriterion(distinct_m, ANY_ANGLE_RAD)
    matcher = LeaveOneOutMatcher(single, descriptors, keyframes, place)
    threshold = extreme_value_threshold(impostors)
    recognised, rows = 0, evenly(len(matcher), _GENUINE)
    others = np.ones(len(matcher), dtype=np.bool_)
    for row in rows.tolist():
        others[row] = False
        result = matcher.match(row, others)
        others[row] = True
        if result is not None and result.llr >= threshold:
            matched = matcher.poses[result.keyframe_row : result.keyframe_row + 1]
            recognised += not bool(place.distinct(matcher.poses[row], matched)[0])
    return recognised / len(rows)
