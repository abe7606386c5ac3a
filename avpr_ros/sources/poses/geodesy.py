# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""GNSS fixes in a local metric frame: x east, y north, z up, with its origin on the Earth kept.

Position is the antenna's; where /tf_static knows the antenna on the robot, its lever arm is taken
off. A fix has no heading: it is the course over ground, the direction between fixes at least
``COURSE_BASELINE_M`` apart. That is right for a vehicle that drives forwards; driving backwards it
is turned by 180 degrees, and while standing it is that of the next departure.
"""

from __future__ import annotations

import math

import numpy as np
from pyproj import Transformer
from pyproj.exceptions import ProjError

from avpr_ros.arrays import FloatArray
from avpr_ros.errors import SourceError
from avpr_ros.sources.frame import GeodeticOrigin

COURSE_BASELINE_M = 2.0


def local_origin(latitude_deg: float, longitude_deg: float, altitude_m: float) -> GeodeticOrigin:
    """Return an origin with the PROJ pipeline from WGS 84 to its topocentric frame (ENU)."""
    # a NumPy scalar would write its type into the pipeline
    latitude_deg, longitude_deg = float(latitude_deg), float(longitude_deg)
    altitude_m = float(altitude_m)
    crs = (
        '+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad '
        '+step +proj=cart +ellps=WGS84 +step +proj=topocentric +ellps=WGS84 '
        f'+lat_0={latitude_deg!r} +lon_0={longitude_deg!r} +h_0={altitude_m!r}'
    )
    return GeodeticOrigin(latitude_deg, longitude_deg, altitude_m, crs)


def to_local_m(origin: GeodeticOrigin, fixes: FloatArray) -> FloatArray:
    """Carry (N, 3) rows latitude deg, longitude deg, altitude m to (N, 3) x y z in metres.

    Raises:
        SourceError: a position that is none on the Earth.
    """
    transformer = Transformer.from_pipeline(origin.crs)
    longitudes, latitudes, altitudes = fixes[:, 1], fixes[:, 0], fixes[:, 2]
    # lists: pyproj takes an array of one for a scalar
    try:
        local = transformer.transform(longitudes.tolist(), latitudes.tolist(), altitudes.tolist())
    except ProjError as error:
        raise _no_position(fixes) from error
    return _finite(np.array(local, dtype=np.float64).T, fixes)


def to_utm_m(fixes: FloatArray) -> FloatArray:
    """Carry (N, 2) rows latitude deg, longitude deg to (N, 2) east and north on the UTM grid.

    All in one zone, that of the median longitude; a city on the border of two stays whole.

    Raises:
        SourceError: a position that is none on the Earth.
    """
    zone = int((np.median(fixes[:, 1]) + 180.0) // 6.0) % 60 + 1
    south = ' +south' if np.median(fixes[:, 0]) < 0 else ''
    utm = Transformer.from_crs(
        'EPSG:4326', f'+proj=utm +zone={zone}{south} +ellps=WGS84 +type=crs', always_xy=True
    )
    try:
        grid = utm.transform(fixes[:, 1].tolist(), fixes[:, 0].tolist())
    except ProjError as error:
        raise _no_position(fixes) from error
    return _finite(np.array(grid, dtype=np.float64).T, fixes)


def _finite(positions_m: FloatArray, fixes: FloatArray) -> FloatArray:
    bad = ~np.isfinite(positions_m).all(axis=1)
    if bad.any():
        raise _no_position(fixes[bad])
    return positions_m


def _no_position(fixes: FloatArray) -> SourceError:
    worst = fixes[int(np.argmax(np.abs(fixes[:, :2]).max(axis=1)))]
    return SourceError(
        f'Latitude {worst[0]:g} and longitude {worst[1]:g} are no position on the Earth: check '
        'that they are in degrees and not swapped.'
    )


def course_over_ground_rad(positions_m: FloatArray) -> FloatArray | None:
    """Return (N,) headings about z, 0 = east, or None where the path is shorter than the baseline.

    The path is cut into chords of at least ``COURSE_BASELINE_M``; every position between the ends
    of a chord has its direction.

    Args:
        positions_m: (N, 3) local positions in the order they were driven.
    """
    anchors = [0]
    for row, position in enumerate(positions_m):
        offset = position[:2] - positions_m[anchors[-1], :2]
        if math.hypot(offset[0], offset[1]) >= COURSE_BASELINE_M:
            anchors.append(row)
    if len(anchors) < 2:
        return None
    chords = np.diff(positions_m[anchors, :2], axis=0)
    headings = np.arctan2(chords[:, 1], chords[:, 0])
    chord = np.searchsorted(anchors, np.arange(len(positions_m)), side='right') - 1
    return np.asarray(headings[np.minimum(chord, len(headings) - 1)])
