# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From which evidence on a place may be believed: few images from outside the map get as much."""

from __future__ import annotations

import math

import numpy as np

from avpr_ros.arrays import FloatArray

#: Part of the images from outside the map that may pass.
_PASSING = 1e-4
#: The tail of the evidence is a twentieth of the images; in a small map more, so that it has this
#: many of them.
_TAIL, _FEWEST_BEYOND = 0.05, 20
#: Never less, in nats.
_LEAST = 10.0
#: With fewer images the tail is not known, as in a map of one room. Images of other buildings and
#: of a town got up to 11 nats against such a room.
_FEWEST = 60
_UNKNOWN = 20.0


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
    share = min(max(_TAIL, _FEWEST_BEYOND / len(evidence)), 1.0)
    start = float(np.quantile(evidence, 1 - share))
    beyond = evidence[evidence >= start] - start
    tail = start + float(beyond.mean()) * math.log(share / _PASSING)
    return max(tail, float(evidence.max()), least)
