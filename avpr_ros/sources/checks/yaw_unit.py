# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Unit of the headings of a drive, measured against its course over ground."""

from __future__ import annotations

import math

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.sources.preflight import PreflightCheck

_UNITS = {'rad': 'radians', 'deg': 'degrees'}
#: A heading with larger numbers is in degrees, or has been added up over several turns.
FULL_TURN_RAD = 6.3
#: Fewer steps do not show a course.
_LEAST_STEPS = 8
#: Steps shorter than this share of the usual one are noise of a robot that stands.
_SHORTEST_STEP = 0.5
#: Concentration (length of the mean direction) of heading against course: of the right unit at
#: least the first, and that of the other less by the second.
_CONCENTRATED, _MARGIN = 0.8, 0.2
#: A step this long is a heading in radians that passes from one end of its range to the other.
_WRAP_RAD = (5.5, FULL_TURN_RAD)


def measured_yaw_unit(yaw: FloatArray, positions_m: FloatArray) -> str | None:
    """Return ``rad`` or ``deg``: the unit in which a robot keeps its heading to its course.

    The camera may look aside: only the difference of both must be constant.

    Args:
        yaw: (N,) headings.
        positions_m: (N, 2 or 3) positions in the same order.

    Returns:
        None where it cannot be told: a straight drive, a robot that turns on the spot.
    """
    rad = _agreement(yaw, positions_m)
    if rad is None:
        return None
    if float(np.abs(yaw).max()) <= FULL_TURN_RAD and _wraps(yaw):
        return 'rad'
    deg = _agreement(np.radians(yaw), positions_m)
    if deg is None or max(rad, deg) < _CONCENTRATED or abs(rad - deg) < _MARGIN:
        return None
    return 'rad' if rad > deg else 'deg'


def measured_clockwise(heading_rad: FloatArray, positions_m: FloatArray) -> bool | None:
    """Return whether headings grow clockwise, by the course over ground; None where not shown.

    Args:
        heading_rad: (N,) headings.
        positions_m: (N, 2 or 3) positions in the same order.
    """
    clockwise = _agreement(-heading_rad, positions_m)
    other = _agreement(heading_rad, positions_m)
    if clockwise is None or other is None:
        return None
    if max(clockwise, other) < _CONCENTRATED or abs(clockwise - other) < _MARGIN:
        return None
    return clockwise > other


def yaw_unit_checks(
    name: str, stated: str | None, measured: str | None, exceeds: bool, turned: bool
) -> list[PreflightCheck]:
    """Return what is doubtful about the unit of the angles of a file.

    Args:
        name: of the file.
        stated: unit in its header.
        measured: by ``measured_yaw_unit``.
        exceeds: whether angles without a unit exceed a full turn in radians.
        turned: whether any angle is not 0.
    """
    by_path = 'by the course of the positions'
    if stated is not None:
        if measured in (None, stated):
            return []
        text = (
            f'The headings of {name} are in {_UNITS[measured]} {by_path}, though the header says '
            f'{_UNITS[stated]}, which are taken: correct the name of the column.'
        )
    elif measured == 'deg':
        text = f'The angles of {name} are in degrees {by_path}.'
    elif exceeds and measured is None:
        text = f'The angles of {name} exceed a full turn in radians: they are in degrees.'
    elif turned and measured is None:
        text = (
            f'The unit of the angles of {name} is not stated, and the path does not show it: '
            'radians are taken; call the columns yaw_rad or yaw_deg.'
        )
    else:
        return []
    return [PreflightCheck('rotation', 'warning', text)]


def _agreement(yaw_rad: FloatArray, positions_m: FloatArray) -> float | None:
    """Return how constant headings are against the course, 0 to 1; None for too few steps."""
    steps = np.diff(positions_m[:, :2], axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    moving = lengths > 0
    if moving.any():
        moving &= lengths >= _SHORTEST_STEP * np.median(lengths[moving])
    if moving.sum() < _LEAST_STEPS:
        return None
    course = np.arctan2(steps[moving, 1], steps[moving, 0])
    return _concentration(yaw_rad[:-1][moving] - course)


def _wraps(yaw: FloatArray) -> bool:
    changes = np.abs(np.diff(yaw))
    return bool(((changes > _WRAP_RAD[0]) & (changes < _WRAP_RAD[1])).any())


def _concentration(angles_rad: FloatArray) -> float:
    return math.hypot(float(np.cos(angles_rad).mean()), float(np.sin(angles_rad).mean()))
