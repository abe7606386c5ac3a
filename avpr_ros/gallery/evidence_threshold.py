# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How much evidence a place that is not in the map can get: asked of the map itself."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, FloatArray, IntArray
from avpr_ros.gallery.evidence import nearest_distances, place_evidence
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.landmarks import Landmarks
from avpr_ros.gallery.spacing import another_place

#: Candidates that are compared, for the map's own keyframes as for a query.
CANDIDATES = 20
#: Runs of successive keyframes that play a drive outside the map, and their length.
_RUNS = 40
_RUN = 12
#: An outsider has nothing within so many radii of a place: what is nearer shows the same things
#: from farther off, and is rightly found.
_SIGHT_RADII = 4.0
#: Part of the images from outside the map that may pass.
_PASSING = 1e-4
#: The tail of the evidence begins at this quantile.
_TAIL = 0.95
#: Pairs of rows so near to each other are the same look-alike.
_SAME = 10
#: Never less, in nats.
_LEAST = 15.0
#: With fewer keyframes played the tail is not known, as in a map of one room. Images of other
#: buildings and of a town got up to 22 nats against such a room; this is well above.
_FEWEST = 60
_UNKNOWN = 40.0


@dataclass(frozen=True, eq=False)
class Outsiders:
    """Keyframes that were looked for without all that lies in sight of them.

    Attributes:
        rows: (K,) the keyframes.
        found: (K,) the row of the wrong place that each got most evidence for.
        evidence: (K,) that evidence, in nats.
        carried: (K,) the same with that of the keyframes before, as far as they were found near.
    """

    rows: IntArray
    found: IntArray
    evidence: FloatArray
    carried: FloatArray

    def closest_calls(self, count: int) -> list[tuple[int, int, float]]:
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


def played_outsiders(
    landmarks: Landmarks, descriptors: Descriptors, keyframes: Keyframes, distinct_m: float
) -> Outsiders:
    """Take keyframes out of the map with all in sight of them, and look for them in the rest.

    All that is found is wrong.

    Args:
        landmarks: of the map's N keyframes.
        descriptors: (N, d) unit rows.
        keyframes: the N rows.
        distinct_m: beyond this distance another place begins.
    """
    positions_m = keyframes.poses[:, :3]
    stored = np.asarray(descriptors, dtype=np.float32)
    played: list[tuple[int, int, float, float]] = []
    for row, follows in _runs(keyframes):
        away = another_place(positions_m - positions_m[row], _SIGHT_RADII * distinct_m)
        scores = np.where(away, stored @ stored[row], -np.inf)
        rows = np.argsort(-scores, kind='stable')[: min(CANDIDATES, int(away.sum()))]
        if len(rows) < 2:
            continue
        found, evidence = _most_like(landmarks, row, rows, positions_m[rows], distinct_m)
        carried = evidence
        if follows and played:
            before, led, _, last = played[-1]
            step_m = np.linalg.norm(positions_m[row] - positions_m[before])
            led_on_m = np.linalg.norm(positions_m[found] - positions_m[led])
            # Beyond a gap the drive begins anew.
            if step_m <= distinct_m and led_on_m <= distinct_m + step_m:
                carried += max(last, 0.0)
        played.append((row, found, evidence, carried))
    columns = np.array(played, dtype=np.float64).reshape(-1, 4).T
    return Outsiders(columns[0].astype(np.int64), columns[1].astype(np.int64), *columns[2:])


def _most_like(
    landmarks: Landmarks, row: int, rows: IntArray, positions_m: FloatArray, distinct_m: float
) -> tuple[int, float]:
    """Return the candidate row that a keyframe's corners speak for, and the evidence for it."""
    nearest = nearest_distances(landmarks.features(row), landmarks, rows)
    same = ~another_place(positions_m[:, np.newaxis] - positions_m, distinct_m)
    evidence = place_evidence(nearest, same)
    best = int(evidence.argmax())
    members = np.flatnonzero(same[best])
    if nearest.size:  # of that place the keyframe that has most of the corners
        members = members[np.argsort(np.log(nearest[members]).sum(axis=1), kind='stable')]
    return int(rows[members[0]]), float(evidence[best])


def evidence_threshold(evidence: FloatArray) -> float:
    """Return the evidence that few images from outside the map get.

    The tail of the distribution is taken to be exponential (peaks over a threshold: Pickands,
    Ann. Statist. 1975), so that the rare ones need not have been among those played.

    Args:
        evidence: (K,) of ``Outsiders``, either.
    """
    least = _LEAST if len(evidence) >= _FEWEST else _UNKNOWN
    if not len(evidence):
        return least
    start = float(np.quantile(evidence, _TAIL))
    beyond = evidence[evidence >= start] - start
    tail = start + float(beyond.mean()) * math.log((1 - _TAIL) / _PASSING)
    return max(tail, float(evidence.max()), least)


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
