# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Bags of both storages with both kinds of image message, read as files."""

from __future__ import annotations

import array
from pathlib import Path

import numpy as np
import pytest
from small_bags import (
    EPOCH_NS,
    SECOND_NS,
    STORAGES,
    Sent,
    camera_info,
    compressed_image,
    drive,
    odometry,
    picture,
    raw_image,
    tf,
    transform,
    write_bag,
)

from avpr_ros.errors import ImageDecodeError, SourceError
from avpr_ros.sources.bag import BagSource
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.preflight import Check, Preflight

EVERY_STORAGE = pytest.mark.parametrize('storage', STORAGES)


def found(preflight: Preflight, name: str) -> Check:
    return next(check for check in preflight.checks if check.name == name)


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


def test_images_are_decoded_only_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = BagSource(write_bag(tmp_path / 'bag', drive()), SourceOptions())
    decoded = []
    monkeypatch.setattr('avpr_ros.sources.bag.decode_image', decoded.append)

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


def test_images_recorded_out_of_order_come_in_stamp_order(tmp_path: Path) -> None:
    stamps = [EPOCH_NS + tenth * SECOND_NS // 10 for tenth in (0, 3, 1, 2, 4)]
    images = [
        Sent('/cam/image', raw_image(stamp, picture(place)), EPOCH_NS + place)
        for place, stamp in enumerate(stamps)
    ]
    source = BagSource(write_bag(tmp_path / 'bag', drive(2, []) + images), SourceOptions())

    frames = list(source.frames())

    assert [frame.stamp_ns for frame in frames] == sorted(stamps)
    assert [int(frame.decode()[0, 0, 0]) for frame in frames] == [0, 20, 30, 10, 40]
    stamps_check = found(source.preflight(), 'stamps')
    assert stamps_check.level == 'warning'
    assert 'go back 1 times' in stamps_check.text


def test_clock_that_jumps_back_is_an_error_with_numbers(tmp_path: Path) -> None:
    ticks = [*range(100, 110), *range(10)]  # the clock is set back after ten images
    images = [
        Sent('/cam/image', raw_image(tick * SECOND_NS, picture(1)), place)
        for place, tick in enumerate(ticks)
    ]
    poses = [Sent('/odom', odometry(t * SECOND_NS, t), 100 + t) for t in range(120)]
    options = SourceOptions(max_gap_s=2.0)
    source = BagSource(write_bag(tmp_path / 'bag', images + poses), options)

    preflight = source.preflight()

    assert not preflight.ok
    assert '10 come over a second late' in found(preflight, 'stamps').text
    assert len(list(source.frames())) == len(preflight.poses) == 10


def test_images_without_stamps_are_an_error(tmp_path: Path) -> None:
    images = [Sent('/cam/image', raw_image(0, picture(1)), place) for place in range(5)]
    source = BagSource(write_bag(tmp_path / 'bag', drive(2, []) + images), SourceOptions())

    preflight = source.preflight()

    assert not preflight.ok
    assert '4 share a stamp with another' in found(preflight, 'stamps').text


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


def test_images_alone_are_enough_to_localise(tmp_path: Path) -> None:
    sent = [one for one in drive(4) if one.topic != '/odom']
    bag = write_bag(tmp_path / 'bag', sent)
    source = BagSource(bag, SourceOptions(poses_wanted=False))

    assert [int(image.decode()[0, 0, 0]) for image in source.images()] == [0, 10, 20, 30]
    assert source.preflight().ok
    assert source.preflight().poses == []
    assert source.pose_source == 'none'
    with pytest.raises(SourceError, match='opened without poses'):
        next(source.frames())
    with pytest.raises(SourceError, match='0 pose topics'):
        BagSource(bag, SourceOptions())


def test_poses_of_another_time_are_an_error_that_says_so(tmp_path: Path) -> None:
    trajectory = tmp_path / 'poses.tum'
    trajectory.write_text('0 0 0 0 0 0 0 1\n1 1 0 0 0 0 0 1\n')
    bag = write_bag(tmp_path / 'bag', drive())
    source = BagSource(bag, SourceOptions(tum_file=trajectory))

    preflight = source.preflight()

    assert not preflight.ok
    assert 'check that both use one clock' in found(preflight, 'poses').text
    assert list(source.frames()) == []


def test_poses_from_files_reach_the_images_of_a_bag(tmp_path: Path) -> None:
    trajectory, table = tmp_path / 'poses.tum', tmp_path / 'poses.csv'
    rows = [(EPOCH_NS + n * SECOND_NS // 4, n / 2) for n in range(40)]
    trajectory.write_text(
        ''.join(f'{t // SECOND_NS}.{t % SECOND_NS:09d} {x} 0 0 0 0 0 1\n' for t, x in rows)
    )
    table.write_text('stamp_ns,x_m,y_m\n' + ''.join(f'{t},{x},0\n' for t, x in rows))
    bag = write_bag(tmp_path / 'bag', drive())

    for options in (SourceOptions(tum_file=trajectory), SourceOptions(poses_csv=table)):
        source = BagSource(bag, options)
        x = [frame.map_from_base.translation_m[0] for frame in source.frames()]
        assert x == pytest.approx([2 * (n + 0.05) for n in range(6)])
        assert (source.map_frame, source.base_frame) == ('map', 'base_link')


def test_a_gap_in_the_poses_drops_its_images(tmp_path: Path) -> None:
    hole = range(EPOCH_NS + 2 * SECOND_NS, EPOCH_NS + 4 * SECOND_NS)
    sent = [one for one in drive() if one.topic != '/odom' or one.stamp_ns not in hole]
    bag = write_bag(tmp_path / 'bag', sent)

    narrow = BagSource(bag, SourceOptions())
    wide = BagSource(bag, SourceOptions(max_gap_s=3.0))

    assert [f.stamp_ns // SECOND_NS % 10 for f in narrow.frames()] == [0, 1, 4, 5]
    assert len(list(wide.frames())) == 6
    check = found(narrow.preflight(), 'poses')
    assert check.level == 'warning'
    assert '4 of 6 images (67%)' in check.text
    assert 'a limit of 2.10 s would bridge it' in check.text


def test_older_bags_carry_no_message_definitions(tmp_path: Path) -> None:
    """As Humble writes them: sqlite3 with neither schema version nor definitions."""
    import sqlite3

    bag = write_bag(tmp_path / 'bag', drive(), 'sqlite3')
    with sqlite3.connect(next(bag.glob('*.db3'))) as database:
        database.execute('DROP TABLE schema')
        database.execute('DROP TABLE message_definitions')
    database.close()

    assert len(list(BagSource(bag, SourceOptions()).frames())) == 6


def test_rclpy_messages_decode_alike() -> None:
    """The node's objects hold array.array where rosbags has numpy."""
    from avpr_ros.sources.decode import decode_compressed

    message = compressed_image(0, picture(3), 'png')
    expected = decode_compressed(message)
    message.data = array.array('B', message.data.tobytes())

    np.testing.assert_array_equal(decode_compressed(message), expected)
