# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Check that drives and maps that shall share a frame do share it."""

from __future__ import annotations

from typing import Protocol

from avpr_ros.sources.frame import FrameSource, GeodeticOrigin
from avpr_ros.sources.frame_index import FrameIndex
from avpr_ros.sources.poses.frames import is_odometry
from avpr_ros.sources.preflight import Preflight, PreflightCheck


class HasFrames(Protocol):
    """A drive or the manifest of a map."""

    @property
    def map_frame(self) -> str: ...  # noqa: D102

    @property
    def base_frame(self) -> str: ...  # noqa: D102

    @property
    def geodetic_origin(self) -> GeodeticOrigin | None: ...  # noqa: D102


def shared_frame_checks(
    first: HasFrames, first_name: str, source: FrameSource | FrameIndex
) -> tuple[PreflightCheck, ...]:
    """Check that the poses of a source are in the frames of a map or of the first drive.

    Args:
        first: the first drive or the map.
        first_name: its name for the text.
        source: a further drive.
    """
    return tuple(
        PreflightCheck(
            'frames',
            'error',
            f'{first_name} and {source.name} differ in {what} ({getattr(first, what)} and '
            f'{getattr(source, what)}); sessions of one map must share it: bring their poses '
            'into one frame first.',
        )
        for what in ('map_frame', 'base_frame', 'geodetic_origin')
        if getattr(first, what) != getattr(source, what)
    )


def recorded_frame_check(
    preflight: Preflight, map_frame: str, name: str
) -> tuple[PreflightCheck, ...]:
    """Check that poses were recorded in the frame they are used in together with others.

    Args:
        preflight: of the drive.
        map_frame: frame of the map.
        name: of the drive.
    """
    recorded = preflight.recorded_frame
    if not recorded or recorded == map_frame:
        return ()
    cause = ', which starts anew with every run' if is_odometry(recorded) else ''
    text = (
        f"The poses of {name} are in frame '{recorded}'{cause}, not in '{map_frame}': give poses "
        f'of the localisation in the map, or state with --map-frame {map_frame} that they are '
        'in it.'
    )
    return (PreflightCheck('frames', 'error', text),)
