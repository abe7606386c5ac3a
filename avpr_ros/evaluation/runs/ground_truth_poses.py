# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The true poses of a drive that is to be localised, where it has any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from avpr_ros.errors import SourceError
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions


@dataclass(frozen=True)
class EvaluationDrive:
    """A source with its ground-truth poses, if known.

    Attributes:
        source: the source; gives the images in order.
        truth: true ``map_from_base`` by stamp in nanoseconds; empty where not known.
        no_truth: why no ground truth is known; None where it is known.
    """

    source: FrameSource
    truth: dict[int, Pose]
    no_truth: str | None


def open_drive(path: Path, options: SourceOptions, map_frame: str) -> EvaluationDrive:
    """Open a source with its poses, or without them where it has none.

    Poses that the options name must be there; others are taken where they are.

    Args:
        path: bag or image folder.
        options: how to read it.
        map_frame: frame of the map; poses in another frame are no ground truth.

    Raises:
        SourceError: unreadable, without images, or without the poses that were named.
    """
    named = (options.pose_topic, options.tum_file, options.poses_csv)
    try:
        source = open_source(path, options)
        preflight = source.preflight()
    except SourceError as error:
        if any(choice is not None for choice in named):
            raise
        return EvaluationDrive(
            open_source(path, replace(options, poses_wanted=False)), {}, str(error)
        )
    if source.map_frame != map_frame:
        text = f'poses of {source.name} are in {source.map_frame} and the map is in {map_frame}'
        return EvaluationDrive(source, {}, text)
    truth = dict(zip((int(stamp) for stamp in preflight.stamps_ns), preflight.poses, strict=True))
    return EvaluationDrive(
        source, truth, None if truth else f'no image of {source.name} has a pose'
    )
