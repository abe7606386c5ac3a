# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Headings of compasses, which grow clockwise from north, as yaw about z from the x axis."""

from __future__ import annotations

import math

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.sources.checks.yaw_unit import (
    FULL_TURN_RAD,
    measured_clockwise,
    measured_yaw_unit,
    yaw_unit_checks,
)
from avpr_ros.sources.preflight import CheckLevel, PreflightCheck


def yaw_of_headings(
    name: str, headings: FloatArray, unit: str | None, positions_m: FloatArray
) -> tuple[FloatArray, list[PreflightCheck]]:
    """Return the (N,) yaw in radians of a column of headings, and findings about its convention.

    x is east and y is north, so that yaw is 90 degrees less the heading. Where the course over
    ground shows that the headings grow counter-clockwise from x, they are yaw already.

    Args:
        name: of the file.
        headings: (N,) as in the file.
        unit: ``rad`` or ``deg`` by the name of the column; None: by the course over ground, else
            degrees where a value exceeds a full turn in radians.
        positions_m: (N, 3).
    """
    measured = measured_yaw_unit(-headings, positions_m) or measured_yaw_unit(
        headings, positions_m
    )
    exceeds = float(np.abs(headings).max()) > FULL_TURN_RAD
    checks = yaw_unit_checks(name, unit, measured, exceeds, bool(headings.any()))
    in_degrees = (unit or measured or ('deg' if exceeds else 'rad')) == 'deg'
    turns = np.radians(headings) if in_degrees else headings
    clockwise = measured_clockwise(turns, positions_m)
    level: CheckLevel = 'ok'
    if clockwise is False:
        text = f'The headings of {name} grow counter-clockwise from x by the course over ground.'
    else:
        text = f'The headings of {name} are taken clockwise from north, with x east and y north'
        if clockwise is None:
            level = 'warning'
            text += ', which the path does not show: if they grow counter-clockwise from x, call '
            text += 'the column yaw'
        text += '.'
    yaw = turns if clockwise is False else math.pi / 2 - turns
    return yaw, [*checks, PreflightCheck('rotation', level, text)]
