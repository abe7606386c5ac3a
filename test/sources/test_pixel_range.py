# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""16-bit images of cameras that use a part of the range."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from small_bags import EPOCH_NS, SECOND_NS, Sent, drive, raw_image, write_bag

from avpr_ros.gallery.camera_json import camera_from_json, camera_to_json
from avpr_ros.json_fields import Fields
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.frame import Camera
from avpr_ros.sources.images.image_folder import ImageFolderSource
from avpr_ros.sources.images.pixel_range import PixelRange
from avpr_ros.sources.options import SourceOptions

RNG = np.random.default_rng(5)


def shown(low: int, high: int) -> list[np.ndarray]:
    """Return images whose values lie evenly between two."""
    return [RNG.integers(low, high, (24, 32)).astype(np.uint16) for _ in range(6)]


def bag_of(tmp_path: Path, images: list[np.ndarray], encoding: str = 'mono16') -> Path:
    sent = [one for one in drive(len(images)) if one.topic == '/odom']
    for number, values in enumerate(images):
        stamp = EPOCH_NS + number * SECOND_NS + 50_000_000
        message = replace(
            raw_image(stamp, np.zeros((24, 32, 3), np.uint8)),
            encoding=encoding,
            step=64,
            data=values.view(np.uint8).reshape(-1),
        )
        sent.append(Sent('/cam/image_raw', message, stamp))
    return write_bag(tmp_path / 'bag', sorted(sent, key=lambda one: one.stamp_ns))


@pytest.mark.parametrize(('low', 'high'), [(0, 1024), (0, 4096), (7200, 8400)])
@pytest.mark.parametrize('encoding', ['mono16', 'bayer_rggb16'])
def test_used_part_of_16_bits_becomes_all_of_8(
    tmp_path: Path, low: int, high: int, encoding: str
) -> None:
    source = BagSource(bag_of(tmp_path, shown(low, high), encoding), SourceOptions())

    decoded = np.stack([image.decode() for image in source.images()])

    assert decoded.min() < 5
    assert decoded.max() > 250
    pixel_range = source.cameras[0].pixel_range
    assert pixel_range is not None
    assert abs(pixel_range.low - low) < 0.02 * (high - low)
    assert abs(pixel_range.high - high) < 0.02 * (high - low)


def test_one_value_has_one_grey_in_all_images_and_in_the_map(tmp_path: Path) -> None:
    bag = bag_of(tmp_path, [*shown(0, 2000)[:5], np.full((24, 32), 1000, np.uint16)])
    known = Camera('cam', '/cam/image_raw', None, None, PixelRange(0, 4000))

    own = [image.decode() for image in BagSource(bag, SourceOptions()).images()]
    of_map = BagSource(bag, SourceOptions(map_cameras=(known,)))

    assert abs(int(own[5].mean()) - 127) < 4
    assert [image.decode().mean() for image in of_map.images()][5] == 64


def test_black_16_bit_images_have_no_range(tmp_path: Path) -> None:
    images = [np.full((24, 32), 3, np.uint16)] * 3

    assert BagSource(bag_of(tmp_path, images), SourceOptions()).cameras[0].pixel_range is None


def test_image_folder_of_16_bit_files_is_stretched(tmp_path: Path) -> None:
    for number, values in enumerate(shown(7000, 8000)):
        cv2.imwrite(str(tmp_path / f'{number}.png'), values)

    source = ImageFolderSource(tmp_path, SourceOptions(poses_wanted=False))

    assert source.cameras[0].pixel_range is not None
    decoded = np.stack([image.decode() for image in source.images()])
    assert (decoded.min() < 5, decoded.max() > 250) == (True, True)


def test_range_is_in_the_manifest() -> None:
    camera = Camera('cam', '/cam/image_raw', None, None, PixelRange(7000, 8000))

    assert camera_from_json(Fields(camera_to_json(camera))) == camera
    assert 'pixel_range' not in camera_to_json(replace(camera, pixel_range=None))
