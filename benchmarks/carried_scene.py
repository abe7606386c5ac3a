# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A query drive of ``carried.py`` with what every matcher needs of it, made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.poses import Pose
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.verification.extractors import open_extractors
from benchmarks.precision_drive import Drive, read_drive
from benchmarks.precision_left_out import floors_of
from benchmarks.precision_sets import APART_M, MAP, QUERY, PrecisionSet

#: A jump to a nearer place is none, in metres of the set (frames, seconds).
LEAST_JUMP_M = {'town': 50.0, 'euroc_v1': 0.0}
#: Sets that the sequence filter, which needs whole images, is scored on.
FILTER_SETS = ('corridor', 'town')


@dataclass(frozen=True, eq=False)
class Scene:
    """A query drive with what every matcher needs of it, made once.

    Attributes:
        drive: descriptors, stamps, truth, odometry.
        features: local features of each image.
        pictures: (H, W, 3) arrays of the images' shapes.
        gallery: the map.
        calibration: of the query network.
        wrong: tells whether an estimate for image i is wrong.
        stretches: (N,) number of the uninterrupted stretch of each image.
        least_jump_m: how far a jump must lead.
    """

    drive: Drive
    features: list[tuple[Features, ...]]
    pictures: list[NDArray[np.uint8]]
    gallery: GalleryMap
    calibration: Calibration | None
    wrong: Callable[[int, Pose], bool]
    stretches: NDArray[np.int64]
    least_jump_m: float

    def matcher(self, settings: MatchSettings) -> Matcher:
        """Return a matcher without a past."""
        return Matcher(self.gallery, self.calibration, settings)


def open_scene(one: PrecisionSet, folder: Path) -> Scene:
    """Read the map and the drive of a set; whole images only for the filter's sets."""
    drive = read_drive(folder)
    gallery = GalleryMap.open(folder / MAP)
    landmarks = gallery.landmarks()
    extractors = () if landmarks is None else open_extractors(gallery, landmarks)
    features, pictures = [], []
    for image in drive.images:
        picture = image.decode()
        features.append(tuple(one.extract(picture) for one in extractors))
        whole = one.name in FILTER_SETS
        pictures.append(picture if whole else np.broadcast_to(np.uint8(0), picture.shape))
    truth_m = np.array([pose.translation_m for pose in drive.truth])
    stretches: NDArray[np.int64] = np.zeros(len(truth_m), np.int64)
    floors: list[str] = []
    if one.name == 'ietower':
        stretches[:] = np.round(truth_m[:, 1] / APART_M)
        floors = floors_of(truth_m)

    def wrong(number: int, map_from_base: Pose) -> bool:
        if floors:
            (floor,) = floors_of(map_from_base.translation_m[np.newaxis])
            return floor != floors[number]
        return map_from_base.distance_m(drive.truth[number]) > one.tolerance_m

    return Scene(
        drive,
        features,
        pictures,
        GalleryMap.open(folder / MAP),
        OnnxQueryNetwork.open(folder / QUERY).manifest.calibration,
        wrong,
        stretches,
        LEAST_JUMP_M.get(one.name, APART_M / 2 if floors else 20.0),
    )


def queries(scene: Scene, parts: Sequence[range], odometry: str) -> list[tuple[int, Query]]:
    """Return the images of some parts of a drive as one drive, each with its number.

    Args:
        scene: the drive.
        parts: numbers of the images, part by part.
        odometry: 'none', 'still' or 'zero', see ``NOTE``.
    """
    drive = scene.drive
    typical_ns = int(np.median(np.diff(drive.stamps_ns)))
    found: list[tuple[int, Query]] = []
    stamp_ns, last = 10**9, Pose.identity()
    for count, part in enumerate(parts):
        first = part[0]
        start_ns = stamp_ns + (typical_ns if count else 0)
        at_first = drive.odometry[first]
        carry = Pose.identity()
        if count and at_first is not None:
            carry = (last if odometry == 'still' else Pose.identity()) @ at_first.inverse()
        for i in part:
            stamp_ns = start_ns + drive.stamps_ns[i] - drive.stamps_ns[first]
            given = drive.odometry[i]
            pose = None if odometry == 'none' or given is None else carry @ given
            last = last if pose is None else pose
            query = Query(drive.descriptors[i], stamp_ns, 'camera', scene.pictures[i])
            query = replace(query, odom_from_base=pose, features=scene.features[i])
            found.append((i, query))
    return found
