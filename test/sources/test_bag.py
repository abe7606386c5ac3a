# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Bags of both storages with both kinds of image message, read as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_bags import (
    EPOCH_NS,
    SECOND_NS,
    STORAGES,
    Sent,
    camera_info,
    drive,
    found,
    picture,
    tf,
    transform,
    write_bag,
)

from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.options import SourceOptions

EVERY_STORAGE = pytest.mark.parametrize('storage', STORAGES)


@EVERY_STORAGE
@pytest.mark.parametrize('topic', ['/cam/image_raw', '/cam/image_raw/compressed'])
def test_frames_have_header_stamps_poses_and_pixels(
    tmp_path: Path, storage: str, topic: str
) -> None:
    source = BagSource(write_bag(tmp_path / 'bag', drive(6, [topic]), storage), SourceOptions())

    frames = list(source.frames())

    assert source.name == 'bag'
    assert [f.stamp_ns for f in frames] == [
        EPOCH_NS + n * SECOND_NS + 50_000_000 for n in range(6)
    ]
    assert [f.camera for f in frames] == ['cam'] * 6
    for number, frame in enumerate(frames):
        # 1 m/s, and 0.05 s after the number's full second
        assert frame.map_from_base.translation_m == pytest.approx([number + 0.05, 0, 0], abs=1e-6)
        error = np.abs(frame.decode().astype(int) - picture(number).astype(int))
        assert error.max() <= (4 if topic.endswith('compressed') else 0)


@EVERY_STORAGE
def test_a_storage_file_alone_is_a_bag(tmp_path: Path, storage: str) -> None:
    folder = write_bag(tmp_path / 'bag', drive(), storage)
    (folder / 'metadata.yaml').unlink()
    file = next(folder.iterdir())

    assert len(list(BagSource(file, SourceOptions()).frames())) == 6


def test_preflight_agrees_with_frames(tmp_path: Path) -> None:
    source = BagSource(write_bag(tmp_path / 'bag', drive()), SourceOptions())

    preflight = source.preflight()

    frames = list(source.frames())
    assert preflight.ok
    assert preflight.stamps_ns.tolist() == [frame.stamp_ns for frame in frames]
    for pose, frame in zip(preflight.poses, frames, strict=True):
        np.testing.assert_allclose(
            pose.as_xyz_quaternion(), frame.map_from_base.as_xyz_quaternion()
        )
    assert found(preflight, 'images').text == (
        '6 images in 5.0 s from /cam/image_raw (sensor_msgs/Image).'
    )
    assert '5.0 m long' in found(preflight, 'path').text
    assert 'the largest gap between poses is 0.10 s' in found(preflight, 'poses').text


def test_decode_works_after_the_bag_is_closed(tmp_path: Path) -> None:
    source = BagSource(write_bag(tmp_path / 'bag', drive()), SourceOptions())
    iterator = source.frames()
    first = next(iterator)
    iterator.close()  # type: ignore[attr-defined]

    np.testing.assert_array_equal(first.decode(), picture(0))


def test_bag_images_are_decoded_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = BagSource(write_bag(tmp_path / 'bag', drive()), SourceOptions())
    decoded = []
    monkeypatch.setattr('avpr_ros.sources.bags.bag.decode_image', decoded.append)

    frames = list(source.frames())
    source.preflight()
    assert decoded == []
    frames[2].decode()
    assert len(decoded) == 1


def test_a_damaged_image_stops_nothing(tmp_path: Path) -> None:
    sent = drive(3, ['/cam/image/compressed'])
    broken = next(one for one in sent if one.topic == '/cam/image/compressed')
    broken.message.data = broken.message.data[: len(broken.message.data) // 2]
    source = BagSource(write_bag(tmp_path / 'bag', sent), SourceOptions())

    first, *others = source.frames()

    with pytest.raises(ImageDecodeError, match='cut short'):
        first.decode()
    assert [frame.decode().shape for frame in others] == [(24, 32, 3)] * 2


def test_two_cameras_with_places_and_lenses(tmp_path: Path) -> None:
    topics = ('/front/image_raw', '/rear/image_raw')
    sent = drive(3, topics)
    for one in sent:
        if one.topic == '/rear/image_raw':
            one.message.header.frame_id = 'rear_optical'
    # the last message of the bag: everything static counts from the start
    static = tf(
        transform(0, 'base_link', 'mast', -1.0),
        transform(0, 'mast', 'rear_optical', 0.0, 0.5, 1.0),
    )
    sent += [
        Sent('/front/camera_info', camera_info(EPOCH_NS), EPOCH_NS),
        Sent('/tf_static', static, EPOCH_NS + 99 * SECOND_NS),
    ]
    source = BagSource(write_bag(tmp_path / 'bag', sent), SourceOptions(image_topics=topics))

    front, rear = source.cameras

    assert (front.name, rear.name) == ('front', 'rear')
    assert front.base_from_camera is None
    assert rear.base_from_camera is not None
    assert rear.base_from_camera.translation_m == pytest.approx([-1.0, 0.5, 0.0])
    assert rear.base_from_camera.yaw_rad() == pytest.approx(1.0)
    assert rear.intrinsics is None
    assert front.intrinsics is not None
    assert (front.intrinsics.width_px, front.intrinsics.height_px) == (32, 24)
    assert front.intrinsics.k == (30.0, 0, 16, 0, 31.0, 12, 0, 0, 1)
    assert front.intrinsics.d == (0.1, 0.2, 0.0, 0.0, 0.0)
    assert [frame.camera for frame in source.frames()] == ['front', 'rear'] * 3
    assert sum(check.name == 'camera' for check in source.preflight().checks) == 2


def test_older_bags_carry_no_message_definitions(tmp_path: Path) -> None:
    """As Humble writes them: sqlite3 with neither schema version nor definitions."""
    import sqlite3

    bag = write_bag(tmp_path / 'bag', drive(), 'sqlite3')
    with sqlite3.connect(next(bag.glob('*.db3'))) as database:
        database.execute('DROP TABLE schema')
        database.execute('DROP TABLE message_definitions')
    database.close()

    assert len(list(BagSource(bag, SourceOptions()).frames())) == 6
