# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the local features of one image say."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.arrays import IntArray
from avpr_ros.gallery.features import Features


@dataclass(frozen=True, eq=False)
class Look:
    """The place that the features speak for.

    Attributes:
        features: of the image.
        row: keyframe of that place which is most similar to the image.
        rows: (n,) all candidate keyframes of the place, ``row`` first.
        evidence: for the place, in nats, of this image alone.
        carried: the same with that of the images before, as far as they led near the place.
    """

    features: Features
    row: int
    rows: IntArray
    evidence: float
    carried: float
