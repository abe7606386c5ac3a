# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Cameras of a bag: what camera_info and the transforms say, and what the checks say of them."""

from __future__ import annotations

from dataclasses import replace
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_bags import (
    EPOCH_NS,
    SECOND_NS,
    Sent,
    camera_info,
    drive,
    found,
    header,
    tf,
    transform,
    write_bag,
)

from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.frame import Camera, CameraIntrinsics
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.preflight import PreflightCheck

INFO = '/cam/camera_info'


def changed(**fields: Any) -> Any:
    """Return a camera_info with some fields replaced."""
    return replace(camera_info(EPOCH_NS), **fields)


def source_of(tmp_path: Path, *sent: Sent, images: str = '/cam/image_raw') -> BagSource:
    bag = write_bag(tmp_path / 'bag', [*drive(3, (images,)), *sent])
    return BagSource(bag, SourceOptions())


def checked(source: BagSource, name: str = 'camera') -> PreflightCheck:
    return found(source.preflight(), name)


def sent_info(message: Any, stamp_ns: int = EPOCH_NS) -> Sent:
    return Sent(INFO, message, stamp_ns)


@pytest.mark.parametrize(
    ('message', 'level', 'words'),
    [
        (changed(), 'ok', 'intrinsics known, focal length 30.0 px'),
        (changed(width=0, height=0), 'ok', 'intrinsics known'),
        (changed(k=np.zeros(9)), 'warning', 'K and P are zero'),
        (changed(distortion_model='double_sphere'), 'warning', 'not supported'),
        (changed(width=64, height=24), 'warning', 'another aspect ratio'),
        (changed(d=np.zeros(3)), 'error', 'D has 3 coefficients'),
        (changed(distortion_model='equidistant', d=np.zeros(0)), 'error', '0 coefficients'),
        (changed(d=np.array([math.nan, 0, 0, 0])), 'error', 'D holds nan'),
        (changed(k=np.array([30.0, 0, 0, 0, 31, 0, 16, 12, 1])), 'error', 'row by row'),
        (changed(k=np.array([0.5, 0, 0.5, 0, 0.5, 0.5, 0, 0, 1])), 'error', 'give them in pixels'),
    ],
)
def test_camera_model_is_tried_on_the_images(
    tmp_path: Path, message: Any, level: str, words: str
) -> None:
    source = source_of(tmp_path, sent_info(message))

    check = checked(source)

    assert (check.level, words in check.text) == (level, True), check.text
    assert (source.cameras[0].intrinsics is None) == (level != 'ok')


def test_first_calibrated_camera_info_counts(tmp_path: Path) -> None:
    later_ns = EPOCH_NS + SECOND_NS
    source = source_of(tmp_path, sent_info(changed(k=np.zeros(9))), sent_info(changed(), later_ns))

    assert checked(source).level == 'ok'
    assert source.cameras[0].intrinsics is not None


def test_nan_before_the_first_good_camera_info_does_not_count(tmp_path: Path) -> None:
    nan = sent_info(changed(k=np.full(9, math.nan)))
    good = sent_info(camera_info(EPOCH_NS + SECOND_NS), EPOCH_NS + SECOND_NS)

    assert 'focal length 30.0 px' in checked(source_of(tmp_path, nan, good)).text


@pytest.mark.parametrize('moves', [True, False])
def test_camera_info_that_changes_is_refused(tmp_path: Path, moves: bool) -> None:
    roi = camera_info(EPOCH_NS).roi
    fields = (
        {'roi': replace(roi, x_offset=8, width=32, height=24)}
        if moves
        else {'k': 2 * camera_info(EPOCH_NS).k}
    )
    other = sent_info(changed(header=header(EPOCH_NS + SECOND_NS, 'cam'), **fields), EPOCH_NS + 1)
    source = source_of(tmp_path, sent_info(camera_info(EPOCH_NS)), other)

    assert checked(source).level == 'error'
    assert 'binning at stamp 1700000001.0' in checked(source).text
    assert source.cameras[0].intrinsics is None


@pytest.mark.parametrize('value', [0.0, 2.0, math.nan])
def test_fixed_transform_that_is_no_pose_is_named(tmp_path: Path, value: float) -> None:
    mounted = transform(EPOCH_NS, 'base_link', 'cam', 0.1)
    mounted.transform.rotation.w = value
    check = checked(source_of(tmp_path, Sent('/tf_static', tf(mounted), EPOCH_NS)), 'extrinsics')
    assert check.level == 'warning'
    assert 'of /tf_static base_link -> cam is no pose' in check.text


def test_rectified_images_have_p(tmp_path: Path) -> None:
    p = np.array([25.0, 0, 15, 0, 0, 26.0, 11, 0, 0, 0, 1, 0])
    source = source_of(tmp_path, sent_info(changed(p=p)), images='/cam/image_rect')

    intrinsics = source.cameras[0].intrinsics
    assert intrinsics is not None
    assert (intrinsics.k[0], intrinsics.k[2], intrinsics.d) == (25.0, 15.0, ())


def test_name_that_does_not_tell_rectification_is_a_warning(tmp_path: Path) -> None:
    p = np.array([25.0, 0, 15, 0, 0, 26.0, 11, 0, 0, 0, 1, 0])
    source = source_of(tmp_path, sent_info(changed(p=p)), images='/cam/image')

    assert checked(source).level == 'warning'
    assert 'differs from P' in checked(source).text


def moving(offset_m: float) -> list[Sent]:
    stamps = [EPOCH_NS + n * SECOND_NS // 2 for n in range(6)]
    return [
        Sent('/tf', tf(transform(stamp, 'base_link', 'cam', 0.5 + n * offset_m)), stamp)
        for n, stamp in enumerate(stamps)
    ]


def bag_with_tf(tmp_path: Path, offset_m: float) -> BagSource:
    bag = write_bag(tmp_path / 'bag', [*drive(3), *moving(offset_m)])
    return BagSource(bag, SourceOptions(pose_topic='/odom'))


def test_extrinsics_that_never_change_on_tf_are_used(tmp_path: Path) -> None:
    source = bag_with_tf(tmp_path, 0.0)

    pose = source.cameras[0].base_from_camera
    assert pose is not None
    assert pose.translation_m.tolist() == [0.5, 0.0, 0.0]
    assert checked(source, 'extrinsics').level == 'ok'


def test_unknown_extrinsics_are_a_warning(tmp_path: Path) -> None:
    source = bag_with_tf(tmp_path, 0.1)

    assert source.cameras[0].base_from_camera is None
    check = checked(source, 'extrinsics')
    assert check.level == 'warning'
    assert 'base_link to cam' in check.text


def test_extrinsics_in_millimetres_are_refused(tmp_path: Path) -> None:
    mounting = Sent('/tf_static', tf(transform(0, 'base_link', 'cam', 350.0)), EPOCH_NS)
    check = checked(source_of(tmp_path, mounting), 'extrinsics')

    assert (check.level, '350 m from base_link' in check.text) == ('error', True)


def test_images_of_another_size_than_camera_info_are_a_warning(tmp_path: Path) -> None:
    source = source_of(tmp_path, sent_info(changed(width=64, height=48)))

    assert checked(source).level == 'warning'
    assert 'taken for a scaled picture' in checked(source).text
    assert source.cameras[0].intrinsics is not None


def test_images_of_another_size_than_the_cameras_of_the_map_are_a_warning(tmp_path: Path) -> None:
    k = (60.0, 0.0, 32.0, 0.0, 60.0, 24.0, 0.0, 0.0, 1.0)
    of_map = Camera('cam', 'cam', None, CameraIntrinsics(64, 48, 'plumb_bob', k, ()))
    bag = write_bag(tmp_path / 'bag', drive(3, ('/cam/image_raw',)))
    check = checked(BagSource(bag, SourceOptions(map_cameras=(of_map,))))

    assert check.level == 'warning'
    assert 'the map describes 64 x 48 px' in check.text


def test_camera_info_that_belongs_to_no_images_is_named(tmp_path: Path) -> None:
    check = checked(source_of(tmp_path, Sent('/camera_info', changed(), EPOCH_NS)))

    assert check.level == 'warning'
    assert 'no camera_info in the namespace of /cam/image_raw, and /camera_info' in check.text


def test_camera_info_of_another_camera_is_no_warning(tmp_path: Path) -> None:
    other = next(s for s in drive(1, ('/depth/image_raw',)) if s.topic != '/odom')
    bag = write_bag(
        tmp_path / 'bag', [*drive(3), other, Sent('/depth/camera_info', changed(), EPOCH_NS)]
    )
    source = BagSource(bag, SourceOptions(image_topics=('/cam/image_raw',)))

    assert checked(source).level == 'ok'
