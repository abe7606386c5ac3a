# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pre-flight checks of the drives on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from avpr_ros.errors import SourceError
from avpr_ros.gallery.keyframe_selection import select_keyframes
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.preflight import Preflight

_COLOURS = {'ok': 'green', 'warning': 'yellow', 'error': 'red'}


def expected_keyframes(
    drive: FrameSource, preflight: Preflight, min_distance_m: float, min_rotation_rad: float
) -> int:
    """Return the expected number of keyframes, the same from each camera."""
    chosen = select_keyframes(
        preflight.stamps_ns, preflight.poses, min_distance_m, min_rotation_rad
    )
    return min(len(chosen) * len(drive.cameras), len(preflight.poses))


def run_preflight(
    drives: Sequence[FrameSource], min_distance_m: float, min_rotation_rad: float
) -> int:
    """Print the checks of the sources and the expected number of keyframes.

    Returns:
        The expected number of keyframes.

    Raises:
        SourceError: a check failed; its text is that of the failed checks.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    total = 0
    failed = []
    for drive in drives:
        preflight = drive.preflight()
        table = Table(title=f'pre-flight: {escape(drive.name)}', title_justify='left')
        for heading in ('check', 'verdict', 'finding'):
            table.add_column(heading, overflow='fold')
        for check in preflight.checks:
            verdict = f'[{_COLOURS[check.level]}]{check.level}[/]'
            table.add_row(escape(check.name), verdict, escape(check.text))
        expected = expected_keyframes(drive, preflight, min_distance_m, min_rotation_rad)
        table.add_row('keyframes', '', f'{expected} expected from {len(preflight.poses)} frames')
        Console(highlight=False).print(table)
        total += expected
        failed += [f'{drive.name}: {c.text}' for c in preflight.checks if c.level == 'error']
    if failed:
        raise SourceError(' '.join(failed))
    return total
