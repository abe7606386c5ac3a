# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How far apart keyframes are, and from where on another place begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.gallery.gallery import Gallery

_DISTINCT_SPACINGS = 5.0
# However dense the keyframes are, what is this near still shows the same place.
_MIN_DISTINCT_M = 2.0
# A place is flat: a radius of several keyframe spacings would reach through the ceiling into the
# next storey, which is no less than 2.4 m up. A street that climbs one in four is still one place.
_MOST_RISE_M = 2.0
_MOST_SLOPE = 0.25


def keyframe_spacing_m(gallery: Gallery) -> float:
    """Return how far apart keyframes are: as set at build, or wider where frames were rarer."""
    steps_m = gallery.keyframes.steps_m()
    typical_m = float(np.median(steps_m)) if steps_m.size else 0.0
    return max(gallery.manifest.keyframe_spacing.distance_m, typical_m)


def default_distinct_radius_m(gallery: Gallery) -> float:
    """Return beyond which distance from a keyframe another place begins, unless set otherwise.

    Five keyframe spacings, but at least two metres.
    """
    return max(_DISTINCT_SPACINGS * keyframe_spacing_m(gallery), _MIN_DISTINCT_M)


def is_distinct_place(offsets_m: FloatArray, radius_m: float) -> NDArray[np.bool_]:
    """Say of (..., 3) offsets from one base to others whether these are in another place.

    Args:
        offsets_m: in the axes of the map, z up.
        radius_m: beyond this distance another place begins.
    """
    rise_m = max(_MOST_RISE_M, _MOST_SLOPE * radius_m)
    # Asked of every candidate of every image: squares are much cheaper than numpy's norm.
    far = np.einsum('...i,...i->...', offsets_m, offsets_m) > radius_m**2
    return np.asarray(far | (np.abs(offsets_m[..., 2]) > rise_m), dtype=np.bool_)
