# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Camera models of real images: right, doubly rectified, and without the distortion they have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from avpr_ros.arrays import RgbImage
from avpr_ros.mapping.camera_model_check import camera_model_checks
from avpr_ros.sources.frame import Camera, CameraIntrinsics, Frame
from avpr_ros.sources.open import SourceOptions, open_source

pytestmark = [pytest.mark.data, pytest.mark.slow]
EUROC = Path(__file__).resolve().parents[3] / 'shared/data/euroc_v1'
K = (458.654, 0.0, 367.215, 0.0, 457.296, 248.375, 0.0, 0.0, 1.0)
D = (-0.28340811, 0.07395907, 0.00019359, 1.76187114e-05, 0.0)
RAW = CameraIntrinsics(752, 480, 'plumb_bob', K, D)


@pytest.fixture(scope='module')
def frames() -> list[Frame]:
    if not EUROC.is_dir():
        pytest.skip(f'{EUROC} is missing')
    options = SourceOptions(image_topics=('cam0',), poses_csv=EUROC / 'poses.csv', max_gap_s=20.0)
    return list(open_source(EUROC, options).frames())


def rectified(frame: Frame) -> Frame:
    def decode() -> RgbImage:
        return np.asarray(cv2.undistort(frame.decode(), np.reshape(K, (3, 3)), np.array(D)))

    return replace(frame, decode=decode)


def findings(intrinsics: CameraIntrinsics, frames: list[Frame]) -> list[str]:
    checks = camera_model_checks(Camera('cam0', 'cam0', None, intrinsics), frames)
    return [check.text for check in checks]


def test_the_right_model_has_no_finding(frames: list[Frame]) -> None:
    assert findings(RAW, frames) == []


def test_rectified_images_with_the_raw_model_are_found(frames: list[Frame]) -> None:
    (text,) = findings(RAW, list(map(rectified, frames)))

    assert 'rectified already' in text


def test_raw_images_without_distortion_are_found(frames: list[Frame]) -> None:
    (text,) = findings(replace(RAW, d=()), frames)

    assert 'not rectified' in text


def test_rectified_images_without_distortion_have_no_finding(frames: list[Frame]) -> None:
    assert findings(replace(RAW, d=()), list(map(rectified, frames))) == []
