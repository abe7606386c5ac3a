# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A query drive described by one or more networks, each timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TypeAlias

import numpy as np

from avpr_ros.arrays import Descriptors, IntArray, RgbImage
from avpr_ros.errors import ImageDecodeError, SourceError
from avpr_ros.evaluation.metrics.ground_truth import ViewPoses
from avpr_ros.evaluation.runs.ground_truth_poses import EvaluationDrive
from avpr_ros.gallery.describer import Progress
from avpr_ros.poses import Pose
from avpr_ros.sources.images.visible_structure import nothing_visible

#: From an (H, W, 3) uint8 RGB image to its (d,) descriptor.
Describe: TypeAlias = Callable[[RgbImage], Descriptors]


@dataclass(frozen=True, eq=False)
class DescribedDrive:
    """Q images of a drive.

    Attributes:
        descriptors: by network, (Q, d) float32.
        seconds: by network, time per image.
        views: positions and headings of the images; NaN where they are not needed.
        stamps_ns: (Q,) stamps.
        cameras: Q names.
        without_pose: images left out because their true pose is not known.
        undecodable: images left out because they cannot be decoded.
        unusable: images left out because nothing is visible in them.
    """

    descriptors: dict[str, Descriptors]
    seconds: dict[str, list[float]]
    views: ViewPoses
    stamps_ns: IntArray
    cameras: tuple[str, ...]
    without_pose: int
    undecodable: int
    unusable: int


def describe_drive(
    drive: EvaluationDrive,
    networks: Mapping[str, Describe],
    progress: Progress,
    *,
    poses_wanted: bool,
) -> DescribedDrive:
    """Describe every image of a drive whose true pose is known.

    Args:
        drive: the source with its truth.
        networks: by name.
        progress: called with stage, done and total.
        poses_wanted: False: images without a pose are described, too.

    Raises:
        SourceError: no image is left.
    """
    rows: dict[str, list[Descriptors]] = {name: [] for name in networks}
    seconds: dict[str, list[float]] = {name: [] for name in networks}
    stamps: list[int] = []
    cameras: list[str] = []
    poses: list[Pose | None] = []
    without_pose = undecodable = unusable = 0
    problem = ''
    for image in drive.source.images():
        pose = drive.truth.get(image.stamp_ns)
        if pose is None and poses_wanted:
            without_pose += 1
            continue
        try:
            pixels = image.decode()
        except ImageDecodeError as error:
            undecodable += 1
            problem = problem or f' (the first: {error})'
            continue
        if fault := nothing_visible(pixels):
            unusable += 1
            problem = problem or f' (the first: {fault})'
            continue
        for name, describe in networks.items():
            started = perf_counter()
            rows[name].append(describe(pixels))
            seconds[name].append(perf_counter() - started)
        stamps.append(image.stamp_ns)
        cameras.append(image.camera)
        poses.append(pose)
        progress('describing queries', len(stamps), max(len(stamps), len(drive.truth)))
    if not stamps:
        raise SourceError(
            f'{drive.source.name} has no image to evaluate: {undecodable} cannot be decoded, '
            f'in {unusable} nothing is visible{problem}, {without_pose} have no pose.'
        )
    return DescribedDrive(
        {name: np.stack(values) for name, values in rows.items()},
        seconds,
        _views(poses),
        np.array(stamps, dtype=np.int64),
        tuple(cameras),
        without_pose,
        undecodable,
        unusable,
    )


def _views(poses: list[Pose | None]) -> ViewPoses:
    numbers = [
        [np.nan] * 4 if pose is None else [*pose.translation_m, pose.yaw_rad()] for pose in poses
    ]
    table = np.array(numbers, dtype=np.float64)
    return ViewPoses(table[:, :3], table[:, 3])
