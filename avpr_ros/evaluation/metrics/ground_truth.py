# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""When a retrieved image is right: within a distance, in the same view, or a near frame."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.errors import ConfigError
from avpr_ros.evaluation.metrics.positives import positives_within


@dataclass(frozen=True, eq=False)
class ViewPoses:
    """Positions and headings of N images.

    Attributes:
        positions_m: (N, 2) or (N, 3), both sides in one frame.
        headings_rad: (N,) yaw about up; NaN where not known.
    """

    positions_m: FloatArray
    headings_rad: FloatArray

    def __len__(self) -> int:
        return len(self.positions_m)


@dataclass(frozen=True)
class GroundTruth:
    """Which images are correct for a query; 25 m is usual in the literature.

    Attributes:
        radius_m: largest distance of a correct image from the query.
        max_angle_rad: largest difference of their headings (MSLS: 40 degrees); None: any.
        tolerance_frames: instead of both: image j is correct for query i where the two numbers
            differ by at most this, counted in the order of each side.
    """

    radius_m: float = 25.0
    max_angle_rad: float | None = None
    tolerance_frames: int | None = None

    def __post_init__(self) -> None:
        """Check every value; raises ``ConfigError``."""
        if not (math.isfinite(self.radius_m) and self.radius_m > 0):
            raise ConfigError(f'radius_m is {self.radius_m}; use a distance above 0')
        if self.max_angle_rad is not None and not 0 < self.max_angle_rad <= math.pi:
            degrees = math.degrees(self.max_angle_rad)
            raise ConfigError(f'the largest angle is {degrees:g} deg; use 0 to 180')
        if self.tolerance_frames is not None and self.tolerance_frames < 0:
            raise ConfigError(f'the frame tolerance is {self.tolerance_frames}; use 0 or more')
        if self.tolerance_frames is not None and self.max_angle_rad is not None:
            raise ConfigError('a frame tolerance has no angle; use one of the two')

    @property
    def needs_positions(self) -> bool:
        """Whether the rule looks at positions."""
        return self.tolerance_frames is None

    def __str__(self) -> str:
        if self.tolerance_frames is not None:
            plural = '' if self.tolerance_frames == 1 else 's'
            return f'within {self.tolerance_frames} frame{plural} of the same frame number'
        text = f'within {self.radius_m:g} m'
        if self.max_angle_rad is not None:
            text += f' and {math.degrees(self.max_angle_rad):g} deg'
        return text

    def positives(self, queries: ViewPoses, gallery: ViewPoses) -> list[frozenset[int]]:
        """Return for each query the correct gallery rows.

        Raises:
            ConfigError: the numbers of frames differ, or needed headings are unknown.
        """
        if self.tolerance_frames is not None:
            return _by_frame(len(queries), len(gallery), self.tolerance_frames)
        near = positives_within(queries.positions_m, gallery.positions_m, self.radius_m)
        if self.max_angle_rad is None:
            return near
        for side, views in (('query', queries), ('gallery', gallery)):
            if not np.isfinite(views.headings_rad).all():
                raise ConfigError(f'a {side} image has no heading; remove the largest angle')
        return [
            _facing(float(heading), rows, gallery.headings_rad, self.max_angle_rad)
            for heading, rows in zip(queries.headings_rad, near, strict=True)
        ]


def _by_frame(queries: int, gallery: int, tolerance: int) -> list[frozenset[int]]:
    if queries != gallery:
        raise ConfigError(
            f'{queries} queries and {gallery} gallery images: a frame tolerance needs both sides '
            'frame by frame; keep every frame (avpr build --min-distance-m 0)'
        )
    return [
        frozenset(range(max(0, i - tolerance), min(gallery, i + tolerance + 1)))
        for i in range(queries)
    ]


def _facing(
    heading_rad: float, rows: frozenset[int], headings_rad: FloatArray, most_rad: float
) -> frozenset[int]:
    # Through the cosine, so that 359 and 1 degree are 2 apart; a hair more as with distances.
    least = math.cos(most_rad) - 1e-9
    return frozenset(row for row in rows if math.cos(heading_rad - headings_rad[row]) >= least)
