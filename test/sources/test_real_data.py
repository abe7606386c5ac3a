# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Real recordings that nobody here made, read as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rosbags.convert import convert
from rosbags.typesys import Stores, get_typestore
from small_bags import STORAGES

from avpr_ros.sources.open import SourceOptions, open_source

pytestmark = pytest.mark.data

DATA = Path(__file__).resolve().parents[3] / 'shared' / 'data'
FISHEYES = ('/camera/fisheye1/image_raw', '/camera/fisheye2/image_raw')


def real(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f'{path} is missing')
    return path


def converted(folder: Path, storage: str) -> Path:
    path = folder / 'converted'
    convert(
        [real('bags/t265_office.bag')],
        path,
        dst_version=9,
        dst_storage=STORAGES[storage],
        compress=None,
        compress_mode='none',
        default_typestore=get_typestore(Stores.ROS1_NOETIC),
        typestore=get_typestore(Stores.ROS2_HUMBLE),
        exclude_topics=(),
        include_topics=(),
        exclude_msgtypes=(),
        include_msgtypes=(),
    )
    return path


@pytest.mark.parametrize('storage', ['ros1', *STORAGES])
def test_t265_bag(tmp_path: Path, storage: str) -> None:
    path = real('bags/t265_office.bag') if storage == 'ros1' else converted(tmp_path, storage)
    source = open_source(path, SourceOptions(image_topics=FISHEYES))

    images = list(source.images())
    frames = list(source.frames())

    # header stamps: the first pair was taken 10 ms before the first odometry message
    stamps = [1553180224360915899, 1553180224394249439, 1553180224427582741]
    assert [image.stamp_ns for image in images] == [stamp for stamp in stamps for _ in range(2)]
    assert [frame.stamp_ns for frame in frames] == [
        stamp for stamp in stamps[1:] for _ in range(2)
    ]
    assert [frame.camera for frame in frames] == ['camera_fisheye1', 'camera_fisheye2'] * 2
    assert source.map_frame == 'map'
    assert source.base_frame == 'camera_pose_frame'
    decoded = frames[0].decode()
    assert decoded.shape == (800, 848, 3)
    assert 10 < decoded.mean() < 245
    np.testing.assert_array_equal(decoded[:, :, 0], decoded[:, :, 2])
    check = next(check for check in source.preflight().checks if check.name == 'poses')
    assert '4 of 6 images (67%)' in check.text


def test_uofa_builds_from_images_and_odometry() -> None:
    source = open_source(real('uofa'), SourceOptions())

    preflight = source.preflight()
    frames = list(source.frames())

    assert preflight.ok
    assert len(frames) == len(preflight.poses) == 116
    assert frames[0].map_from_base.translation_m == pytest.approx([2.9471, -27.3477, 0.0])
    assert frames[-1].decode().shape == (480, 640, 3)
    steps = np.diff([frame.map_from_base.translation_m for frame in frames], axis=0)
    assert np.median(np.linalg.norm(steps, axis=1)) == pytest.approx(1.0, abs=0.5)


def test_euroc_has_the_poses_of_its_left_camera() -> None:
    root = real('euroc_v1')
    options = SourceOptions(image_topics=('cam0',), base_frame='cam0')
    source = open_source(root, options)

    frames = list(source.frames())

    assert source.preflight().ok
    assert len(frames) == 99
    assert frames[0].stamp_ns == 1403715280562142976
    assert frames[0].map_from_base.translation_m == pytest.approx([1.060602, 2.285166, 1.186709])
    assert frames[0].decode().shape == (480, 752, 3)
