# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Names of the frames of poses (REP-105), and which of them can be a map's."""

from __future__ import annotations

from collections import Counter

from avpr_ros.errors import SourceError
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.preflight import PreflightCheck

DEFAULT_MAP_FRAME = 'map'
DEFAULT_BASE_FRAME = 'base_link'
#: Messages with other frame names are left out up to this share.
_STRAY_SHARE = 0.02


def is_odometry(frame: str) -> bool:
    """Return whether a frame is one of odometry by its name: continuous, new with every run."""
    return 'odom' in frame.lower()


def map_frame_of(recorded: str, options: SourceOptions) -> tuple[str, tuple[PreflightCheck, ...]]:
    """Return the map frame's name for poses recorded in some frame.

    An odometry frame is reset with every run of a robot (REP-105), so it cannot be the frame of a
    stored map: its name is replaced by ``map`` unless the options have another one.
    """
    if options.map_frame:
        return options.map_frame, ()
    if is_odometry(recorded):
        text = (
            f"Poses are in odometry frame '{recorded}', which drifts and starts anew each run; "
            f"the map's frame is called '{DEFAULT_MAP_FRAME}'."
        )
        return DEFAULT_MAP_FRAME, (PreflightCheck('frames', 'ok', text),)
    return recorded or DEFAULT_MAP_FRAME, ()


def choose_frames(
    topic: str, counts: Counter[tuple[str, str]], options: SourceOptions
) -> tuple[str, str]:
    """Return the parent and child frame whose poses of a topic are used.

    Args:
        topic: of the poses.
        counts: number of messages by parent and child frame.
        options: names of the map and base frame, which decide where they are given.

    Raises:
        SourceError: several frames share the topic.
    """
    wanted = [
        (frames, count)
        for frames, count in counts.most_common()
        if options.base_frame in (None, frames[1]) or len(counts) == 1
        if options.map_frame in (None, frames[0]) or len({f[0] for f in counts}) == 1
    ] or counts.most_common()
    best, number = wanted[0]
    total = sum(count for _, count in wanted)
    if number < (1.0 - _STRAY_SHARE) * total:
        listed = ', '.join(
            f'{child or "?"} in {parent or "?"} ({count})' for (parent, child), count in wanted
        )
        raise SourceError(
            f'Topic {topic} mixes poses of several frames: {listed}; name the wanted ones with '
            '--map-frame and --base-frame, or record one publisher.'
        )
    return best
