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
from typing import Any

import numpy as np
from pyproj import Transformer
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray
from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.messages import frame_id
from avpr_ros.sources.frame import GeodeticOrigin
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.frames import DEFAULT_BASE_FRAME, DEFAULT_MAP_FRAME
from avpr_ros.sources.poses.pose_track import PoseInput, PoseTrack
from avpr_ros.sources.poses.tf_chain import TransformGraph
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import stamp_ns

FIX_TYPE = 'sensor_msgs/msg/NavSatFix'
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
    """Carry (N, 3) rows latitude deg, longitude deg, altitude m to (N, 3) x y z in metres."""
    transformer = Transformer.from_pipeline(origin.crs)
    longitudes, latitudes, altitudes = fixes[:, 1], fixes[:, 0], fixes[:, 2]
    # lists: pyproj takes an array of one for a scalar
    east, north, up = transformer.transform(
        longitudes.tolist(), latitudes.tolist(), altitudes.tolist()
    )
    return np.array([east, north, up], dtype=np.float64).T


def to_utm_m(fixes: FloatArray) -> FloatArray:
    """Carry (N, 2) rows latitude deg, longitude deg to (N, 2) east and north on the UTM grid.

    All in one zone, that of the median longitude; a city on the border of two stays whole.
    """
    zone = int((np.median(fixes[:, 1]) + 180.0) // 6.0) % 60 + 1
    south = ' +south' if np.median(fixes[:, 0]) < 0 else ''
    utm = Transformer.from_crs(
        'EPSG:4326', f'+proj=utm +zone={zone}{south} +ellps=WGS84 +type=crs', always_xy=True
    )
    east, north = utm.transform(fixes[:, 1].tolist(), fixes[:, 0].tolist())
    return np.array([east, north], dtype=np.float64).T


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


class FixReader:
    """Collects a topic of ``sensor_msgs/NavSatFix``."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._stamps: list[int] = []
        self._fixes: list[tuple[float, float, float]] = []
        self._without_fix = 0
        self._antenna = ''

    def add(self, message: Any) -> None:
        """Take one message; without a fix (``status.status`` < 0) it is counted and left out."""
        self._antenna = self._antenna or frame_id(message.header)
        latitude, longitude = float(message.latitude), float(message.longitude)
        if message.status.status < 0 or not math.isfinite(latitude + longitude):
            self._without_fix += 1
            return
        self._stamps.append(stamp_ns(message.header.stamp))
        self._fixes.append((latitude, longitude, float(message.altitude)))

    def finish(self, options: SourceOptions, graph: TransformGraph) -> PoseInput:
        """Return the track of the base in the local frame of the first fix.

        Raises:
            SourceError: no fix at all.
        """
        if not self._fixes:
            raise SourceError(
                f'{self._topic} has no valid fix among {self._without_fix} messages: '
                'choose another pose source.'
            )
        order = np.argsort(self._stamps, kind='stable')
        fixes = np.array(self._fixes)[order]
        known = fixes[np.isfinite(fixes[:, 2]), 2]
        fixes[~np.isfinite(fixes[:, 2]), 2] = known[0] if len(known) else 0.0
        origin = options.geodetic_origin or local_origin(*(float(value) for value in fixes[0]))
        base_frame = options.base_frame or DEFAULT_BASE_FRAME
        positions, rotations, heading = _poses(to_local_m(origin, fixes))
        base_from_antenna = graph.fixed_pose(base_frame, self._antenna)
        if base_from_antenna is not None:
            positions = positions - rotations.apply(base_from_antenna.translation_m)
        rows = np.concatenate([positions, rotations.as_quat()], axis=1)
        stamps = np.array(self._stamps, dtype=np.int64)[order]
        track = PoseTrack.from_samples(stamps, rows, f'GNSS topic {self._topic}')
        return PoseInput(
            track,
            options.map_frame or DEFAULT_MAP_FRAME,
            base_frame,
            f'sensor_msgs/NavSatFix on {self._topic}',
            geodetic_origin=origin,
            checks=(*track.checks(), *self._fix_check(), heading),
        )

    def _fix_check(self) -> tuple[PreflightCheck, ...]:
        if self._without_fix == 0:
            return ()
        text = f'{self._without_fix} messages on {self._topic} have no fix and are left out.'
        return (PreflightCheck('fixes', 'warning', text),)


def _poses(positions_m: FloatArray) -> tuple[FloatArray, Rotation, PreflightCheck]:
    """Return antenna positions, rotations with estimated headings, and a check of these."""
    headings = course_over_ground_rad(positions_m)
    if headings is None:
        text = (
            f'The fixes stay within {COURSE_BASELINE_M:g} m, so the heading is unknown, set to 0.'
        )
        headings, check = np.zeros(len(positions_m)), PreflightCheck('heading', 'warning', text)
    else:
        text = 'Heading is the course over ground: correct only while driving forwards.'
        check = PreflightCheck('heading', 'ok', text)
    return positions_m, Rotation.from_euler('z', headings[:, np.newaxis]), check
