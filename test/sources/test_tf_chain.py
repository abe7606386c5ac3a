# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Chains of transforms, fixed and moving, and poses of bags from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_bags import EPOCH_NS, SECOND_NS, Sent, drive, tf, transform, write_bag

from avpr_ros.errors import SourceError
from avpr_ros.poses import Pose
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.tf_chain import TransformGraph


def at(*seconds: float) -> np.ndarray:
    return np.array([EPOCH_NS + round(s * SECOND_NS) for s in seconds], dtype=np.int64)


def graph() -> TransformGraph:
    """map -> odom shifts slowly, odom -> base_link drives, two fixed frames hang on the base."""
    found = TransformGraph()
    for tenth in range(101):
        stamp = EPOCH_NS + tenth * SECOND_NS // 10
        found.add_moving(tf(transform(stamp, 'odom', 'base_link', tenth / 10, 0.0, tenth / 100)))
    for half in range(21):
        stamp = EPOCH_NS + half * SECOND_NS // 2
        found.add_moving(tf(transform(stamp, 'map', '/odom', 0.0, half / 2, np.pi / 2)))
    found.add_fixed(tf(transform(0, 'base_link', 'mast', 1.0)))
    found.add_fixed(tf(transform(0, 'mast', 'cam', 0.0, 2.0, 0.5)))
    return found


def test_chain_composes_and_interpolates_each_transform() -> None:
    chain = graph().chain('map', 'cam')

    assert chain is not None
    found = chain.at(at(3.25), 0.5)
    base = Pose.from_xy_yaw(0.0, 3.25, np.pi / 2) @ Pose.from_xy_yaw(3.25, 0.0, 0.325)
    expected = base @ Pose.from_xy_yaw(1.0, 0.0, 0.0) @ Pose.from_xy_yaw(0.0, 2.0, 0.5)
    assert found.valid.tolist() == [True]
    assert found.pose(0).distance_m(expected) < 1e-3
    assert found.pose(0).angle_rad(expected) < 1e-6


def test_tf_chain_in_both_directions() -> None:
    forth, back = graph().chain('map', 'cam'), graph().chain('cam', 'map')

    assert forth is not None
    assert back is not None
    stamps = at(1.0, 2.5)
    for row in range(2):
        turned = back.at(stamps, 0.5).pose(row).inverse()
        assert forth.at(stamps, 0.5).pose(row).distance_m(turned) < 1e-9


def test_every_moving_transform_must_be_within_the_gap() -> None:
    chain = graph().chain('map', 'base_link')

    assert chain is not None
    assert chain.at(at(0.25, 10.5), 0.5).valid.tolist() == [True, False]
    assert chain.at(at(0.25, 0.5), 0.4).valid.tolist() == [False, True]
    assert chain.largest_gap_s(*at(0.0, 10.0)) == pytest.approx(0.5)
    assert chain.span_ns() == tuple(at(0.0, 10.0))


def test_tf_fixed_pose_uses_static_transforms_only() -> None:
    found = graph()

    pose = found.fixed_pose('base_link', 'cam')
    assert pose is not None
    assert pose.translation_m == pytest.approx([1.0, 2.0, 0.0])
    back = found.fixed_pose('cam', 'base_link')
    assert back is not None
    assert (pose @ back).distance_m(Pose.identity()) < 1e-9
    assert found.fixed_pose('odom', 'cam') is None
    assert found.fixed_pose('base_link', 'elsewhere') is None
    assert found.chain('map', 'elsewhere') is None
    assert found.frames() == ['base_link', 'cam', 'map', 'mast', 'odom']


def bag_with_tf(path: Path) -> Path:
    sent = [one for one in drive() if one.topic != '/odom']
    for tenth in range(60):
        stamp = EPOCH_NS + tenth * SECOND_NS // 10
        moved = tf(
            transform(stamp, 'map', 'odom', 5.0), transform(stamp, 'odom', 'foot', tenth / 10)
        )
        sent.append(Sent('/tf', moved, stamp))
    static = tf(transform(0, 'foot', 'base_link', 0.0, 1.0), transform(0, 'base_link', 'cam', 0.2))
    # recorded last: what is static must count for the whole bag
    sent.append(Sent('/tf_static', static, EPOCH_NS + 50 * SECOND_NS))
    return write_bag(path, sent)


def test_bag_with_tf_needs_no_names(tmp_path: Path) -> None:
    source = BagSource(bag_with_tf(tmp_path / 'bag'), SourceOptions())

    positions = [frame.map_from_base.translation_m for frame in source.frames()]

    np.testing.assert_allclose(positions, [[n + 5.05, 1, 0] for n in range(6)], atol=1e-9)
    assert (source.map_frame, source.base_frame) == ('map', 'base_link')
    assert source.pose_source == 'transforms map -> base_link on /tf'
    camera = source.cameras[0].base_from_camera
    assert camera is not None
    assert camera.translation_m == pytest.approx([0.2, 0, 0])


def test_frames_of_the_chain_can_be_named(tmp_path: Path) -> None:
    bag = bag_with_tf(tmp_path / 'bag')
    source = BagSource(bag, SourceOptions(map_frame='odom', base_frame='foot'))

    assert next(source.frames()).map_from_base.translation_m == pytest.approx([0.05, 0, 0])
    assert (source.map_frame, source.base_frame) == ('odom', 'foot')
    with pytest.raises(SourceError, match='there are base_link, cam, foot, map, odom'):
        BagSource(bag, SourceOptions(base_frame='wheel')).preflight()


def test_a_chain_that_never_moves_is_no_pose(tmp_path: Path) -> None:
    bag = bag_with_tf(tmp_path / 'bag')

    with pytest.raises(SourceError, match='No chain of transforms'):
        BagSource(bag, SourceOptions(map_frame='foot')).preflight()


def test_two_parents_that_disagree_are_an_error(tmp_path: Path) -> None:
    sent = [one for one in drive() if one.topic != '/odom']
    for tenth in range(60):
        stamp = EPOCH_NS + tenth * SECOND_NS // 10
        moved = tf(
            transform(stamp, 'map', 'odom', 0.0),
            transform(stamp, 'odom', 'base_link', tenth / 10),
            transform(stamp, 'map', 'base_link', tenth / 10, 7.0),
        )
        sent.append(Sent('/tf', moved, stamp))
    source = BagSource(write_bag(tmp_path / 'bag', sent), SourceOptions())

    check = next(check for check in source.preflight().checks if check.name == 'transforms')

    assert check.level == 'error'
    assert 'base_link has two parents 7.0 m apart, map and odom' in check.text


def test_fixed_transform_given_twice_is_a_warning(tmp_path: Path) -> None:
    sent = [one for one in drive() if one.topic != '/odom']
    again = [
        Sent('/tf_static', tf(transform(0, 'base_link', 'cam', x)), EPOCH_NS) for x in (0.0, 2.0)
    ]
    moved = [
        Sent('/tf', tf(transform(EPOCH_NS + n * SECOND_NS // 10, 'odom', 'base_link', n / 10)), n)
        for n in range(60)
    ]
    bag = write_bag(tmp_path / 'twice', [*sent, *again, *moved])

    check = next(
        c for c in BagSource(bag, SourceOptions()).preflight().checks if c.name == 'transforms'
    )

    assert check.level == 'warning'
    assert 'gives cam in base_link twice, 2.00 m' in check.text
