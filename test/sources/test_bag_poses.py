# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses of a bag: from its topics or from files, with gaps, or none at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_bags import (
    EPOCH_NS,
    SECOND_NS,
    drive,
    found,
    write_bag,
)

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.options import SourceOptions


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


def test_bag_poses_of_another_time_are_an_error(tmp_path: Path) -> None:
    trajectory = tmp_path / 'poses.tum'
    trajectory.write_text('0 0 0 0 0 0 0 1\n1 1 0 0 0 0 0 1\n')
    bag = write_bag(tmp_path / 'bag', drive())
    source = BagSource(bag, SourceOptions(tum_file=trajectory))

    preflight = source.preflight()

    assert not preflight.ok
    assert 'check that both use one clock' in found(preflight, 'poses').text
    assert list(source.frames()) == []


@pytest.mark.parametrize('speed', [1.0, 0.1])
def test_pose_stamps_that_are_all_zero_are_an_error(tmp_path: Path, speed: float) -> None:
    sent = drive()
    for one in sent:
        if one.topic == '/odom':
            one.message.header.stamp.sec = one.message.header.stamp.nanosec = 0
            one.message.pose.pose.position.x *= speed
    preflight = BagSource(write_bag(tmp_path / 'bag', sent), SourceOptions()).preflight()

    errors = [check.text for check in preflight.checks if check.level == 'error']
    assert 'the stamps of all poses are 0; let their publisher set header.stamp' in errors[-1]
    assert not any('two publishers' in text for text in errors)


def test_poses_that_begin_during_the_drive_are_not_to_be_interpolated(tmp_path: Path) -> None:
    begin_ns = EPOCH_NS + 2 * SECOND_NS
    sent = [one for one in drive() if one.topic != '/odom' or one.stamp_ns >= begin_ns]
    source = BagSource(write_bag(tmp_path / 'bag', sent), SourceOptions(max_gap_s=10.0))

    assert [frame.map_from_base.translation_m[0] for frame in source.frames()] == pytest.approx(
        [2.05, 3.05, 4.05, 5.05]
    )
    check = found(source.preflight(), 'poses')
    assert check.level == 'warning'
    assert '4 of 6 images (67%)' in check.text
    assert 'poses span 1700000002.000 to 1700000005.900 s but images 1700000000.050' in check.text
    assert '--max-gap-s' not in check.text


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
    assert '--max-gap-s 2.10 would interpolate it' in check.text
