# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses in file names, as the place-recognition datasets have them (datasets_vg).

``@UTM_east@UTM_north@zone_number@zone_letter@latitude@longitude@pano_id@tile@heading@pitch@roll@
height@timestamp@note@.jpg``; only the first two are required. The map frame is the UTM grid with
its origin at the first image: x east, y north; without zones the coordinates are used unchanged,
so that the folders of one dataset agree. Heading is in degrees clockwise from north; where no name
has one, rotations are identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import NamedTuple

import numpy as np
from pyproj import Transformer
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray
from avpr_ros.errors import SourceError
from avpr_ros.sources.frame import GeodeticOrigin

_EAST, _NORTH, _ZONE, _LETTER, _HEADING, _HEIGHT = 1, 2, 3, 4, 9, 12


class _Zone(NamedTuple):
    """A zone of the UTM grid."""

    number: int
    south: bool


@dataclass(frozen=True, eq=False)
class NamedPoses:
    """Poses from the names of N images.

    Attributes:
        rows: (N, 7) float64 ``x y z qx qy qz qw`` in the local frame.
        origin: geodetic position of that frame's origin; None where the names have no zone.
        has_heading: whether all of them have a heading.
    """

    rows: FloatArray
    origin: GeodeticOrigin | None
    has_heading: bool


def has_utm_name(name: str) -> bool:
    """Return whether a file name carries a position."""
    return name.startswith('@') and name.count('@') >= 3


def read_utm_names(names: Sequence[str], origin: GeodeticOrigin | None) -> NamedPoses:
    """Read poses from file names.

    Args:
        names: file names, at least one; all with a position, all of one zone.
        origin: origin of the local frame; None: the first image's position. Names without a
            zone have no such frame.

    Raises:
        SourceError: a name whose numbers cannot be read, or names of several zones.
    """
    grid, zone = _read_grid(names)
    offset_m = np.zeros(2)
    if zone is not None:
        if origin is None:
            longitude, latitude = _utm(zone).transform(grid[0, 0], grid[0, 1], direction='INVERSE')
            origin = _utm_origin(zone, latitude, longitude)
        offset_m = np.array(_utm(zone).transform(origin.longitude_deg, origin.latitude_deg))
    positions = grid[:, :3] - [*offset_m, 0.0]
    has_heading = bool(np.isfinite(grid[:, 3]).all())
    yaw_rad = np.pi / 2 - np.radians(grid[:, 3]) if has_heading else np.zeros(len(grid))
    quaternions = Rotation.from_euler('z', yaw_rad[:, np.newaxis]).as_quat()
    return NamedPoses(np.concatenate([positions, quaternions], axis=1), origin, has_heading)


def read_utm_grid(names: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Read positions as they stand in file names, with no local frame.

    Returns:
        (N, 2) east and north in metres; (N,) degrees clockwise from north, NaN where a name has
        none.

    Raises:
        SourceError: a name whose numbers cannot be read, or names of several zones.
    """
    grid, _ = _read_grid(names)
    return grid[:, :2], grid[:, 3]


def _read_grid(names: Sequence[str]) -> tuple[FloatArray, _Zone | None]:
    """Return (N, 4) east, north, height, heading in degrees or NaN, and the zone if any."""
    fields = [[*name.rpartition('.')[0].split('@'), *[''] * _HEIGHT] for name in names]
    zones = {_zone(row, name) for row, name in zip(fields, names, strict=True)}
    if len(zones) > 1:
        raise SourceError(
            f'The image names lie in {len(zones)} UTM zones ({_listed(zones)}): a map has one, '
            'split the folder.'
        )
    grid = np.array([_grid(row, name) for row, name in zip(fields, names, strict=True)])
    return grid, zones.pop()


def _utm_origin(zone: _Zone, latitude_deg: float, longitude_deg: float) -> GeodeticOrigin:
    """Return an origin with the PROJ pipeline from WGS 84 to its stretch of the UTM grid."""
    latitude_deg, longitude_deg = float(latitude_deg), float(longitude_deg)
    east, north = map(float, _utm(zone).transform(longitude_deg, latitude_deg))
    crs = f'{_pipeline(zone)} +step +proj=affine +xoff={-east!r} +yoff={-north!r}'
    return GeodeticOrigin(latitude_deg, longitude_deg, 0.0, crs)


def _pipeline(zone: _Zone) -> str:
    return (
        '+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad '
        f'+step +proj=utm +zone={zone.number}{" +south" if zone.south else ""} +ellps=WGS84'
    )


def _utm(zone: _Zone) -> Transformer:
    return Transformer.from_pipeline(_pipeline(zone))


def _zone(fields: list[str], name: str) -> _Zone | None:
    """Return zone number and whether it lies south of the equator (bands C to M), or None."""
    number, letter = fields[_ZONE].strip(), fields[_LETTER].strip().upper()
    if not number or not letter:
        return None
    if not number.isdigit() or not 1 <= int(number) <= 60 or letter not in 'CDEFGHJKLMNPQRSTUVWX':
        raise SourceError(f'Image name {name} has no valid UTM zone: {number}{letter}.')
    return _Zone(int(number), letter < 'N')


def _grid(fields: list[str], name: str) -> list[float]:
    """Return easting, northing, height, heading (degrees, or NaN)."""
    try:
        numbers = [
            float(fields[_EAST]),
            float(fields[_NORTH]),
            float(fields[_HEIGHT] or 0.0),
            float(fields[_HEADING] or math.nan),
        ]
    except ValueError as error:
        raise SourceError(
            f'Image name {name} does not start with @east@north: {error}.'
        ) from error
    if not all(map(math.isfinite, numbers[:3])):
        raise SourceError(f'Image name {name} has a position that is not finite.')
    return numbers


def _listed(zones: set[_Zone | None]) -> str:
    return ', '.join(
        sorted('none' if z is None else f'{z.number}{"S" if z.south else "N"}' for z in zones)
    )
