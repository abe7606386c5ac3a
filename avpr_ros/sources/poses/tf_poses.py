# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses from TF: which chain of a recording is the pose of the robot in the map."""

from __future__ import annotations

from avpr_ros.errors import SourceError
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.frames import map_frame_of
from avpr_ros.sources.poses.pose_track import PoseInput
from avpr_ros.sources.poses.tf_chain import TransformGraph
from avpr_ros.sources.poses.tf_parents import parent_checks

_MAP_FRAMES = ('map', 'odom')
_BASE_FRAMES = ('base_link', 'base_footprint')


def poses_from_tf(graph: TransformGraph, topic: str, options: SourceOptions) -> PoseInput:
    """Return the chain map -> base; without names given, REP-105's are tried in turn.

    Args:
        graph: all transforms of the recording.
        topic: topic they moved on, for the description.
        options: names of the map and base frames, if the user gave them.

    Raises:
        SourceError: no moving chain of transforms; the text lists the known frames.
    """
    starts = (options.map_frame,) if options.map_frame else _MAP_FRAMES
    ends = (options.base_frame,) if options.base_frame else _BASE_FRAMES
    for start in starts:
        for end in ends:
            chain = graph.chain(start, end)
            if chain is not None and chain.moves:
                map_frame, renamed = map_frame_of(start, options)
                parents = parent_checks(graph, end)
                return PoseInput(
                    chain,
                    map_frame,
                    end,
                    f'transforms {start} -> {end} on {topic}',
                    checks=(
                        *chain.checks(),
                        *renamed,
                        *graph.checks(),
                        *parents,
                    ),
                    recorded_frame=start,
                )
    raise SourceError(
        f'No chain of transforms on {topic} leads from {" or ".join(starts)} to '
        f'{" or ".join(ends)}: name the map and base frame, there are '
        f'{", ".join(graph.frames()) or "none"}.'
    )
