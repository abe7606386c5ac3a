# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How much evidence a place that is not in the map can get: asked of the map itself."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray, IntArray
from avpr_ros.gallery.false_positive_floor import FALSE_POSITIVE_RATE
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.gallery.places import is_distinct_place
from avpr_ros.verification.accumulator import LikelihoodAccumulator, merge_candidates
from avpr_ros.verification.place_likelihood import place_log_likelihood_ratios

#: Runs of successive keyframes that play a drive outside the map, and their length.
_RUNS = 40
_RUN = 50
#: An outsider has nothing within so many radii of a place: what is nearer shows the same things
#: from farther off, and is rightly found.
_SIGHT_RADII = 4.0
#: Up to this quantile evidence is ordinary.
_ORDINARY = 0.95
#: Pairs of rows so near to each other are the same look-alike.
_SAME = 10
#: With fewer keyframes it is not known, as in a map of one room. Of images of other buildings and
#: of a town one in a hundred got this against such a room.
_FEWEST = 60
_UNKNOWN_BACKGROUND = 3.0
#: Each so manieth of the keyframes that are played is asked what is ordinary.
_ASKED_FIRST = 4


@dataclass(frozen=True, eq=False)
class ImpostorScores:
    """Keyframes that were looked for without all that lies in sight of them.

    Attributes:
        rows: (K,) the keyframes.
        found: (K,) the row of the wrong place that each got most evidence for.
        evidence: (K,) that evidence, in nats.
        ordinary: that one in twenty gets more of.
        carried: (K,) what each gathered with the keyframes before, as far as found near.
    """

    rows: IntArray
    found: IntArray
    evidence: FloatArray
    ordinary: float
    carried: FloatArray

    def most_confusable_pairs(self, count: int) -> list[tuple[int, int, float]]:
        """Return the pairs that were nearest to being confused as (row, row, evidence).

        Each place is named once: pairs within ten rows of one already named are left out.
        """
        pairs: list[tuple[int, int, float]] = []
        for i in np.argsort(-self.evidence, kind='stable'):
            a, b = sorted((int(self.rows[i]), int(self.found[i])))
            if len(pairs) == count or self.evidence[i] <= 0:
                break
            if all(abs(a - c) > _SAME or abs(b - d) > _SAME for c, d, _ in pairs):
                pairs.append((a, b, float(self.evidence[i])))
        return pairs


def score_impostors(
    landmarks: Landmarks, descriptors: Descriptors, keyframes: Keyframes, distinct_m: float
) -> ImpostorScores:
    """Take keyframes out of the map with all in sight of them, and look for them in the rest.

    All that is found is wrong.

    Args:
        landmarks: of the map's N keyframes.
        descriptors: (N, d) unit rows.
        keyframes: the N rows.
        distinct_m: beyond this distance another place begins.
    """
    player = _Player(landmarks, descriptors, keyframes, distinct_m)
    runs = _runs(keyframes)
    ordinary = player.ordinary([row for row, _ in runs[::_ASKED_FIRST]])
    trail = LikelihoodAccumulator(ordinary, distinct_m)
    played = []
    for number, (row, follows) in enumerate(runs):
        step_m = player.apart_m(row, runs[number - 1][0])
        if not follows or step_m > distinct_m:  # beyond a gap the drive begins anew
            trail.forget()
        one = player.play(row, trail, distinct_m + step_m)
        if one is None:
            trail.forget()
        else:
            played.append((row, *one))
    columns = np.array(played, dtype=np.float64).reshape(-1, 4).T
    return ImpostorScores(
        columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2], ordinary, columns[3]
    )


class _Player:
    """Looks for keyframes of a map in what lies out of their sight."""

    def __init__(
        self,
        landmarks: Landmarks,
        descriptors: Descriptors,
        keyframes: Keyframes,
        distinct_m: float,
    ) -> None:
        self._landmarks = landmarks
        self._stored = np.asarray(descriptors, dtype=np.float32)
        self._positions_m = keyframes.poses[:, :3]
        self._distinct_m = distinct_m

    def apart_m(self, row: int, other: int) -> float:
        """Return how far two keyframes lie apart."""
        return float(np.linalg.norm(self._positions_m[row] - self._positions_m[other]))

    def ordinary(self, rows: list[int]) -> float:
        """Return the evidence that only few keyframes get more of for a wrong place, in nats."""
        asked = [self.play(row, LikelihoodAccumulator(0.0, self._distinct_m), 0.0) for row in rows]
        evidence = [one[1] for one in asked if one is not None]
        if len(evidence) * _ASKED_FIRST < _FEWEST:
            return _UNKNOWN_BACKGROUND
        return max(float(np.quantile(evidence, _ORDINARY)), 0.0)

    def play(
        self, row: int, trail: LikelihoodAccumulator, reach_m: float
    ) -> tuple[int, float, float] | None:
        """Ask for a keyframe as a matcher would after the images of a trail.

        Returns:
            The row of the wrong place with the most evidence, that evidence, and what the trail
            carries after it; None where there is nothing to compare with.
        """
        at_m = self._positions_m
        away = is_distinct_place(at_m - at_m[row], _SIGHT_RADII * self._distinct_m)
        scores = np.where(away, self._stored @ self._stored[row], -np.inf)
        order = np.argsort(-scores, kind='stable')[: int(away.sum())]
        near = order[trail.near(at_m[order], reach_m)]
        rows = merge_candidates(order, near)
        if len(rows) < 2:
            return None
        same = ~is_distinct_place(at_m[rows][:, np.newaxis] - at_m[rows], self._distinct_m)
        evidence = place_log_likelihood_ratios(
            self._landmarks.features(row), self._landmarks, rows, same
        )
        led = trail.follow(evidence, same, at_m[rows], reach_m)
        # An ordinary image is not accepted, whatever came before.
        passing = led.carried if led.evidence > trail.ordinary else 0.0
        best = int(evidence.llr_place.argmax())
        found = rows[evidence.best_keyframe(np.flatnonzero(same[best]))]
        return int(found), float(evidence.llr_place[best]), passing


def _runs(keyframes: Keyframes) -> list[tuple[int, bool]]:
    """Return the rows that are played, and whether each follows the one before."""
    order = np.lexsort((np.arange(len(keyframes)), keyframes.cameras, keyframes.sessions))
    starts = np.unique(np.linspace(0, max(len(order) - _RUN, 0), _RUNS).round().astype(np.int64))
    # Runs of a small map would overlap.
    kept: NDArray[np.bool_] = np.zeros(len(order), dtype=np.bool_)
    for start in starts:
        kept[start : start + _RUN] = True
    places = np.flatnonzero(kept)
    same = keyframes.sessions[order[places[1:]]] == keyframes.sessions[order[places[:-1]]]
    same &= keyframes.cameras[order[places[1:]]] == keyframes.cameras[order[places[:-1]]]
    follows = np.concatenate([[False], same & (np.diff(places) == 1)])
    return [(int(row), bool(one)) for row, one in zip(order[places], follows, strict=True)]


#: The tail of the evidence is a twentieth of the images; in a small map more, so that it has this
#: many of them.
_TAIL, _FEWEST_BEYOND = 0.05, 20
#: Never less, in nats.
_LEAST = 10.0
#: With fewer images the tail is not known, as in a map of one room. Images of other buildings and
#: of a town got up to 11 nats against such a room.
_UNKNOWN_LLR = 20.0


def extreme_value_threshold(evidence: FloatArray) -> float:
    """Return the evidence that few images from outside the map get.

    The tail of the distribution is taken to be exponential (peaks over a threshold: Pickands,
    Ann. Statist. 1975), so that the rare ones need not have been among those played.

    Args:
        evidence: (K,) of ``ImpostorScores``, either.
    """
    least = _LEAST if len(evidence) >= _FEWEST else _UNKNOWN_LLR
    if not len(evidence):
        return least
    share = min(max(_TAIL, _FEWEST_BEYOND / len(evidence)), 1.0)
    start = float(np.quantile(evidence, 1 - share))
    beyond = evidence[evidence >= start] - start
    tail = start + float(beyond.mean()) * math.log(share / FALSE_POSITIVE_RATE)
    return max(tail, float(evidence.max()), least)
