# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Options for reading a source."""

from __future__ import annotations

from dataclasses import dataclass
import math
from pathlib import Path

from avpr_ros.errors import ConfigError
from avpr_ros.sources.frame import Camera, GeodeticOrigin


@dataclass(frozen=True)
class SourceOptions:
    """Options for reading a bag or an image folder; the defaults work if it is unambiguous.

    Attributes:
        image_topics: image topics of a bag, or sub-folders of an image folder; empty: the only
            one of the source.
        pose_topic: topic the poses come from; None: the only one that holds poses.
        tum_file: poses from a TUM trajectory file instead.
        poses_csv: poses from a CSV file instead.
        max_gap_s: longest time between two poses that is interpolated, seconds.
        map_frame: name of the poses' frame; with TF the frame that chains start from.
        base_frame: name of the frame the poses are of; with TF the frame that chains end at.
        poses_wanted: False to read images without poses.
        geodetic_origin: origin of the map frame for GNSS poses, so that all drives of a map share
            one frame; None: the first fix.
        least_side_px: smallest width and height needed: larger JPEGs of a bag are decoded at a
            fraction of their size, as in the node; None: at full size.
        map_cameras: cameras of the map that images are matched with: 16-bit images are converted
            with the ranges that it was built with; empty: with those of the source itself.
    """

    image_topics: tuple[str, ...] = ()
    pose_topic: str | None = None
    tum_file: Path | None = None
    poses_csv: Path | None = None
    max_gap_s: float = 0.5
    map_frame: str | None = None
    base_frame: str | None = None
    poses_wanted: bool = True
    geodetic_origin: GeodeticOrigin | None = None
    least_side_px: int | None = None
    map_cameras: tuple[Camera, ...] = ()

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ConfigError: a gap that is negative or not finite, or more than one pose source.
        """
        if not math.isfinite(self.max_gap_s) or self.max_gap_s < 0:
            raise ConfigError(
                f'max_gap_s is {self.max_gap_s}: give a finite number of seconds, zero or more, '
                'with --max-gap-s.'
            )
        named = [self.pose_topic, self.tum_file, self.poses_csv]
        if sum(choice is not None for choice in named) > 1:
            raise ConfigError(
                'More than one pose source is given: use one of --pose-topic, --tum and --poses.'
            )
