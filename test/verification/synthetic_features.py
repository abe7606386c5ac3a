# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Places with features of their own and features that every place has."""

from __future__ import annotations

import numpy as np

from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.local_features.landmarks import Landmarks

_RNG = np.random.default_rng(0)
#: Features that every place has, and those of six places alone.
COMMON = _RNG.integers(0, 120, (40, 128))
OWN = _RNG.integers(0, 120, (6, 30, 128))


def features(looks: np.ndarray, points_px: np.ndarray | None = None) -> Features:
    """Return features that lie where their looks say, so that the same ones lie alike."""
    points = looks[:, :2] if points_px is None else points_px
    return Features(points.astype(np.float32), looks.astype(np.uint8))


def landmarks_of(places: list[int]) -> Landmarks:
    """Return the landmarks of keyframes that show these places."""
    return Landmarks.without_points(
        [[features(np.concatenate([COMMON, OWN[place]])) for place in places]], 1
    )
