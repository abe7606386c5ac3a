# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses over time: a track of samples, interpolated to image stamps with a limit on the gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import SourceError
from avpr_ros.poses import Pose
from avpr_ros.sources.checks.pose_checks import (
    conflict_check,
    pose_stamps_check,
    quaternion_order_check,
)
from avpr_ros.sources.frame import GeodeticOrigin
from avpr_ros.sources.poses.motion import Motion, check_motion
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import NS_PER_S

#: A sample this near in time is used without interpolation: files round their stamps.
SNAP_NS = 1_000_000
#: Larger coordinates are damaged numbers: the Earth's circumference is 4e7 m.
LARGEST = 1e9


@dataclass(frozen=True, eq=False)
class PosesAt:
    """Interpolated poses at N stamps.

    Attributes:
        valid: (N,) bool; where false, the other two hold an arbitrary pose.
        translations_m: (N, 3) float64.
        rotations: N scipy rotations.
    """

    valid: NDArray[np.bool_]
    translations_m: FloatArray
    rotations: Rotation

    def pose(self, row: int) -> Pose:
        """Return the pose of one stamp."""
        return Pose(self.translations_m[row], self.rotations[row])


class Trajectory(Protocol):
    """The pose of one frame in another as a function of time."""

    def at(self, stamps_ns: IntArray, max_gap_s: float) -> PosesAt:
        """Return poses at (N,) stamps; invalid where no samples lie within the gap limit."""
        ...

    def span_ns(self) -> tuple[int, int]:
        """Return its first and last stamp."""
        ...

    def largest_gap_s(self, begin_ns: int, end_ns: int) -> float:
        """Return the longest time without a sample between two stamps, seconds."""
        ...

    def sample_stamps_ns(self) -> IntArray:
        """Return the stamps of all samples."""
        ...


@dataclass(frozen=True, eq=False)
class PoseTrack:
    """Samples of a pose, in stamp order, no stamp twice.

    Attributes:
        stamps_ns: (N,) int64, strictly ascending, N >= 1.
        translations_m: (N, 3) float64.
        quaternions: (N, 4) float64, x y z w.
        jumps_back: how often the stamps went back in the order they came.
        duplicates: samples dropped because of a repeated stamp.
        invalid: samples left out for a number that is not finite, a position beyond
            ``LARGEST`` metres, or a quaternion whose norm is not 1, nor near it.
        largest_conflict_m: largest distance between two positions of one stamp.
        what: where the poses come from, for texts.
        motion: outliers that were left out, and jumps; None where the motion was not checked.
        rows: findings about the rows of a file.
    """

    stamps_ns: IntArray
    translations_m: FloatArray
    quaternions: FloatArray
    jumps_back: int = 0
    duplicates: int = 0
    invalid: int = 0
    largest_conflict_m: float = 0.0
    what: str = 'the poses'
    motion: Motion | None = None
    rows: tuple[PreflightCheck, ...] = ()

    @classmethod
    def from_samples(
        cls,
        stamps_ns: Sequence[int] | IntArray,
        poses: Sequence[Sequence[float]] | FloatArray,
        what: str,
    ) -> PoseTrack:
        """Sort and clean samples.

        Args:
            stamps_ns: (N,) stamps in the order they came.
            poses: (N, 7) rows ``x y z qx qy qz qw``.
            what: where they come from, for the error text.

        Raises:
            SourceError: no usable sample.
        """
        stamps = np.asarray(stamps_ns, dtype=np.int64).reshape(-1)
        rows = np.asarray(poses, dtype=np.float64).reshape(-1, 7)
        usable: NDArray[np.bool_] = np.all(np.abs(rows) < LARGEST, axis=1)  # false for NaN, too
        norms = np.linalg.norm(np.where(usable[:, np.newaxis], rows[:, 3:], 0.0), axis=1)
        usable = usable & (norms > 0.5) & (norms < 2.0)
        if not usable.any():
            why = ''
            if len(rows) and not np.abs(rows[:, 3:]).any():
                why = ': all quaternions are 0, 0, 0, 0, which is no rotation; set w to 1'
            elif len(rows) and not np.isfinite(rows).all(axis=1).any():
                why = ': each has a number that is not finite; check what publishes or wrote them'
            elif len(rows) and np.abs(rows).max(axis=1).min() >= LARGEST:
                why = f': each has a number beyond {LARGEST:g}; positions are in metres'
            raise SourceError(f'{what} gives no usable pose among {len(rows)} samples{why}.')
        kept, kept_rows = stamps[usable], rows[usable]
        unique, first, place = np.unique(kept, return_index=True, return_inverse=True)
        apart_m = np.linalg.norm(kept_rows[:, :3] - kept_rows[first[place], :3], axis=1)
        return cls(
            unique,
            kept_rows[first, :3],
            kept_rows[first, 3:] / norms[usable][first, np.newaxis],
            jumps_back=int((np.diff(kept) < 0).sum()),
            duplicates=len(kept) - len(unique),
            invalid=len(rows) - len(kept),
            largest_conflict_m=float(apart_m.max()),
            what=what,
        )

    def without_outliers(self, *, timed: bool = True) -> PoseTrack:
        """Return the track without samples that no motion leads to.

        Args:
            timed: whether the stamps are times; otherwise they only order the samples.
        """
        motion = check_motion(self.stamps_ns, self.translations_m, timed=timed)
        return replace(
            self,
            stamps_ns=self.stamps_ns[motion.kept],
            translations_m=self.translations_m[motion.kept],
            quaternions=self.quaternions[motion.kept],
            motion=motion,
        )

    def at(self, stamps_ns: IntArray, max_gap_s: float) -> PosesAt:
        """Interpolate: positions linearly, rotations along the shortest arc (slerp).

        A stamp is valid when the samples on both sides lie at most ``max_gap_s`` apart, or when
        a sample lies within a millisecond. Nothing is extrapolated.
        """
        last = len(self.stamps_ns) - 1
        right = np.clip(np.searchsorted(self.stamps_ns, stamps_ns), min(1, last), last)
        left = np.maximum(right - 1, 0)
        before = stamps_ns - self.stamps_ns[left]
        after = self.stamps_ns[right] - stamps_ns
        gap = self.stamps_ns[right] - self.stamps_ns[left]
        inside = (before >= 0) & (after >= 0)
        near = np.minimum(np.abs(before), np.abs(after)) <= SNAP_NS
        valid = near | (inside & (gap <= max_gap_s * NS_PER_S))
        share = np.clip(before / np.maximum(gap, 1), 0.0, 1.0)
        share = np.where(near, (np.abs(after) < np.abs(before)).astype(np.float64), share)
        before_m, after_m = self.translations_m[left], self.translations_m[right]
        translations = before_m + share[:, np.newaxis] * (after_m - before_m)
        rotations = self._rotations_at(self._times_ns[left] + share * gap)
        return PosesAt(valid, translations, rotations)

    def checks(self, *, odometry: bool = False) -> tuple[PreflightCheck, ...]:
        """Return what was wrong with the samples, if anything.

        Args:
            odometry: whether they are in an odometry frame, which is continuous (REP-105).
        """
        found = (
            *self.rows,
            *pose_stamps_check(self.jumps_back, self.duplicates, self.invalid),
            *conflict_check(self.what, self.largest_conflict_m, self.stamps_ns),
            *quaternion_order_check(self.what, self.quaternions),
        )
        if self.motion is None:
            return found
        return (*found, *self.motion.checks(self.what, odometry=odometry))

    def span_ns(self) -> tuple[int, int]:
        """Return the first and last stamp."""
        return int(self.stamps_ns[0]), int(self.stamps_ns[-1])

    def largest_gap_s(self, begin_ns: int, end_ns: int) -> float:
        """Return the longest time without a sample between two stamps, seconds."""
        inside = self.stamps_ns[(self.stamps_ns > begin_ns) & (self.stamps_ns < end_ns)]
        bounds = np.concatenate([[begin_ns], inside, [end_ns]])
        return float(np.diff(bounds).max() / NS_PER_S)

    def sample_stamps_ns(self) -> IntArray:
        """Return the stamps of all samples."""
        return self.stamps_ns

    @cached_property
    def _times_ns(self) -> FloatArray:
        """Stamps from the first one on: a float64 holds 104 days of nanoseconds exactly."""
        return np.asarray(self.stamps_ns - self.stamps_ns[0], dtype=np.float64)

    def _rotations_at(self, times_ns: FloatArray) -> Rotation:
        if len(self.stamps_ns) == 1:
            return Rotation.from_quat(np.repeat(self.quaternions, len(times_ns), axis=0))
        slerp = Slerp(self._times_ns, Rotation.from_quat(self.quaternions))
        rotations: Rotation = slerp(times_ns)
        return rotations


@dataclass(frozen=True, eq=False)
class PoseInput:
    """Everything a source knows about its poses.

    Attributes:
        trajectory: pose of the base in the map over time.
        map_frame: frame the poses are in.
        base_frame: frame the poses are of.
        description: where they come from, in words.
        geodetic_origin: where the map frame's origin lies on the Earth, where known.
        exact: poses belong to single images, by name: never interpolate.
        checks: what was found while reading them.
        recorded_frame: frame that the recording says they are in; empty where it does not say.
    """

    trajectory: Trajectory
    map_frame: str
    base_frame: str
    description: str
    geodetic_origin: GeodeticOrigin | None = None
    exact: bool = False
    checks: tuple[PreflightCheck, ...] = field(default=())
    recorded_frame: str = ''
