# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses from a file with stamps, instead of from a topic."""

from __future__ import annotations

from dataclasses import replace

from avpr_ros.errors import SourceError
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.frames import DEFAULT_BASE_FRAME, DEFAULT_MAP_FRAME
from avpr_ros.sources.poses.pose_csv import read_pose_csv
from avpr_ros.sources.poses.pose_track import PoseInput, PoseTrack
from avpr_ros.sources.poses.tum import read_tum


def poses_from_file(options: SourceOptions) -> PoseInput:
    """Read the TUM or CSV file that the options name; its poses are those of the base frame.

    Raises:
        SourceError: no file is named, it cannot be read, or a CSV has no stamps.
    """
    if options.tum_file is not None:
        description = f'TUM file {options.tum_file.name}'
        track = read_tum(options.tum_file).without_outliers()
    elif options.poses_csv is not None:
        description = f'CSV file {options.poses_csv.name}'
        table = read_pose_csv(options.poses_csv)
        if table.stamps_ns is None:
            raise SourceError(
                f'{options.poses_csv} has no column of stamps (stamp_ns or stamp_s): poses by '
                'image name fit an image folder only.'
            )
        track = PoseTrack.from_samples(table.stamps_ns, table.rows, description)
        track = replace(track.without_outliers(), rows=table.checks)
    else:
        raise SourceError('No poses are named: give a pose topic, a TUM file or a CSV file.')
    return PoseInput(
        track,
        options.map_frame or DEFAULT_MAP_FRAME,
        options.base_frame or DEFAULT_BASE_FRAME,
        description,
        checks=track.checks(),
    )
