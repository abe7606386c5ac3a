# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Every message type that carries poses, and what becomes of its frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_bags import (
    EPOCH_NS,
    SECOND_NS,
    Sent,
    drive,
    header,
    make,
    odometry,
    pose,
    pose_with_covariance,
    tf,
    transform,
    write_bag,
)

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.options import SourceOptions


def pose_stamped(stamp: int, x: float) -> Any:
    return make('geometry_msgs/msg/PoseStamped', header(stamp, 'world'), pose(x, 2.0, 0.5))


def pose_covariance_stamped(stamp: int, x: float) -> Any:
    covered = pose_with_covariance(x, 2.0, 0.5)
    return make('geometry_msgs/msg/PoseWithCovarianceStamped', header(stamp, 'world'), covered)


def transform_stamped(stamp: int, x: float) -> Any:
    return transform(stamp, 'world', 'vicon', x, 2.0, 0.5)


def odometry_in_world(stamp: int, x: float) -> Any:
    message = odometry(stamp, x, 2.0, 0.5, child='/robot')
    message.header.frame_id = '/world'
    return message


def bag_with(path: Path, kind: Any, *more: Sent) -> Path:
    sent = [one for one in drive() if one.topic != '/odom']
    stamps = [EPOCH_NS + tenth * SECOND_NS // 10 for tenth in range(60)]
    sent += [Sent('/where', kind(stamp, n / 10), stamp) for n, stamp in enumerate(stamps)]
    return write_bag(path, [*sent, *more])


@pytest.mark.parametrize(
    ('kind', 'base_frame', 'msgtype'),
    [
        (pose_stamped, 'base_link', 'geometry_msgs/PoseStamped'),
        (pose_covariance_stamped, 'base_link', 'geometry_msgs/PoseWithCovarianceStamped'),
        (transform_stamped, 'vicon', 'geometry_msgs/TransformStamped'),
        (odometry_in_world, 'robot', 'nav_msgs/Odometry'),
    ],
)
def test_each_type_gives_poses_and_frames(
    tmp_path: Path, kind: Any, base_frame: str, msgtype: str
) -> None:
    source = BagSource(bag_with(tmp_path / 'bag', kind), SourceOptions())

    frames = list(source.frames())

    np.testing.assert_allclose(
        [f.map_from_base.translation_m for f in frames], [[n + 0.05, 2, 0] for n in range(6)]
    )
    assert frames[0].map_from_base.yaw_rad() == pytest.approx(0.5)
    assert (source.map_frame, source.base_frame) == ('world', base_frame)
    assert source.pose_source == f'{msgtype} on /where'


def test_an_odometry_frame_is_not_claimed(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', drive())

    assert BagSource(bag, SourceOptions()).map_frame == 'map'
    assert BagSource(bag, SourceOptions(map_frame='odom')).map_frame == 'odom'
    checks = BagSource(bag, SourceOptions()).preflight().checks
    assert any("odometry frame 'odom'" in check.text for check in checks)


def test_poses_are_carried_to_another_base_frame(tmp_path: Path) -> None:
    static = Sent('/tf_static', tf(transform(0, 'base', 'robot', 1.0)), EPOCH_NS)
    bag = bag_with(tmp_path / 'bag', odometry_in_world, static)

    source = BagSource(bag, SourceOptions(base_frame='base'))

    moved = next(source.frames()).map_from_base
    assert moved.translation_m == pytest.approx([0.05 - np.cos(0.5), 2 - np.sin(0.5), 0])
    with pytest.raises(SourceError, match='does not connect it to base frame wheel'):
        BagSource(bag, SourceOptions(base_frame='wheel')).preflight()


def two_children(stamp: int, x: float) -> Any:
    """Return poses of the base and of a camera 7 m to the side in turn."""
    camera = round(x * 10) % 2
    return odometry(stamp, x, 7.0 * camera, child='camera' if camera else 'base_link')


def test_two_child_frames_on_one_topic_are_refused_or_chosen(tmp_path: Path) -> None:
    bag = bag_with(tmp_path / 'bag', two_children)

    with pytest.raises(SourceError, match=r'base_link in odom \(30\), camera in odom \(30\)'):
        BagSource(bag, SourceOptions()).preflight()
    chosen = BagSource(bag, SourceOptions(base_frame='base_link'))
    assert [f.map_from_base.translation_m[1] for f in chosen.frames()] == [0.0] * 6


def test_one_message_of_another_frame_is_left_out(tmp_path: Path) -> None:
    def stray(stamp: int, x: float) -> Any:
        return odometry(stamp, x, child='camera' if round(x * 10) == 30 else 'base_link')

    preflight = BagSource(bag_with(tmp_path / 'bag', stray), SourceOptions()).preflight()

    warnings = [check.text for check in preflight.checks if check.level == 'warning']
    assert any(text.startswith('1 poses on /where are not of base_link') for text in warnings)


def test_odometry_that_jumps_is_refused_with_its_stamp(tmp_path: Path) -> None:
    def restarted(stamp: int, x: float) -> Any:
        return odometry(stamp, x if x < 3 else x + 70.0)

    preflight = BagSource(bag_with(tmp_path / 'bag', restarted), SourceOptions()).preflight()

    check = next(check for check in preflight.checks if check.name == 'motion')
    assert check.level == 'error'
    assert '70.1 m in 0.10 s at stamp 1700000003.000000000' in check.text
