# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Drives through the streets: smooth paths with exact poses at every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.poses import Pose
from avpr_ros.stamps import NS_PER_S
from simulation.town.streets import StreetGrid

_STEP_M = 0.25


@dataclass(frozen=True)
class Driving:
    """How a drive differs from the lane's middle at constant speed.

    Attributes:
        speed_m_s: on straight streets; corners are taken slower.
        rate_hz: of the camera.
        offset_m: to the left of the lane's middle.
        wander_m: deviation of a slow weave on top.
        heading_rad: deviation of the heading from the path's, slowly changing.
        seed: of the weave.
        lane_m: from the middle of the street to the middle of the lane, on the right.
        corner_m: before and after a crossing, where a turn begins and ends.
    """

    speed_m_s: float
    rate_hz: float
    offset_m: float
    wander_m: float
    heading_rad: float
    seed: int
    lane_m: float = 1.7
    corner_m: float = 7.0


@dataclass(frozen=True, eq=False)
class Drive:
    """A path with time; row k of the tables belongs to one point of the path.

    Attributes:
        times_s: (N,) increasing, from 0.
        xy_m: (N, 2) base_link in the map.
        yaw_rad: (N,) heading, unwrapped.
        rate_hz: of the camera.
        height_m: of base_link in the map.
    """

    times_s: FloatArray
    xy_m: FloatArray
    yaw_rad: FloatArray
    rate_hz: float
    height_m: float = 0.0

    @property
    def length_m(self) -> float:
        """Return the length of the path, metres."""
        return float(np.hypot(*np.diff(self.xy_m, axis=0).T).sum())

    def pose_at(self, time_s: float) -> Pose:
        """Return map_from_base at a time; before the start and after the end it stands."""
        x, y = (np.interp(time_s, self.times_s, self.xy_m[:, k]) for k in (0, 1))
        yaw = np.interp(time_s, self.times_s, self.yaw_rad)
        place = np.array([x, y, self.height_m])
        return Pose(place, Rotation.from_euler('z', float(yaw)))

    def image_times_s(self) -> FloatArray:
        """Return when the camera takes its pictures, seconds from the start."""
        return np.arange(0.0, self.times_s[-1], 1.0 / self.rate_hz)

    def stamps_ns(self, times_s: FloatArray, start_ns: int) -> IntArray:
        """Return stamps of times of this drive."""
        return start_ns + np.round(times_s * NS_PER_S).astype(np.int64)


def drive_along(
    grid: StreetGrid,
    route: Sequence[tuple[int, int]],
    driving: Driving,
    height_m: float = 0.0,
) -> Drive:
    """Drive from crossing to crossing, in the lane on the right-hand side.

    Args:
        grid: the streets.
        route: crossings (i, j), each next to the one before; no turning back on the spot.
        driving: speed, lateral offset and weave.
        height_m: of the whole drive.
    """
    centre = _rounded([grid.crossing(i, j) for i, j in route], driving.corner_m)
    rng = np.random.default_rng(driving.seed)
    left_m = driving.offset_m - driving.lane_m + _weave(len(centre), driving.wander_m, rng)
    yaw = _headings(centre)
    path = centre + left_m[:, None] * np.stack([-np.sin(yaw), np.cos(yaw)], 1)
    path = gaussian_filter1d(path, 1.0 / _STEP_M, axis=0, mode='nearest')
    path = _resampled(path)
    yaw = _headings(path)
    turning = np.abs(gaussian_filter1d(np.gradient(yaw) / _STEP_M, 1.5 / _STEP_M))
    speed = driving.speed_m_s / (1.0 + 5.0 * turning)
    speed = gaussian_filter1d(speed, 4.0 / _STEP_M, mode='nearest')
    times = np.concatenate([[0.0], np.cumsum(_STEP_M / speed[:-1])])
    heading = yaw + _weave(len(yaw), driving.heading_rad, rng)
    return Drive(times, path, heading, driving.rate_hz, height_m)


def _rounded(corners: list[FloatArray], cut_m: float) -> FloatArray:
    """Return a path along the corners, each cut by a quadratic Bezier curve."""
    pieces = [corners[0][None]]
    for before, corner, after in zip(corners[:-2], corners[1:-1], corners[2:], strict=True):
        into, out = (corner - before), (after - corner)
        start = corner - cut_m * into / np.linalg.norm(into)
        end = corner + cut_m * out / np.linalg.norm(out)
        t = np.linspace(0, 1, 40)[:, None]
        pieces.append((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)
    pieces.append(corners[-1][None])
    return _resampled(np.concatenate(pieces))


def _resampled(path: FloatArray) -> FloatArray:
    """Return the path with a point every step of its length."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    wanted = np.arange(0.0, along[-1], _STEP_M)
    return np.stack([np.interp(wanted, along, path[:, k]) for k in (0, 1)], 1)


def _headings(path: FloatArray) -> FloatArray:
    dx, dy = np.gradient(path, axis=0).T
    return np.asarray(gaussian_filter1d(np.unwrap(np.arctan2(dy, dx)), 1.0 / _STEP_M))


def _weave(count: int, deviation: float, rng: np.random.Generator) -> FloatArray:
    """Return a slow random curve of the given deviation along the path."""
    raw = gaussian_filter1d(rng.standard_normal(count + 400), 12.0 / _STEP_M)[200 : 200 + count]
    return np.asarray(deviation * raw / max(float(raw.std()), 1e-9))
