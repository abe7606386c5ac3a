# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Faults planted one at a time into a good bag: each is named, none in the good one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import sys
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.mapping.doctor import Finding, examine, exit_code
from avpr_ros.mapping.drive_checks import DriveRules
from avpr_ros.sources.options import SourceOptions

sys.path.append(str(Path(__file__).resolve().parents[1] / 'sources'))
from small_bags import EPOCH_NS, SECOND_NS, Sent, odometry, raw_image, write_bag
from turning_drive import OPTICAL, turning_drive, turning_images

UPSIDE_DOWN = tuple(
    (Rotation.from_quat(OPTICAL) * Rotation.from_euler('z', np.pi)).as_quat().tolist()
)
RULES = DriveRules(0.5, 0.2)
Images = list[Any]


def findings(path: Path, sent: list[Sent]) -> list[Finding]:
    bag = write_bag(path / 'bag', sent)
    found = examine([bag], SourceOptions(), RULES, None)
    return [finding for finding in found if finding.level != 'ok']


def test_a_good_bag_has_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, turning_drive()) == []


def black(images: Images) -> None:
    images[60:70] = [image // 60 for image in images[60:70]]


def covered(images: Images) -> None:
    glow = np.hypot(*np.mgrid[: images[0].shape[0], : images[0].shape[1]]) / images[0].shape[1]
    leak = (60 * np.exp(-9 * glow**2)).astype(np.uint8)
    images[60:70] = [np.broadcast_to(leak[..., np.newaxis], images[0].shape).copy()] * 10


def blurred(images: Images) -> None:
    images[60:70] = [cv2.GaussianBlur(image, (0, 0), 2.5) for image in images[60:70]]


def frozen(images: Images) -> None:
    images[60:75] = [images[60]] * 15


def duplicated(images: Images) -> None:
    for row in range(40, 120, 10):
        images[row] = images[row - 1]


def brightened(images: Images) -> None:
    images[60:90] = [np.clip(image * 1.8, 0, 255).astype(np.uint8) for image in images[60:90]]


@pytest.mark.parametrize(
    ('plant', 'name'),
    [
        (black, 'unusable images'),
        (covered, 'unusable images'),
        (blurred, 'blur'),
        (frozen, 'frozen images'),
        (duplicated, 'duplicated images'),
        (brightened, 'exposure'),
    ],
)
def test_faults_of_images_are_named(
    tmp_path: Path, plant: Callable[[Images], None], name: str
) -> None:
    images = turning_images()
    plant(images)

    (finding,) = findings(tmp_path, turning_drive(images))

    assert (finding.check, finding.level) == (name, 'warning')
    assert finding.why
    assert finding.remedy


@pytest.mark.parametrize('offset_s', [-0.2, -0.05, 0.05, 0.2])
def test_clock_offset_is_measured(tmp_path: Path, offset_s: float) -> None:
    (finding,) = findings(tmp_path, turning_drive(image_offset_s=offset_s))

    assert (finding.check, finding.level) == ('clock offset', 'error')
    word = 'earlier' if offset_s > 0 else 'later'
    assert f'{abs(offset_s):.2f} s {word}' in finding.found


@pytest.mark.parametrize(
    'mounting',
    [
        pytest.param((0.0, 0.0, 0.0, 1.0), id='body frame'),
        pytest.param(UPSIDE_DOWN, id='upside down'),
    ],
)
def test_swapped_optical_frame_is_named(tmp_path: Path, mounting: Any) -> None:
    (finding,) = findings(tmp_path, turning_drive(mounting=mounting))

    assert (finding.check, finding.level) == ('optical frame', 'error')


def test_missing_extrinsics_and_calibration_are_named(tmp_path: Path) -> None:
    found = findings(tmp_path, turning_drive(mounting=None, calibrated=False))

    assert [finding.check for finding in found] == ['extrinsics', 'intrinsics']


def test_pose_outliers_and_mixed_frames_are_named(tmp_path: Path) -> None:
    sent = turning_drive()
    poses = [one.message for one in sent if one.topic == '/odom']
    poses[100].pose.pose.position.x += 1e6
    (finding,) = findings(tmp_path, sent)
    assert (finding.check, finding.level) == ('motion', 'warning')

    for message in poses[::2]:
        message.child_frame_id = 'camera'
    bag = write_bag(tmp_path / 'mixed', sent)
    found = examine([bag], SourceOptions(), RULES, None)
    assert exit_code(found) == 2
    assert (found[0].check, found[0].level) == ('poses', 'error')
    assert 'mixes poses of several frames' in found[0].found


def test_remedy_of_ambiguous_and_wrong_pose_topics_is_the_option(tmp_path: Path) -> None:
    sent = turning_drive()
    others = [Sent('/slam', one.message, one.stamp_ns) for one in sent if one.topic == '/odom']
    bag = write_bag(tmp_path / 'two', [*sent, *others])

    for options, level in (
        (SourceOptions(), 'warning'),
        (SourceOptions(pose_topic='/x'), 'error'),
    ):
        found = examine([bag], options, RULES, None)[0]
        assert (found.check, found.level) == ('choice of poses', level)
        assert '/slam' in found.found
        assert '--pose-topic' in found.remedy


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    found = examine([tmp_path / 'none'], SourceOptions(), RULES, None)

    assert [finding.check for finding in found] == ['source']
    assert exit_code(found) == 2


def test_wrong_focal_length_is_named(tmp_path: Path) -> None:
    sent = turning_drive()
    for one in sent:
        if one.topic == '/cam/camera_info':
            one.message.k[[0, 4]] *= 2.0
            one.message.p[[0, 5]] *= 2.0

    (finding,) = findings(tmp_path, sent)

    assert (finding.check, finding.level) == ('camera model', 'error')
    assert 'camera_info states 240 px' in finding.found


def test_blur_of_images_far_apart_is_named(tmp_path: Path) -> None:
    images = turning_images()[::6]
    images[10:14] = [cv2.GaussianBlur(image, (0, 0), 8.0) for image in images[10:14]]
    sent = []
    for number, image in enumerate(images):
        stamp = EPOCH_NS + number * SECOND_NS
        sent.append(Sent('/cam/image_raw', raw_image(stamp, image), stamp))
        sent.append(Sent('/odom', odometry(stamp, float(number)), stamp))
    checks = [finding.check for finding in findings(tmp_path, sent)]
    assert 'blur' in checks
