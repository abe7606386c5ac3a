# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Match results as files: every candidate and every accepted pose as CSV, and a TUM trajectory.

``matches.csv`` holds what the node publishes on ``~/matches``, ``poses.csv`` what it publishes on
``~/pose`` and ``~/loop_closure``, with the covariance in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
import csv
from pathlib import Path
from typing import TextIO

from avpr_ros.localization.result import MatchResult, PoseEstimate
from avpr_ros.sources.poses.tum import tum_line
from avpr_ros.storage.files import atomic_file

MATCHES = 'matches.csv'
POSES = 'poses.csv'
TRAJECTORY = 'trajectory.tum'
NAMES = (MATCHES, POSES, TRAJECTORY)
COLUMNS = (
    *('stamp_ns', 'camera', 'rank', 'keyframe_id', 'similarity', 'ratio', 'probability', 'reason'),
    *('x_m', 'y_m', 'z_m', 'qx', 'qy', 'qz', 'qw', 'text'),
)
_AXES = ('x', 'y', 'z', 'roll', 'pitch', 'yaw')
#: Rows and columns of the upper triangle of a covariance.
_UPPER = tuple((i, j) for i in range(6) for j in range(i, 6))
#: ``pose`` is ``landmarks`` for a pose by PnP, ``keyframe`` for the pose of the keyframe.
#: Covariances are in metres and radians about the map's axes, the upper triangle.
POSE_COLUMNS = (
    *('stamp_ns', 'camera', 'keyframe_id', 'pose'),
    *('x_m', 'y_m', 'z_m', 'qx', 'qy', 'qz', 'qw'),
    *(f'cov_{_AXES[i]}_{_AXES[j]}' for i, j in _UPPER),
)


class MatchWriter:
    """Writes results as they come."""

    def __init__(self, matches: TextIO, poses: TextIO, trajectory: TextIO) -> None:
        self._matches = csv.writer(matches, lineterminator='\n')
        self._matches.writerow(COLUMNS)
        self._poses = csv.writer(poses, lineterminator='\n')
        self._poses.writerow(POSE_COLUMNS)
        self._trajectory = trajectory

    def write(self, result: MatchResult) -> None:
        """Write one row per candidate and, for an accepted pose, one row and a TUM line.

        A query without candidates gets one row with its reason and nothing between.
        """
        for candidate in result.candidates:
            pose = candidate.map_from_base.as_xyz_quaternion()
            self._matches.writerow(
                [
                    result.stamp_ns,
                    result.camera,
                    candidate.rank,
                    candidate.keyframe_id,
                    f'{candidate.similarity:.6f}',
                    f'{candidate.ratio:.6f}',
                    '' if candidate.probability is None else f'{candidate.probability:.6f}',
                    candidate.reason.value,
                    *(f'{value:.6f}' for value in pose),
                    candidate.text,
                ]
            )
        if not result.candidates:
            row = [result.stamp_ns, result.camera, *[''] * 5, result.reason.value, *[''] * 7]
            self._matches.writerow([*row, result.text])
        if result.estimate is not None:
            self._write_pose(result, result.estimate)

    def _write_pose(self, result: MatchResult, estimate: PoseEstimate) -> None:
        numbers = [f'{value:.6f}' for value in estimate.map_from_base.as_xyz_quaternion()]
        self._poses.writerow(
            [
                result.stamp_ns,
                result.camera,
                result.candidates[0].keyframe_id,
                'landmarks' if estimate.metric else 'keyframe',
                *numbers,
                *(f'{estimate.covariance[i, j]:.6g}' for i, j in _UPPER),
            ]
        )
        self._trajectory.write(tum_line(result.stamp_ns, numbers))


@contextmanager
def match_files(folder: Path) -> Iterator[MatchWriter]:
    """Open the files in a folder; they are renamed to their names when all are complete.

    Args:
        folder: made where it does not exist; files of an earlier run are replaced.
    """
    with ExitStack() as stack:
        paths = [stack.enter_context(atomic_file(folder / n)) for n in NAMES]
        # The streams close, and so are flushed, before the files take their places.
        streams = [
            stack.enter_context(path.open('w', encoding='utf-8', newline='')) for path in paths
        ]
        yield MatchWriter(*streams)
