# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The belief over keyframe, speed and 'not in the map', and how it moves between images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from avpr_ros.arrays import FloatArray
from avpr_ros.matching.sequence.places import SequencePlaces
from avpr_ros.matching.sequence.settings import SequenceSettings

# Sums of positive terms only: single precision is enough.
Mass = NDArray[np.float32]


class Belief:
    """Probability mass of keyframe x speed, and of 'not in the map'.

    Forward algorithm of a hidden Markov model (Rabiner, Proc. IEEE 77(2), 1989) with a state
    outside the map (FAB-MAP: Cummins & Newman, IJRR 27(6), 2008). There is no odometry: each
    speed class moves on by its own keyframes per image, with errors on both sides. Time and
    memory are linear in the number of keyframes.

    Attributes:
        lost: probability of 'not in the map'.
    """

    def __init__(self, places: SequencePlaces, settings: SequenceSettings) -> None:
        """Know nothing: half 'not in the map', half spread over it."""
        self._settings = settings
        views, speeds = places.views, len(settings.speeds)
        size = len(views.chain)
        # Cells: keyframes with a gap about each chain, wider than any step; mass that runs off
        # an end falls into the gap and is given to 'not in the map'.
        gap = int(np.ceil(max(settings.speeds))) + len(settings.step_errors)
        self._cell = np.arange(size) + gap * (views.chain + 1)
        self._on: Mass = np.zeros(size + gap * (int(views.chain[-1]) + 2), np.float32)
        self._on[self._cell] = 1.0
        # 1 where the next keyframe looks different.
        self._changing: Mass = self._on.copy()
        self._changing[self._cell] -= np.exp(-10 * views.change / views.novelty)
        self._cross = _crossings(places)
        self._leaving = settings.cross * (self._cross.getnnz(axis=1) > 0)
        self._mass: Mass = np.tile(self._on / (2 * speeds * size), (speeds, 1))
        self._phase = np.zeros(speeds)
        self._change = np.minimum(views.change / views.novelty, 1.0)
        self.lost = 0.5

    def of_keyframes(self) -> FloatArray:
        """Return (N,) probability of each keyframe, whatever the speed."""
        return np.asarray(self._mass.sum(axis=0)[self._cell], dtype=np.float64)

    def expected_change(self) -> float:
        """Return the change of view to the next keyframe, relative to the map's novelty."""
        masses = self.of_keyframes()
        return float(masses @ self._change) / max(float(masses.sum()), 1e-30)

    def advance(self, still: float) -> None:
        """Predict: along the chains, from one to another, off and onto the map.

        Args:
            still: probability that the view says 'nothing moved', 0 to 1.
        """
        s, inside = self._settings, float(self._mass.sum())
        mass: Mass = self._driven(still) * self._on
        if self._cross.nnz:
            moving = self._leaving * mass[:, self._cell]
            mass[:, self._cell] += (self._cross.T @ moving.T).T - moving
        mass *= 1 - s.leave
        coming = s.enter * self.lost
        self.lost += inside - float(mass.sum()) - coming
        mass += coming / (len(s.speeds) * len(self._cell)) * self._on
        self._mass = mass

    def weigh(self, log_ratio: FloatArray) -> None:
        """Bayes: weigh keyframes by (N,) log likelihood ratios to 'not in the map'."""
        factor = np.zeros_like(self._on)
        factor[self._cell] = np.exp(log_ratio)
        self._mass *= factor
        total = self.lost + float(self._mass.sum())
        self._mass /= total
        self.lost /= total

    def _driven(self, still: float) -> Mass:
        s, speeds = self._settings, len(self._settings.speeds)
        phase = self._phase + np.array(s.speeds)
        steps = np.floor(phase).astype(np.int64)
        self._phase = phase - steps
        here = (1 - s.new_speed) * self._mass + (s.new_speed / speeds) * self._mass.sum(axis=0)
        # A view that did not change: the robot stands, or drives where the map looks alike.
        stands = (s.hold * still * self._changing) * here
        here = here - stands
        cells = np.zeros_like(here)
        for row, step, source in zip(cells, steps, here, strict=True):
            row[step:] = source[: len(source) - step]
        moved: Mass = still * cells + (1 - still) * _spread(cells, s.step_errors) + stands
        return moved


def _crossings(places: SequencePlaces) -> sparse.csr_matrix:
    """Return (N, N) probabilities of where a crossing to another chain leads."""
    chain, pairs = places.views.chain, places.near.tocoo()
    keep = chain[pairs.row] != chain[pairs.col]
    cross = sparse.csr_matrix(
        (pairs.data[keep], (pairs.row[keep], pairs.col[keep])), shape=pairs.shape
    )
    degree = np.asarray(cross.sum(axis=1)).ravel()
    return (sparse.diags(1 / np.maximum(degree, 1)) @ cross).tocsr()


def _spread(cells: Mass, weights: tuple[float, ...]) -> Mass:
    """Blur along the last axis with weights for -1, 0, 1, ... cells; the ends are gaps."""
    out = np.zeros_like(cells)
    scale = 1 / sum(weights)
    for offset, weight in enumerate(weights, start=-1):
        low, high = max(0, offset), cells.shape[-1] + min(0, offset)
        out[:, low:high] += (weight * scale) * cells[:, low - offset : high - offset]
    return out
