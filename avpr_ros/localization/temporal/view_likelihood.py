# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Log-likelihood ratios of the keyframes for one image, from its similarities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.localization.temporal.running_mean import RunningMean
from avpr_ros.localization.temporal.sequence_places import ViewStatistics
from avpr_ros.localization.temporal.settings import SequenceSettings

# Two views whose change is smaller than this are one and the same image.
SAME_VIEW = 1e-5
_MIN_EXPECTED = 1e-3


@dataclass(frozen=True, eq=False)
class ImageLikelihood:
    """Likelihoods of one image.

    Attributes:
        log_ratio: (N,) float32, log-likelihood ratio of 'at this keyframe' to 'out of map'.
        new: change of the view since the last step, 0 to 1; weight of the likelihoods.
        still: probability that nothing moved, by the view, 0 to 1.
        step: whether the belief is predicted: always at images a keyframe or so apart; where they
            come much closer than the keyframes did, only when enough of the view is new.
    """

    log_ratio: NDArray[np.float32]
    new: float
    still: float
    step: bool


class ViewLikelihood:
    """Computes likelihoods of rows of similarities; keeps the last row and the column means.

    The score is the similarity's contrast against its neighbours on the map (local contrast
    enhancement: SeqSLAM, Milford & Wyeth, ICRA 2012), so that scale and offset of similarities
    do not matter. The ratio to 'out of map' is linear in the contrast and clipped.
    """

    def __init__(self, views: ViewStatistics, settings: SequenceSettings) -> None:
        self._views = views
        self._settings = settings
        chain, index = views.chain, np.arange(len(views.chain))
        starts = np.searchsorted(chain, chain, side='left')
        ends = np.searchsorted(chain, chain, side='right')
        self._low = np.maximum(index - settings.contrast_radius, starts)
        self._high = np.minimum(index + settings.contrast_radius + 1, ends)
        self._mean = RunningMean(views.column_mean, settings.mean_images, settings.mean_memory)
        self._pace = 1.0
        self._last: FloatArray | None = None
        self._stepped: FloatArray | None = None

    def update(
        self, similarities: FloatArray, expected: float, moved: bool | None = None
    ) -> ImageLikelihood:
        """Compute the likelihoods of one image.

        Args:
            similarities: (N,) finite, to all keyframes.
            expected: change of view from a keyframe to the next where the robot is believed to
                be, relative to the map's novelty.
            moved: whether the robot has moved on, by odometry; None: by the view.
        """
        s, row, novelty = self._settings, similarities - similarities.mean(), self._views.novelty
        mean = self._mean.value
        contrast = row - mean
        if self._last is None or self._stepped is None:
            change, step = novelty, True
        else:
            since_last = view_change(contrast, self._last - mean) / novelty
            change = view_change(contrast, self._stepped - mean)
            slow = self._pace < s.slow_pace and change < s.slow_pace * expected * novelty
            step = change >= SAME_VIEW and not slow
            pace = min(1.0, since_last / max(expected, _MIN_EXPECTED))
            # Where the map itself hardly changes a still view is no measure of the pace.
            self._pace += min(1.0, expected) * (pace - self._pace) / s.pace_memory
            if moved is not None:
                step = moved
        self._last = row
        new = min(1.0, change / novelty)
        likelihood = ImageLikelihood(
            self._log_ratio(contrast), new, float(np.exp(-10 * change / novelty)), step
        )
        if step:
            self._stepped = row
            self._mean.update(row, new)
        return likelihood

    def _log_ratio(self, row: FloatArray) -> NDArray[np.float32]:
        s, width = self._settings, self._high - self._low
        sums, squares = np.zeros(len(row) + 1), np.zeros(len(row) + 1)
        np.cumsum(row, out=sums[1:])
        np.cumsum(row * row, out=squares[1:])
        mean = (sums.take(self._high) - sums.take(self._low)) / width
        square = (squares.take(self._high) - squares.take(self._low)) / width
        whole = np.sqrt(max(squares[-1] / len(row) - (sums[-1] / len(row)) ** 2, 0.0))
        # The spread of the whole map bounds the contrast where similarities hardly vary.
        spread = np.sqrt(np.maximum(square - mean * mean, 0.0)) + (whole + 1e-9)
        contrast = (2 * s.slope * (row - mean) / spread).astype(np.float32)
        contrast -= np.float32(s.slope * s.offset)
        return np.asarray(np.clip(contrast, s.min_llr, s.max_llr))


def view_change(row: FloatArray, previous: FloatArray) -> float:
    """Return 1 - correlation of two (N,) rows of similarities: 0 for the same image."""
    a, b = row - row.mean(), previous - previous.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip(1.0 - (a @ b) / norm, 0.0, 1.0)) if norm > 1e-12 else 0.0
