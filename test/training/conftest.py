# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Small networks and images that training runs on in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from avpr_ros.arrays import RgbImage
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.networks.embedded.fitted_parts import FittedParts
from avpr_ros.networks.query_network import VladQueryNetwork
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, Frame, StampedImage
from avpr_ros.sources.preflight import Preflight, PreflightCheck
from avpr_ros.training.augmentation.augment import Augmentation
from avpr_ros.training.inputs import FreshViews
from avpr_ros.training.memory_bank.bank import build_bank
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.places import PlaceSettings, places_from_poses

DIM = 12
SIDE_PX = 32


class MadeUpImages:
    """Coloured blocks, another arrangement for each row."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def read(self, row: int) -> RgbImage:
        rng = np.random.default_rng(row)
        image = np.full((120, 160, 3), rng.integers(0, 256, 3), dtype=np.uint8)
        for _ in range(8):
            y, x = rng.integers(0, 80), rng.integers(0, 120)
            image[y : y + 40, x : x + 40] = rng.integers(0, 256, 3)
        return image


def straight_keyframes(count: int) -> Keyframes:
    poses = [Pose.from_xy_yaw(float(x), 0.0, 0.0).as_xyz_quaternion() for x in range(count)]
    zeros = np.zeros(count, dtype=np.int32)
    return Keyframes(np.arange(count), np.arange(count), zeros, zeros, np.stack(poses))


@pytest.fixture
def made_up_images() -> type[MadeUpImages]:
    return MadeUpImages


@pytest.fixture
def keyframes_on_a_line() -> Callable[[int], Keyframes]:
    return straight_keyframes


@pytest.fixture
def small_network() -> Callable[[], VladQueryNetwork]:
    """Return a function that always makes the same untrained network."""

    def make() -> VladQueryNetwork:
        torch.manual_seed(0)
        rng = np.random.default_rng(1)
        words = rng.normal(size=(3, 10)).astype(np.float32)
        words /= np.linalg.norm(words, axis=1, keepdims=True)
        basis, _ = np.linalg.qr(rng.normal(size=(30, DIM)))
        fitted = FittedParts([words], basis.astype(np.float32))
        return VladQueryNetwork(fitted, input_px=SIDE_PX, embedded=False)

    return make


@pytest.fixture
def small_task() -> tuple[FreshViews, GallerySide]:
    """Views of ten images, and the gallery side of their five places."""
    targets = np.random.default_rng(2).normal(size=(10, DIM))
    targets = (targets / np.linalg.norm(targets, axis=1, keepdims=True)).astype(np.float16)
    places = places_from_poses(straight_keyframes(10), PlaceSettings())
    views = FreshViews(MadeUpImages(10), SIDE_PX, Augmentation(), 3)
    return views, GallerySide(targets, build_bank(targets, places))


class Drive:
    """Eight frames of the made-up images, one metre apart."""

    name = 'drive'
    map_frame = 'map'
    base_frame = 'base_link'
    pose_source = 'made up'
    cameras = (Camera('front', '/front/image', None, None),)
    geodetic_origin = None

    def __init__(self) -> None:
        self._images = MadeUpImages(8)
        self._poses = [Pose.from_xy_yaw(float(x), 0.0, 0.0) for x in range(8)]

    def preflight(self) -> Preflight:
        stamps_ns = np.arange(8, dtype=np.int64)
        return Preflight((PreflightCheck('images', 'ok', 'fine'),), stamps_ns, self._poses)

    def images(self) -> Iterator[StampedImage]:
        for frame in self.frames():
            yield StampedImage(frame.stamp_ns, frame.camera, frame.decode)

    def frames(self) -> Iterator[Frame]:
        for row, pose in enumerate(self._poses):
            yield Frame(row, 'front', pose, lambda row=row: self._images.read(row))


@pytest.fixture(scope='module')
def drive_of_images() -> Drive:
    return Drive()
