# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What one image says about where the robot is: log likelihood ratios, keyframe by keyframe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.matching.sequence.places import SAME_VIEW, Views
from avpr_ros.matching.sequence.settings import SequenceSettings


@dataclass(frozen=True, eq=False)
class Look:
    """What one image adds.

    Attributes:
        log_ratio: (N,) log likelihood ratio of 'at this keyframe' to 'not in the map'.
        new: how much of the view is new, 0 to 1; weighs the evidence.
        still: probability that the view says 'nothing moved', 0 to 1.
    """

    log_ratio: FloatArray
    new: float
    still: float


class Evidence:
    """Turns rows of similarities into evidence; remembers the last row and the column means.

    The score is the similarity's contrast against its neighbours on the map (local contrast
    enhancement: SeqSLAM, Milford & Wyeth, ICRA 2012), so that scale and offset of similarities
    do not matter. Against 'not in the map' the ratio is linear in the contrast and clipped.
    """

    def __init__(self, views: Views, settings: SequenceSettings) -> None:
        self._views = views
        self._settings = settings
        chain, index = views.chain, np.arange(len(views.chain))
        starts = np.searchsorted(chain, chain, side='left')
        ends = np.searchsorted(chain, chain, side='right')
        self._low = np.maximum(index - settings.contrast_radius, starts)
        self._high = np.minimum(index + settings.contrast_radius + 1, ends)
        self._mean = views.column_mean.copy()
        self._seen = 0.0
        self._previous: FloatArray | None = None

    def take(self, similarities: FloatArray) -> Look | None:
        """Take in one image.

        Args:
            similarities: (N,) finite, to all keyframes.

        Returns:
            What it adds; None where it is the same image again.
        """
        s, row = self._settings, similarities - similarities.mean()
        contrast, novelty = row - self._mean, self._views.novelty
        change = novelty
        if self._previous is not None:
            change = view_change(contrast, self._previous - self._mean)
            if change < SAME_VIEW:
                return None
        self._previous = row
        new = min(1.0, change / novelty)
        look = Look(self._log_ratio(contrast), new, float(np.exp(-10 * change / novelty)))
        # What is alike to everything under today's light says nothing: column means follow.
        self._seen = min(self._seen + new, s.mean_memory)
        self._mean += new / (self._seen + s.mean_images) * (row - self._mean)
        return look

    def _log_ratio(self, row: FloatArray) -> FloatArray:
        s, width = self._settings, self._high - self._low
        sums, squares = np.zeros(len(row) + 1), np.zeros(len(row) + 1)
        np.cumsum(row, out=sums[1:])
        np.cumsum(row * row, out=squares[1:])
        mean = (sums[self._high] - sums[self._low]) / width
        square = (squares[self._high] - squares[self._low]) / width
        whole = np.sqrt(max(squares[-1] / len(row) - (sums[-1] / len(row)) ** 2, 0.0))
        # The whole map's spread keeps quiet stretches from shouting.
        spread = np.sqrt(np.maximum(square - mean * mean, 0.0)) + (whole + 1e-9)
        contrast = 2 * (row - mean) / spread
        return np.asarray(np.clip(s.slope * (contrast - s.offset), s.least, s.most))


def view_change(row: FloatArray, previous: FloatArray) -> float:
    """Return 1 - correlation of two (N,) rows of similarities: 0 for the same image."""
    a, b = row - row.mean(), previous - previous.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip(1.0 - (a @ b) / norm, 0.0, 1.0)) if norm > 1e-12 else 0.0
