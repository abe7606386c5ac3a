# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The sets of ``metric_pose.py``: queries with the truth, their maps and query networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import yaml

from avpr_ros.api.maps import build_map
from avpr_ros.evaluation.runs.ground_truth_poses import open_drive
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics, Frame, FrameSource, StampedImage
from avpr_ros.sources.images.image_folder import ImageFolderSource
from avpr_ros.sources.options import SourceOptions
from avpr_ros.training.query_training import train_query_network
from avpr_ros.training.settings import TrainSettings
from benchmarks import worlds
from simulation.drives.bag_writer import TRUTH_TOPIC
from simulation.drives.scenario import FULL, third_drive
from simulation.drives.worlds import WORLDS

Image = TypeVar('Image', Frame, StampedImage)


@dataclass(frozen=True)
class PoseSet:
    """Queries with the truth, and the map and query network they are asked of."""

    name: str
    map_folder: Path
    query: Path
    source: FrameSource
    truth: Mapping[int, Pose]
    wrong_m: float


class Part:
    """Each fourth image of a folder or all others, with the lens that the folder lacks."""

    base_frame = 'cam0'

    def __init__(self, source: FrameSource, camera: Camera, queries: bool) -> None:
        self.name, self.map_frame = source.name, source.map_frame
        self.pose_source, self.geodetic_origin = source.pose_source, source.geodetic_origin
        self.cameras = (camera,)
        self.preflight = source.preflight
        self._source, self._queries = source, queries

    def images(self) -> Iterator[StampedImage]:
        """Yield this part's images; all of them have poses."""
        yield from self._mine(self._source.images())

    def frames(self) -> Iterator[Frame]:
        """Yield this part's frames."""
        yield from self._mine(self._source.frames())

    def _mine(self, images: Iterator[Image]) -> Iterator[Image]:
        return (one for n, one in enumerate(images) if (n % 4 == 2) == self._queries)


def euroc_lens(data: Path) -> CameraIntrinsics:
    """Return the lens of ``cam0`` of ``euroc_v1``."""
    lens = yaml.safe_load((data / 'camera.yaml').read_text(encoding='utf-8'))['cam0']
    k = (lens['fx'], 0.0, lens['cx'], 0.0, lens['fy'], lens['cy'], 0.0, 0.0, 1.0)
    return CameraIntrinsics(
        lens['width'], lens['height'], lens['distortion_model'], k, tuple(lens['d'])
    )


def euroc(data: Path, folder: Path) -> PoseSet:
    """Build and train on three of four frames of ``euroc_v1``; the others are queries."""
    source = ImageFolderSource(
        data / 'cam0', SourceOptions(poses_csv=data / 'poses.csv', base_frame='cam0')
    )
    # The poses are those of the camera, so it sits at the base's origin.
    camera = Camera(source.cameras[0].name, 'cam0', Pose.identity(), euroc_lens(data))
    map_folder, query = folder / 'map', folder / 'query.onnx'
    if not map_folder.exists():
        build_map(
            Part(source, camera, queries=False),
            map_folder,
            min_distance_m=0.01,
            min_rotation_rad=0.01,
        )
    if not query.exists():
        train_query_network([GalleryMap.open(map_folder)], query, TrainSettings())
    queries = Part(source, camera, queries=True)
    truth = {frame.stamp_ns: frame.map_from_base for frame in queries.frames()}
    return PoseSet('euroc_v1', map_folder, query, queries, truth, wrong_m=0.5)


def town() -> list[PoseSet]:
    """Return the town's drives by day and night; what ``worlds.py`` left is not made again."""
    world = next(world for world in WORLDS if world.name == 'town')
    queries = {
        'demo_town': world.queries['demo_town'],
        'town_night': (third_drive(FULL, 'night'),),
    }
    folder = worlds.WORK / world.name
    return [_pose_set(one) for one in worlds.prepare(replace(world, queries=queries), folder)]


def _pose_set(one: worlds.PreparedSet) -> PoseSet:
    manifest = GalleryMap.open(one.map_folder).manifest
    drive = open_drive(one.bags[0], SourceOptions(pose_topic=TRUTH_TOPIC), manifest)
    return PoseSet(one.name, one.map_folder, one.query, drive.source, drive.truth, wrong_m=2.0)
