# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one table of match settings.

The ROS parameters of ``avpr_localizer``, the options of ``avpr localize`` and the table in the
documentation are made from the fields of :class:`MatchSettings` and have their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
import math
from typing import Any

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.places import DISTINCT_ANGLE_RAD

#: Values of ``MatchSettings.temporal_filter``.
TEMPORAL_FILTERS = ('none', 'consistency', 'bayes')


@dataclass(frozen=True)
class SettingInfo:
    """Description and limits of one field of :class:`MatchSettings`.

    Attributes:
        description: one sentence.
        low: smallest value allowed; None where the value is no number.
        high: largest value allowed.
        unit: of the value; empty where it has none.
        choices: the values allowed; empty where any is.
        none_means: meaning of the value None; empty where None is not allowed.
        none_as: number that stands for None in a ROS parameter, which has no None.
        adjustable: whether the node, also while it runs, and ``avpr localize`` offer the setting;
            the others can be set in Python only.
    """

    description: str
    low: float | None = None
    high: float | None = None
    unit: str = ''
    choices: tuple[str, ...] = ()
    none_means: str = ''
    none_as: float | None = None
    adjustable: bool = True

    def problem(self, value: Any) -> str | None:
        """Return what is wrong with a value and which are allowed; None where nothing is."""
        if self.choices and value not in self.choices:
            return f"is '{value}'; use {' or '.join(self.choices)}"
        if self.low is None or self.high is None or (value is None and self.none_means):
            return None
        if value is None or not math.isfinite(value) or not self.low <= value <= self.high:
            return f'is {value}; use {self.low:g} to {self.high:g}'
        return None


def _setting(
    default: Any,
    description: str,
    low: float | None = None,
    high: float | None = None,
    **others: Any,
) -> Any:
    info = SettingInfo(description, low, high, **others)
    return field(default=default, metadata={'info': info})


@dataclass(frozen=True)
class MatchSettings:
    """How candidates are found, checked and turned into a pose; see :func:`setting_infos`."""

    top_k: int = _setting(10, 'Candidates reported for an image.', 1, 100)
    min_probability: float = _setting(
        0.5,
        'Smallest probability of an accepted match, by the calibration of the query network, '
        'where a mapped place and one outside the map are as likely before the image is seen.',
        0.01,
        0.999,
    )
    min_similarity: float | None = _setting(
        None,
        'Smallest cosine similarity of an accepted match, instead of `min_probability`; with '
        '`standardize_descriptors` that of the standardised descriptors, which is smaller.',
        -1.0,
        1.0,
        none_means='not used',
        none_as=-1.0,
    )
    standardize_descriptors: bool = _setting(
        True,
        'Where scores alone decide, descriptors are compared about the mean of the map and the '
        'running mean of the drive, which is robust to a change of light; the query network must '
        'be calibrated for it.',
    )
    min_ratio: float = _setting(
        1.05,
        'Smallest ratio of the best similarity to that of the best other place.',
        1.0,
        100.0,
    )
    distinct_radius_m: float | None = _setting(
        None,
        'Distance at which another place begins.',
        0.01,
        10000.0,
        unit='m',
        none_means='five keyframe spacings of the map, at least 2 m',
        none_as=0.0,
    )
    distinct_angle_rad: float = _setting(
        DISTINCT_ANGLE_RAD,
        'Rotation at which another view begins.',
        0.01,
        math.pi,
        unit='rad',
        adjustable=False,
    )
    temporal_filter: str = _setting(
        'consistency',
        'How images support each other: `none`: not at all; `consistency`: the best candidates of '
        'two of the three images before must lie near, unless local features verify the image; '
        '`bayes`: a filter along the map, see docs/tuning.md.',
        choices=TEMPORAL_FILTERS,
    )
    max_speed_m_s: float = _setting(
        2.0,
        'Highest speed of the robot; how far apart the matches of successive images may lie, on '
        'top of `distinct_radius_m`.',
        0.01,
        100.0,
        unit='m/s',
    )
    use_odometry: bool = _setting(
        True,
        'Where odometry comes, matches must be pairwise consistent with it, and the Bayes filter '
        'predicts by it.',
    )
    use_landmarks: bool = _setting(
        True,
        'Where the map has local features, they verify the place and measure the pose; without, '
        'scores alone decide and the pose is that of a keyframe.',
    )
    cool_down_s: float = _setting(
        0.0, 'Least time between two accepted matches; 0: none.', 0.0, 3600.0, unit='s'
    )
    position_covariance_scale: float = _setting(
        1.0, 'Factor on the standard deviations of x, y and z.', 0.01, 100.0
    )
    yaw_covariance_scale: float = _setting(
        1.0, 'Factor on the standard deviation of yaw.', 0.01, 100.0
    )
    min_sigma_xy_m: float = _setting(
        0.25,
        'Smallest standard deviation of x and y.',
        0.001,
        1000.0,
        unit='m',
        adjustable=False,
    )
    min_sigma_z_m: float = _setting(
        0.25, 'Smallest standard deviation of z.', 0.001, 1000.0, unit='m', adjustable=False
    )
    min_sigma_yaw_rad: float = _setting(
        0.05, 'Smallest standard deviation of yaw.', 0.001, math.pi, unit='rad', adjustable=False
    )
    sigma_roll_pitch_rad: float = _setting(
        0.05,
        'Standard deviation of roll and pitch.',
        0.001,
        math.pi,
        unit='rad',
        adjustable=False,
    )

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigError: names the setting, its value and what is allowed.
        """
        for name, info in setting_infos().items():
            if problem := info.problem(getattr(self, name)):
                raise ConfigError(f'{name} {problem}')


def setting_infos(*, adjustable_only: bool = False) -> Mapping[str, SettingInfo]:
    """Return description and limits of the match settings by name, in their order.

    Args:
        adjustable_only: leave out those that can be set in Python only.
    """
    infos = {item.name: item.metadata['info'] for item in fields(MatchSettings)}
    return {name: info for name, info in infos.items() if info.adjustable or not adjustable_only}


def settings_table() -> str:
    """Return the match settings as a Markdown table."""
    lines = ['| setting | default | allowed | unit | meaning |', '| --- | --- | --- | --- | --- |']
    for name, info in setting_infos().items():
        allowed = ', '.join(info.choices)
        if info.low is not None and info.high is not None:
            allowed = f'{info.low:g} to {info.high:g}'
        meaning = info.description
        if info.none_means:
            meaning = f'{meaning[:-1]}; `None`: {info.none_means}.'
        default = getattr(MatchSettings, name)
        lines.append(f'| `{name}` | `{default!r}` | {allowed} | {info.unit} | {meaning} |')
    return '\n'.join(lines)
