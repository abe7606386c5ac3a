# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The belief over keyframe, motion mode and 'out of map', and its prediction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from avpr_ros.arrays import FloatArray
from avpr_ros.localization.temporal.sequence_places import SequencePlaces
from avpr_ros.localization.temporal.settings import SequenceSettings

# Sums of positive terms only: single precision is enough.
Mass = NDArray[np.float32]

#: Empty cells about each chain.
_GAP = 12


class PositionBelief:
    """Probability mass of keyframe x motion mode, and of 'out of map'.

    Forward algorithm of a hidden Markov model (Rabiner, Proc. IEEE 77(2), 1989) with a state
    outside the map (FAB-MAP: Cummins & Newman, IJRR 27(6), 2008). Without odometry each
    motion mode (slow, steady, steady with images left out, fast) has its own probabilities of 0,
    1, 2, ... keyframes per image, and persists; with odometry all mass moves by the distance
    travelled. Time and memory are linear in the number of keyframes.

    Attributes:
        out_of_map: probability of 'out of map'.
    """

    def __init__(self, places: SequencePlaces, settings: SequenceSettings) -> None:
        """Set up: half 'out of map', half uniform over the map."""
        self._settings = settings
        views, modes = places.views, len(settings.motion_modes)
        size = len(views.chain)
        # Cells: keyframes with a gap about each chain, wider than any step; mass that runs off
        # an end falls into the gap and is added to 'out of map'.
        self._cell = np.arange(size) + _GAP * (views.chain + 1)
        self._on: Mass = np.zeros(size + _GAP * (int(views.chain[-1]) + 2), np.float32)
        self._on[self._cell] = 1.0
        # 1 where the next keyframe looks different.
        self._changing: Mass = self._on.copy()
        self._changing[self._cell] -= np.exp(-10 * views.change / views.novelty)
        self._cross = _crossings(places)
        self._leaving = settings.branch_prob * (self._cross.getnnz(axis=1) > 0)
        self._mass: Mass = np.tile(self._on / (2 * modes * size), (modes, 1))
        self._change = np.minimum(views.change / views.novelty, 1.0)
        self._route = _Route(places)
        self.out_of_map = 0.5

    def keyframe_probabilities(self) -> FloatArray:
        """Return (N,) probability of each keyframe, over all motion modes."""
        return np.asarray(self._mass.sum(axis=0)[self._cell], dtype=np.float64)

    def expected_change(self) -> float:
        """Return the change of view to the next keyframe, relative to the map's novelty."""
        masses = self.keyframe_probabilities()
        return float(masses @ self._change) / max(float(masses.sum()), 1e-30)

    def advance(self, still: float, travelled: float | None = None) -> None:
        """Predict: along the chains, from one to another, off and onto the map.

        Args:
            still: probability that the view says 'nothing moved', 0 to 1.
            travelled: by odometry, in keyframe spacings, 0 or more; None where it is not known.
        """
        s, inside = self._settings, float(self._mass.sum())
        mass = (
            self._predict_by_motion_model(still)
            if travelled is None
            else self._predict_by_odometry(travelled)
        )
        mass *= self._on
        if self._cross.nnz:
            moving = self._leaving * mass[:, self._cell]
            mass[:, self._cell] += (self._cross.T @ moving.T).T - moving
        mass *= 1 - s.exit_prob
        coming = s.enter_prob * self.out_of_map
        self.out_of_map += inside - float(mass.sum()) - coming
        mass += coming / (len(s.motion_modes) * len(self._cell)) * self._on
        self._mass = mass

    def weigh(self, log_ratio: NDArray[np.floating]) -> None:
        """Bayes: weigh keyframes by (N,) log-likelihood ratios to 'out of map'."""
        factor = np.zeros_like(self._on)
        factor[self._cell] = np.exp(log_ratio)
        self._mass *= factor
        total = self.out_of_map + float(self._mass.sum())
        self._mass /= total
        self.out_of_map /= total

    def _predict_by_motion_model(self, still: float) -> Mass:
        s, modes = self._settings, len(self._settings.motion_modes)
        moving = (1 - s.mode_switch_prob) * self._mass + (
            s.mode_switch_prob / modes
        ) * self._mass.sum(axis=0)
        # A view that did not change: the robot stands, or drives where the map looks alike.
        stands: Mass = (s.stay_prob * still * self._changing) * moving
        moving -= stands
        for row, source, mode in zip(stands, moving, s.motion_modes, strict=True):
            for step, probability in enumerate(mode):
                row[step:] += np.float32(probability) * source[: len(source) - step]
        return stands

    def _predict_by_odometry(self, travelled: float) -> Mass:
        """Move all mass by odometry, and spread it by the error of odometry."""
        moved: Mass = np.zeros(len(self._on), np.float32)
        moved[self._cell] = self._route.advance(self.keyframe_probabilities(), travelled)
        sigma = self._settings.odometry_slack + self._settings.drift * travelled
        radius = min(int(np.ceil(2 * sigma)), _GAP - 1)
        steps = np.arange(-radius, radius + 1)
        weights = np.exp(-np.square(steps / sigma) / 2)
        spread: Mass = np.zeros(len(moved), np.float32)
        for step, weight in zip(steps.tolist(), weights / weights.sum(), strict=True):
            low, high = max(0, step), len(moved) + min(0, step)
            spread[low:high] += np.float32(weight) * moved[low - step : high - step]
        return np.tile(spread / len(self._mass), (len(self._mass), 1))


class _Route:
    """Distances of the keyframes along their chains, for prediction by odometry."""

    #: Spacings between the end of one chain and the start of the next, longer than any step.
    _APART = 1e6

    def __init__(self, places: SequencePlaces) -> None:
        chain = places.views.chain
        self._along = places.along + self._APART * chain
        last = np.searchsorted(chain, chain, side='right') - 1
        self._end = self._along[last] + 1.0
        after = np.minimum(np.arange(len(chain)) + 1, last)
        self._step = self._along[after] - self._along

    def advance(self, masses: FloatArray, travelled: float) -> FloatArray:
        """Return (N,) masses after a drive of so many spacings, between keyframes to both.

        What runs off the end of its chain is missing from the sum.
        """
        size = len(masses)
        aim = self._along + travelled
        before = np.searchsorted(self._along, aim, side='right') - 1
        step = self._step[before]
        share = np.clip((aim - self._along[before]) / np.where(step > 0, step, np.inf), 0.0, 1.0)
        inside = masses * (aim <= self._end)
        after = np.minimum(before + 1, size - 1)
        moved = np.bincount(before, inside * (1 - share), size)
        moved += np.bincount(after, inside * share, size)
        return np.asarray(moved, dtype=np.float64)


def _crossings(places: SequencePlaces) -> sparse.csr_matrix:
    """Return (N, N) probabilities of where a crossing to another chain leads."""
    chain, pairs = places.views.chain, places.near.tocoo()
    keep = chain[pairs.row] != chain[pairs.col]
    cross = sparse.csr_matrix(
        (pairs.data[keep], (pairs.row[keep], pairs.col[keep])), shape=pairs.shape
    )
    degree = np.asarray(cross.sum(axis=1)).ravel()
    return (sparse.diags(1 / np.maximum(degree, 1)) @ cross).tocsr()
