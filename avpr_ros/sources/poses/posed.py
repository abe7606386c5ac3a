# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Image stamps and poses brought together: the part of every source that is the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.stamp_order import StampOrder
from avpr_ros.sources.checks.image_checks import images_check, no_stamps_check, stamps_check
from avpr_ros.sources.checks.pose_checks import camera_coverage_checks, coverage_check, path_check
from avpr_ros.sources.frame import Frame, GeodeticOrigin, StampedImage
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.frames import DEFAULT_BASE_FRAME, DEFAULT_MAP_FRAME
from avpr_ros.sources.poses.pose_track import PoseInput, PosesAt
from avpr_ros.sources.preflight import Preflight, PreflightCheck


class PosedImages:
    """M images in stamp order, and the poses at their stamps."""

    def __init__(
        self,
        stamps_ns: IntArray,
        poses: PoseInput | None,
        options: SourceOptions,
        cameras: tuple[Sequence[str], IntArray] = ((), np.empty(0, dtype=np.int64)),
    ) -> None:
        """Interpolate the poses.

        Args:
            stamps_ns: (M,) ascending.
            poses: the source's poses, or None where none were wanted.
            options: the gap limit and frame names.
            cameras: names of several cameras and (M,) the index of each image's camera.
        """
        self._cameras = cameras
        self._stamps_ns = stamps_ns
        self._input = poses
        self._max_gap_s = 0.0 if poses is not None and poses.exact else options.max_gap_s
        self._at: PosesAt | None = None
        if poses is not None and len(stamps_ns):
            self._at = poses.trajectory.at(stamps_ns, self._max_gap_s)
            if poses.exact:  # a neighbour's pose is not this image's, however near in time
                own = np.isin(stamps_ns, poses.trajectory.sample_stamps_ns())
                self._at = replace(self._at, valid=self._at.valid & own)
        self.map_frame = poses.map_frame if poses else options.map_frame or DEFAULT_MAP_FRAME
        self.base_frame = poses.base_frame if poses else options.base_frame or DEFAULT_BASE_FRAME
        self.pose_source = poses.description if poses else 'none'
        self.geodetic_origin: GeodeticOrigin | None = poses.geodetic_origin if poses else None

    @property
    def rows_with_pose(self) -> IntArray:
        """Rows, in stamp order, of the images that have a pose."""
        at = self._at
        return np.zeros(0, np.int64) if at is None else np.flatnonzero(at.valid).astype(np.int64)

    def pose_rows(self) -> FloatArray:
        """Return (K, 7) poses of these as x y z qx qy qz qw."""
        at = self._at
        found = [at.pose(int(row)) for row in self.rows_with_pose] if at is not None else []
        rows = [pose.as_xyz_quaternion() for pose in found]
        return np.array(rows, dtype=np.float64).reshape(-1, 7)

    def preflight(
        self, where: str, order: StampOrder, checks: tuple[PreflightCheck, ...]
    ) -> Preflight:
        """Check images, stamps and poses.

        Args:
            where: where the images come from, in words.
            order: how the images were ordered.
            checks: what the source itself found, to stand in between.
        """
        found = [images_check(where, self._stamps_ns), *checks]
        if len(self._stamps_ns) == 0:
            return Preflight(tuple(found), self._stamps_ns, [])
        total = len(order.ranks)
        stamps = no_stamps_check(self._stamps_ns) or (
            stamps_check(total, order.jumps_back, order.duplicates, order.late, order.misdated),
        )
        found[1:1] = stamps
        if self._input is None or self._at is None:
            none = np.empty(0, dtype=np.int64)
            return Preflight(tuple(found), none, [], images=len(self._stamps_ns))
        rows = np.flatnonzero(self._at.valid)
        poses = [self._at.pose(int(row)) for row in rows]
        found += [*self._input.checks, self._coverage(self._input, len(rows))]
        found += camera_coverage_checks(*self._cameras, self._stamps_ns, self._at.valid)
        if poses:
            found.append(path_check(poses))
        stamps_ns = np.asarray(self._stamps_ns[rows], dtype=np.int64)
        images = len(self._stamps_ns)
        return Preflight(tuple(found), stamps_ns, poses, self._input.recorded_frame, images)

    def frames(self, images: Iterator[StampedImage]) -> Iterator[Frame]:
        """Yield those of the M images, in stamp order, that have a pose.

        Raises:
            SourceError: the source was opened without poses.
        """
        if self._input is None:
            raise SourceError('This source was opened without poses, so it has no frames.')
        at = self._at
        for row, image in enumerate(images):
            if at is not None and at.valid[row]:
                pose = at.pose(row)
                yield Frame(image.stamp_ns, image.camera, pose, image.decode, image.place)

    def _coverage(self, poses: PoseInput, with_pose: int) -> PreflightCheck:
        gaps_s = None
        if not poses.exact:
            begin, end = int(self._stamps_ns[0]), int(self._stamps_ns[-1])
            gaps_s = (poses.trajectory.largest_gap_s(begin, end), self._max_gap_s)
        span_ns = poses.trajectory.span_ns()
        return coverage_check(poses.description, self._stamps_ns, with_pose, span_ns, gaps_s)
