# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Small drives: a bag of a camera along a wall, and a folder of images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from avpr_ros.api.map_parts import complete_contents
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.mapping.stages.fleet_plan import FleetSettings
from avpr_ros.networks.registry import describer_by_name
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from simulation.drives.bag_writer import Shot, encode_jpeg, write_bag

SECOND_NS = 1_000_000_000
OPTIONS = SourceOptions(pose_topic='/odom')
#: As few keyframes as make several chunks of each drive.
SETTINGS = FleetSettings(network='embedded-light', learned_features=False, chunk_keyframes=5)
CAMERA = CameraIntrinsics(
    160, 120, 'plumb_bob', (120.0, 0.0, 80.0, 0.0, 120.0, 60.0, 0.0, 0.0, 1.0), (0.0,) * 5
)


@dataclass(frozen=True)
class Drives:
    """Paths of drives, the content hash of the map that the plain build makes, and shards."""

    paths: list[Path]
    content_hash: str
    shards: Path

    def same_shards(self, shards: Path) -> bool:
        """Return whether a folder has the very shards of the build in one process."""
        return _contents(self.shards) == _contents(shards)


def _contents(shards: Path) -> dict[str, bytes]:
    files = sorted(shards.glob('*/*.npz'))
    return {str(file.relative_to(shards)): file.read_bytes() for file in files}


def plain_build(paths: list[Path], output: Path, network: str) -> GalleryMap:
    """Build the map of some drives in one process, without shards."""
    contents = complete_contents(0, True, SETTINGS.learned_features)
    return build_map(
        [open_source(path, OPTIONS) for path in paths],
        describer_by_name(network),
        output,
        BuildSettings(chunk_keyframes=SETTINGS.chunk_keyframes),
        finish=lambda gallery: contents.add_to(gallery, lambda *_: None),
    )


def write_wall_bag(path: Path, frames: int, seed: int, x_m: float = 0.0) -> Path:
    """Write a bag whose images slide along one wall, so that neighbours share features."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (15, 60, 3), dtype=np.uint8)
    wall = cv2.resize(small, (480, 120), interpolation=cv2.INTER_CUBIC)
    images = [np.ascontiguousarray(wall[:, 12 * x : 12 * x + 160]) for x in range(frames)]
    return _write(path, [encode_jpeg(image) for image in images], seed, x_m)


def write_walk(path: Path, frames: int, seed: int, broken: int = -1) -> Path:
    """Write a bag in which no two images are alike.

    Args:
        path: of the bag.
        frames: how many.
        seed: of images and place.
        broken: number of an image that cannot be decoded.
    """
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (frames, 12, 16, 3), dtype=np.uint8)
    images = [cv2.resize(one, (160, 120), interpolation=cv2.INTER_CUBIC) for one in small]
    encoded = [encode_jpeg(image) for image in images]
    if broken >= 0:
        encoded[broken] = b'no image'
    return _write(path, encoded, seed, 9.0 * seed)


def _write(path: Path, encoded: list[bytes], seed: int, x_m: float) -> Path:
    # Sideways, along the wall at which the camera looks.
    poses = [Pose.from_xy_yaw(x_m, -float(x), 0.0) for x in range(len(encoded))]
    stamped = [((x + 1) * SECOND_NS + seed, pose) for x, pose in enumerate(poses)]
    shots = [Shot(*one, image) for one, image in zip(stamped, encoded, strict=True)]
    write_bag(path, shots, stamped, CAMERA)
    return path
