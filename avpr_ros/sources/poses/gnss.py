# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Topics of GNSS fixes: which fixes are valid, and the track of the base they give."""

from __future__ import annotations

from dataclasses import replace
import math
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.messages import frame_id
from avpr_ros.sources.checks.pose_checks import HIGHEST_M
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.frames import DEFAULT_BASE_FRAME, DEFAULT_MAP_FRAME
from avpr_ros.sources.poses.geodesy import (
    COURSE_BASELINE_M,
    course_over_ground_rad,
    local_origin,
    to_local_m,
)
from avpr_ros.sources.poses.pose_track import PoseInput, PoseTrack
from avpr_ros.sources.poses.tf_chain import TransformGraph
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import stamp_ns

FIX_TYPE = 'sensor_msgs/msg/NavSatFix'
#: A fix this near to latitude 0, longitude 0 is the placeholder of a receiver without one.
_NULL_ISLAND_DEG = 1e-6


class FixReader:
    """Collects a topic of ``sensor_msgs/NavSatFix``."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._stamps: list[int] = []
        self._fixes: list[tuple[float, float, float]] = []
        self._without_fix = 0
        self._at_zero = 0
        self._beyond: list[tuple[float, float]] = []
        self._antenna = ''

    def add(self, message: Any) -> None:
        """Take one message; one that is no position is counted and left out.

        That is one without a fix (``status.status`` < 0), at latitude and longitude 0, or beyond
        the range of latitudes and longitudes.
        """
        self._antenna = self._antenna or frame_id(message.header)
        latitude, longitude = float(message.latitude), float(message.longitude)
        if message.status.status < 0 or not math.isfinite(latitude + longitude):
            self._without_fix += 1
            return
        if max(abs(latitude), abs(longitude)) < _NULL_ISLAND_DEG:
            self._at_zero += 1
            return
        if abs(latitude) > 90.0 or abs(longitude) > 360.0:
            self._beyond.append((latitude, longitude))
            return
        self._stamps.append(stamp_ns(message.header.stamp))
        self._fixes.append((latitude, longitude, float(message.altitude)))

    def finish(self, options: SourceOptions, graph: TransformGraph) -> PoseInput:
        """Return the track of the base in the local frame of the first fix.

        Raises:
            SourceError: no fix at all, or altitudes that no receiver on the Earth has.
        """
        if not self._fixes:
            raise SourceError(self._no_fix())
        order = np.argsort(self._stamps, kind='stable')
        fixes = np.array(self._fixes)[order]
        stamps = np.array(self._stamps, dtype=np.int64)[order]
        known = fixes[np.isfinite(fixes[:, 2]), 2]
        fixes[~np.isfinite(fixes[:, 2]), 2] = float(np.median(known)) if len(known) else 0.0
        self._check_altitude(float(np.median(fixes[:, 2])))
        # outliers go first: the origin and the courses must not be theirs
        antenna = _antenna_track(stamps, fixes, f'GNSS topic {self._topic}')
        fixes = fixes[np.isin(stamps, antenna.stamps_ns)]
        origin = options.geodetic_origin or local_origin(*(float(value) for value in fixes[0]))
        base_frame = options.base_frame or DEFAULT_BASE_FRAME
        stamps = stamps[np.isin(stamps, antenna.stamps_ns)]
        positions, rotations, heading = _poses(to_local_m(origin, fixes))
        base_from_antenna = graph.fixed_pose(base_frame, self._antenna)
        if base_from_antenna is not None:
            positions = positions - rotations.apply(base_from_antenna.translation_m)
        rows = np.concatenate([positions, rotations.as_quat()], axis=1)
        track = PoseTrack.from_samples(stamps, rows, antenna.what)
        track = replace(track, motion=antenna.motion, jumps_back=self._jumps_back())
        return PoseInput(
            track,
            options.map_frame or DEFAULT_MAP_FRAME,
            base_frame,
            f'sensor_msgs/NavSatFix on {self._topic}',
            geodetic_origin=origin,
            checks=(*track.checks(), *self._fix_check(), heading, *graph.checks()),
        )

    def _check_altitude(self, altitude_m: float) -> None:
        """Refuse an altitude that stretches the positions and is in another unit."""
        if abs(altitude_m) > HIGHEST_M:
            raise SourceError(
                f'{self._topic} has a median altitude of {altitude_m:.0f} m, beyond the limit of '
                f'{HIGHEST_M:.0f} m: convert it to metres above the ellipsoid, or choose another '
                'pose source.'
            )

    def _jumps_back(self) -> int:
        return int((np.diff(np.array(self._stamps, dtype=np.int64)) < 0).sum())

    def _no_fix(self) -> str:
        """Return why no message is a position, in one sentence."""
        if not self._beyond:
            return (
                f'{self._topic} has no valid fix among {self._without_fix + self._at_zero} '
                'messages: choose another pose source.'
            )
        latitude, longitude = self._beyond[0]
        if 360.0 < max(abs(latitude), abs(longitude)) <= 18000.0 and abs(latitude) <= 9000.0:
            cause = 'they seem to be degrees and minutes (ddmm.mm): convert them to degrees'
        elif max(abs(latitude), abs(longitude)) > 360.0:
            cause = 'they seem to be in 1e-7 degrees: divide them'
        else:
            cause = 'the two seem to be swapped'
        return (
            f'{self._topic} has latitude {latitude:g} and longitude {longitude:g} degrees, which '
            f'do not exist; {cause}, or choose another pose source.'
        )

    def _fix_check(self) -> tuple[PreflightCheck, ...]:
        left_out = [
            (self._without_fix, 'have no fix'),
            (self._at_zero, 'are at latitude 0, longitude 0'),
            (len(self._beyond), 'are beyond the range of latitudes and longitudes'),
        ]
        return tuple(
            PreflightCheck(
                'fixes', 'warning', f'{count} messages on {self._topic} {what} and are left out.'
            )
            for count, what in left_out
            if count
        )


def _antenna_track(stamps_ns: IntArray, fixes: FloatArray, what: str) -> PoseTrack:
    """Return the positions of the antenna about the median fix, without outliers."""
    origin = local_origin(*(float(value) for value in np.median(fixes, axis=0)))
    positions = to_local_m(origin, fixes)
    rows = np.hstack([positions, np.tile([0.0, 0.0, 0.0, 1.0], (len(positions), 1))])
    return PoseTrack.from_samples(stamps_ns, rows, what).without_outliers()


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
