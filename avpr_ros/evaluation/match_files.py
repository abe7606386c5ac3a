# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Match results as files: every candidate as CSV, accepted poses as a TUM trajectory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
import csv
from pathlib import Path
from typing import TextIO

from avpr_ros.files import atomic_file
from avpr_ros.matching.result import MatchResult

MATCHES = 'matches.csv'
TRAJECTORY = 'trajectory.tum'
COLUMNS = (
    *('stamp_ns', 'camera', 'rank', 'keyframe_id', 'similarity', 'ratio', 'probability', 'reason'),
    *('x_m', 'y_m', 'z_m', 'qx', 'qy', 'qz', 'qw', 'text'),
)


class MatchWriter:
    """Writes results as they come."""

    def __init__(self, matches: TextIO, trajectory: TextIO) -> None:
        self._matches = csv.writer(matches, lineterminator='\n')
        self._matches.writerow(COLUMNS)
        self._trajectory = trajectory

    def write(self, result: MatchResult) -> None:
        """Write one row a candidate, and a line of the trajectory where a pose was accepted.

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
            pose = result.estimate.map_from_base.as_xyz_quaternion()
            seconds, rest_ns = divmod(result.stamp_ns, 1_000_000_000)
            numbers = ' '.join(f'{value:.6f}' for value in pose)
            self._trajectory.write(f'{seconds}.{rest_ns:09d} {numbers}\n')


@contextmanager
def match_files(folder: Path) -> Iterator[MatchWriter]:
    """Open both files in a folder; they appear when all went well, or not at all.

    Args:
        folder: made where it does not exist; files of an earlier run are replaced.
    """
    with ExitStack() as stack:
        paths = [stack.enter_context(atomic_file(folder / n)) for n in (MATCHES, TRAJECTORY)]
        # The streams close, and so are flushed, before the files take their places.
        streams = [
            stack.enter_context(path.open('w', encoding='utf-8', newline='')) for path in paths
        ]
        yield MatchWriter(*streams)
