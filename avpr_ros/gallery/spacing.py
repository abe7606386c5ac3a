# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How far apart keyframes are, and from where on another place begins."""

from __future__ import annotations

import numpy as np

from avpr_ros.gallery.gallery import Gallery

_DISTINCT_SPACINGS = 5.0
# However dense the keyframes are, what is this near still shows the same place.
_MIN_DISTINCT_M = 2.0


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
