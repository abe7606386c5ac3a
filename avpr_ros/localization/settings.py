# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What can be set about matching, checked once."""

from __future__ import annotations

from dataclasses import dataclass, fields
import math

from avpr_ros.errors import ConfigError

#: Values of ``MatchSettings.temporal_filter``.
TEMPORAL_FILTERS = ('none', 'consistency', 'bayes')


@dataclass(frozen=True)
class MatchSettings:
    """How candidates are found, guarded and turned into a pose.

    Attributes:
        top_k: how many candidates a result lists.
        min_probability: of a match being right, by the calibration, at least. Where there is no
            probability the calibration's threshold on the inner product stands in.
        min_similarity: threshold on the inner product that replaces the calibration; None: none.
        min_ratio: the best similarity over that of the best distinct place, at least.
        distinct_radius_m: beyond this distance from the best keyframe another place begins;
            None takes five times the map's keyframe spacing, at least 2 m.
        distinct_angle_rad: beyond this rotation from the best keyframe another view begins.
        temporal_filter: 'none' matches images one by one; 'consistency' requires that the best
            candidates of two of the three images before lie near this one's, unless local features
            verify the image; 'bayes' follows each camera's images over the map and accepts the
            keyframe with the largest posterior, in place of the calibration's threshold and of
            ``min_ratio``; ``min_similarity`` holds if given.
        max_speed_m_s: of the robot; bounds the distance between matches of successive images.
        use_odometry: where queries carry odometry, matches must be pairwise consistent with it,
            and the Bayes filter predicts by it.
        use_landmarks: where the map has local features, they verify the place, and measure the
            pose.
        cool_down_s: least time between two accepted matches; 0 for none.
        position_covariance_scale: factor on the standard deviations of x, y and z.
        yaw_covariance_scale: factor on the standard deviation of the yaw.
        min_sigma_xy_m: floor of the standard deviation of x and y.
        min_sigma_z_m: floor of the standard deviation of z.
        min_sigma_yaw_rad: floor of the standard deviation of the yaw.
        sigma_roll_pitch_rad: standard deviation of roll and pitch.
    """

    top_k: int = 10
    min_probability: float = 0.5
    min_similarity: float | None = None
    min_ratio: float = 1.05
    distinct_radius_m: float | None = None
    distinct_angle_rad: float = math.pi / 2
    temporal_filter: str = 'consistency'
    max_speed_m_s: float = 2.0
    use_odometry: bool = True
    use_landmarks: bool = True
    cool_down_s: float = 0.0
    position_covariance_scale: float = 1.0
    yaw_covariance_scale: float = 1.0
    min_sigma_xy_m: float = 0.25
    min_sigma_z_m: float = 0.25
    min_sigma_yaw_rad: float = 0.05
    sigma_roll_pitch_rad: float = 0.05

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigError: names the setting, its value and what is allowed.
        """
        if self.temporal_filter not in TEMPORAL_FILTERS:
            raise ConfigError(
                f"temporal_filter is '{self.temporal_filter}'; use {' or '.join(TEMPORAL_FILTERS)}"
            )
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in ('temporal_filter', 'use_odometry', 'use_landmarks'):
                continue
            if value is None and item.name in ('min_similarity', 'distinct_radius_m'):
                continue
            if not math.isfinite(value):
                raise ConfigError(f'{item.name} is {value}; use a finite number')
            if item.name == 'cool_down_s' and value >= 0:
                continue
            if item.name != 'min_similarity' and value <= 0:
                raise ConfigError(f'{item.name} is {value}; use a number above 0')
        if self.min_similarity is not None and not -1 <= self.min_similarity <= 1:
            raise ConfigError(f'min_similarity is {self.min_similarity}; use -1 to 1')
        if self.min_probability >= 1:
            raise ConfigError(f'min_probability is {self.min_probability}; use a number below 1')
        if self.min_ratio < 1:
            raise ConfigError(f'min_ratio is {self.min_ratio}; use 1 or more')
