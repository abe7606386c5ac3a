# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A query drive of ``precision.py``, and what the matcher says to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors
from avpr_ros.evaluation.runs.ground_truth_poses import EvaluationDrive, open_drive
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import MatchResult
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.space_check import check_space
from avpr_ros.poses import Pose
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.sources.frame import StampedImage
from avpr_ros.sources.options import SourceOptions
from benchmarks.metric_pose_sets import PoseSet
from benchmarks.precision_sets import MAP, QUERY, QUERY_BAG, euroc
from simulation.drives.bag_writer import ODOMETRY_TOPIC, TRUTH_TOPIC

TOWN_BAG = 'drive2'


@dataclass(frozen=True, eq=False)
class Drive:
    """A query drive, its images described."""

    descriptors: Descriptors
    stamps_ns: list[int]
    truth: list[Pose]
    odometry: list[Pose | None]
    images: list[StampedImage]

    def part(self, chosen: NDArray[np.int64]) -> Drive:
        """Return some images as they were driven."""
        return replace(self.only(chosen), stamps_ns=[self.stamps_ns[i] for i in chosen])

    def only(self, chosen: NDArray[np.int64]) -> Drive:
        """Return the drive as it looks when images are left out or shown again, one a second."""
        first = self.stamps_ns[0]
        return Drive(
            self.descriptors[chosen],
            [first + 10**9 * i for i in range(len(chosen))],
            [self.truth[i] for i in chosen],
            [self.odometry[i] for i in chosen],
            [self.images[i] for i in chosen],
        )


@dataclass(frozen=True)
class Layers:
    """One method: which layers decide, and whether odometry and images are given to them."""

    name: str
    settings: MatchSettings
    odometry: bool = False
    geometry: bool = False


def read_drive(folder: Path) -> Drive:
    """Describe the query drive of a set; descriptors are kept beside it."""
    gallery = GalleryMap.open(folder / MAP)
    network = OnnxQueryNetwork.open(folder / QUERY)
    check_space(network.manifest, gallery.manifest)
    bag = folder / (QUERY_BAG if (folder / QUERY_BAG).exists() else TOWN_BAG)
    drive: PoseSet | EvaluationDrive
    if folder.name == 'euroc_v1':
        drive = euroc(folder)
    else:
        drive = open_drive(bag, SourceOptions(pose_topic=TRUTH_TOPIC), gallery.manifest)
    images = [image for image in drive.source.images() if image.stamp_ns in drive.truth]
    cached = folder / f'queries-{network.manifest.onnx_sha256[:12]}.npy'
    if cached.is_file():
        described: Descriptors = np.load(cached, allow_pickle=False)
    else:
        described = np.stack([network.describe(image.decode()) for image in images])
        np.save(cached, described, allow_pickle=False)
    odometry: dict[int, Pose] = {}
    if bag.exists() and bag.name == TOWN_BAG:
        named = SourceOptions(pose_topic=ODOMETRY_TOPIC, map_frame=gallery.manifest.map_frame)
        odometry = open_drive(bag, named, gallery.manifest).truth
    stamps = [image.stamp_ns for image in images]
    truth = [drive.truth[stamp] for stamp in stamps]
    return Drive(described, stamps, truth, [odometry.get(stamp) for stamp in stamps], images)


def matched(
    folder: Path, drive: Drive, method: Layers, gallery: Gallery | None = None
) -> Iterator[MatchResult]:
    """Send a drive through the matcher of the set's map, or of a part of it."""
    calibration = OnnxQueryNetwork.open(folder / QUERY).manifest.calibration
    asked = GalleryMap.open(folder / MAP) if gallery is None else gallery
    matcher = Matcher(asked, calibration, method.settings)
    for descriptor, stamp_ns, odometry, image in zip(
        drive.descriptors, drive.stamps_ns, drive.odometry, drive.images, strict=True
    ):
        odom_from_base = odometry if method.odometry else None
        picture = image.decode() if method.geometry or matcher.needs_image else None
        yield matcher.match(
            Query(descriptor, stamp_ns, 'camera', picture, odom_from_base=odom_from_base)
        )
