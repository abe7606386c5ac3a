# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Fits the probability that a match is true to matches of which it is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from avpr_ros.arrays import FloatArray
from avpr_ros.gallery.calibration import ScoreModel

#: Weight of the ridge, in examples: pulls a model of few examples towards "nothing is known".
_RIDGE = 1.0
_BINS = 5


def fit_score_model(scores: FloatArray, true: NDArray[np.bool_]) -> ScoreModel | None:
    """Fit a logistic regression whose probability never falls with a better score.

    True and false matches count as much as each other in sum, so that the probability does not
    depend on how many of each were at hand.

    Args:
        scores: (n, 2) similarity and margin of each match.
        true: (n,) whether it is right.

    Returns:
        None where only one of the two kinds is there.
    """
    if true.all() or not true.any():
        return None
    centre, scale = scores.mean(axis=0), np.maximum(scores.std(axis=0), 1e-6)
    features = np.column_stack([np.ones(len(scores)), (scores - centre) / scale])
    sign = np.where(true, 1.0, -1.0)
    weight = np.where(true, 0.5 / true.sum(), 0.5 / (~true).sum()) * len(scores)

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        odds = sign * (features @ parameters)
        slope = -weight * sign / (1.0 + np.exp(np.clip(odds, -500, 500)))
        ridge = _RIDGE * np.array([0.0, *parameters[1:]])
        value = weight @ np.logaddexp(0.0, -odds) + ridge @ parameters / 2
        return float(value), features.T @ slope + ridge

    bounds = [(None, None), (0.0, None), (0.0, None)]
    found = minimize(loss, np.zeros(3), jac=True, method='L-BFGS-B', bounds=bounds).x
    weights = found[1:] / scale
    return ScoreModel(float(found[0] - weights @ centre), float(weights[0]), float(weights[1]))


def reliability(
    model: ScoreModel, scores: FloatArray, true: NDArray[np.bool_]
) -> dict[str, float | int]:
    """Return, by fifths of the probability, how many matches fell there and how many were true."""
    probabilities = np.array([model.probability(float(s), float(m)) for s, m in scores])
    bins = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    curve: dict[str, float | int] = {}
    for number in range(_BINS):
        inside = bins == number
        name = f'p{100 * number // _BINS}_to_{100 * (number + 1) // _BINS}'
        curve[f'{name}_count'] = int(inside.sum())
        if inside.any():
            curve[f'{name}_true_share'] = float(true[inside].mean())
    return curve
