# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Stamps of a bag that do not go on as time does."""

from __future__ import annotations

from pathlib import Path

from small_bags import (
    EPOCH_NS,
    SECOND_NS,
    Sent,
    drive,
    found,
    odometry,
    picture,
    raw_image,
    write_bag,
)

from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.options import SourceOptions


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
    assert '10 are more than 1 s out of order' in found(preflight, 'stamps').text
    assert len(list(source.frames())) == len(preflight.poses) == 10


def test_images_without_stamps_are_an_error(tmp_path: Path) -> None:
    images = [Sent('/cam/image', raw_image(0, picture(1)), place) for place in range(5)]
    source = BagSource(write_bag(tmp_path / 'bag', drive(2, []) + images), SourceOptions())

    preflight = source.preflight()

    assert not preflight.ok
    assert 'All image stamps are 0' in found(preflight, 'stamps').text


def test_one_image_years_ahead_is_left_out(tmp_path: Path) -> None:
    sent = drive(6)
    images = [one for one in sent if one.topic != '/odom']
    odd = images[2].stamp_ns
    ahead = raw_image(odd + 99_999_991 * SECOND_NS, picture(2))
    sent = [Sent(s.topic, ahead, s.stamp_ns) if s is images[2] else s for s in sent]
    source = BagSource(write_bag(tmp_path / 'bag', sent), SourceOptions())

    preflight = source.preflight()

    assert len(list(source.frames())) == len(preflight.poses) == 5
    assert '1 have a date far from the others' in found(preflight, 'stamps').text
    assert found(preflight, 'poses').level == 'ok'


def test_one_camera_behind_another_loses_no_image(tmp_path: Path) -> None:
    topics = ('/front/image', '/rear/image')
    behind = 1_500_000_000
    sent = []
    for one in drive(8, topics):
        if one.topic == '/rear/image':
            stamp = one.message.header.stamp
            stamp_ns = stamp.sec * SECOND_NS + stamp.nanosec
            one = Sent(one.topic, raw_image(stamp_ns, picture(1)), one.stamp_ns + behind)
        sent.append(one)
    source = BagSource(write_bag(tmp_path / 'bag', sent), SourceOptions(image_topics=topics))

    stamps = [image.stamp_ns for image in source.images()]

    assert len(stamps) == 16
    assert stamps == sorted(stamps)
    assert len(list(source.frames())) == 16
    assert source.preflight().ok


def test_a_camera_with_a_clock_of_its_own_is_named(tmp_path: Path) -> None:
    topics = ('/front/image', '/rear/image')
    sent = [
        Sent(one.topic, raw_image(one.stamp_ns + 500 * SECOND_NS, picture(1)), one.stamp_ns)
        if one.topic == '/rear/image'
        else one
        for one in drive(8, topics)
    ]
    source = BagSource(write_bag(tmp_path / 'bag', sent), SourceOptions(image_topics=topics))

    texts = [check.text for check in source.preflight().checks if check.level == 'warning']

    assert any('Only 0 of 8 images of camera rear have a pose' in text for text in texts)
    assert len(list(source.frames())) == 8
