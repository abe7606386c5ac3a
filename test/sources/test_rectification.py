# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Whether real images are rectified, by the images themselves and in a bag of neutral topics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from small_bags import (
    EPOCH_NS,
    SECOND_NS,
    Sent,
    camera_info,
    found,
    odometry,
    raw_image,
    write_bag,
)
import yaml

from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.bags.rectification import RectificationMeter
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.options import SourceOptions

DATA = Path(__file__).resolve().parents[3] / 'shared' / 'data' / 'euroc_v1'
SIZE_PX = (752, 480)

pytestmark = pytest.mark.data


@pytest.fixture(scope='module')
def images() -> list[np.ndarray]:
    if not DATA.is_dir():
        pytest.skip(f'the data set {DATA} is not there')
    paths = sorted((DATA / 'cam0').iterdir())[:14]
    return [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in paths]


def lens() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    one = yaml.safe_load((DATA / 'camera.yaml').read_text('utf-8'))['cam0']
    k = np.array([[one['fx'], 0, one['cx']], [0, one['fy'], one['cy']], [0, 0, 1]])
    d = np.array(one['d'])
    return k, d, cv2.getOptimalNewCameraMatrix(k, d, SIZE_PX, 0)[0]


def raw(image: np.ndarray) -> np.ndarray:
    return image


def rectified(image: np.ndarray) -> np.ndarray:
    k, d, p = lens()
    return cv2.undistort(image, k, d, None, p)


def recorded(
    tmp_path: Path,
    images: list[np.ndarray],
    topic: str,
    coefficients: Sequence[float] | None = None,
) -> BagSource:
    k, d, p = lens()
    info = camera_info(EPOCH_NS)
    info.width, info.height = SIZE_PX
    info.k, info.d = k.reshape(-1), d if coefficients is None else np.array(coefficients)
    info.p = np.hstack([p, np.zeros((3, 1))]).reshape(-1)
    sent = [Sent('/cam/camera_info', info, EPOCH_NS)]
    for number, image in enumerate(images):
        stamp = EPOCH_NS + number * SECOND_NS
        sent.append(Sent(topic, raw_image(stamp, image), stamp))
        sent.append(Sent('/odom', odometry(stamp, float(number)), stamp))
    return BagSource(write_bag(tmp_path / 'bag', sent), SourceOptions(max_gap_s=2.0))


@pytest.mark.parametrize(
    ('topic', 'change', 'level'),
    [
        ('/cam/image', raw, 'ok'),
        ('/cam/image', rectified, 'ok'),
        ('/cam/image_raw', raw, 'ok'),
        ('/cam/image_raw', rectified, 'warning'),
        ('/cam/image_rect', raw, 'warning'),
        ('/cam/image_rect', rectified, 'ok'),
    ],
)
def test_images_decide_whatever_the_name_of_their_topic(
    tmp_path: Path,
    images: list[np.ndarray],
    topic: str,
    change: Callable[[np.ndarray], np.ndarray],
    level: str,
) -> None:
    source = recorded(tmp_path, [change(image) for image in images], topic)
    (camera,) = source.cameras
    assert camera.intrinsics is not None
    assert camera.intrinsics.k[0] == pytest.approx(lens()[0 if change is raw else 2][0, 0])
    assert any(camera.intrinsics.d) == (change is raw)
    check = found(source.preflight(), 'camera')
    assert (check.level, 'rename the topic' in check.text) == (level, level == 'warning')


@pytest.mark.parametrize(
    ('coefficients', 'words'), [((0.1,), 'D has 1 coefficients'), ((5.0,) * 5, 'be inverted')]
)
def test_camera_model_that_cannot_be_used_is_refused_whatever_p_is(
    tmp_path: Path, images: list[np.ndarray], coefficients: tuple[float, ...], words: str
) -> None:
    source = recorded(tmp_path, images, '/cam/image_raw', coefficients)
    check = found(source.preflight(), 'camera')
    assert (check.level, words in check.text) == ('error', True)


def test_images_of_one_view_decide_nothing(images: list[np.ndarray]) -> None:
    meter = RectificationMeter()
    for _ in range(8):
        message: Any = SimpleNamespace(
            height=SIZE_PX[1],
            width=SIZE_PX[0],
            encoding='rgb8',
            is_bigendian=0,
            step=3 * SIZE_PX[0],
            data=images[0].reshape(-1),
        )
        meter.add(message)
    k, d, p = lens()
    models = [
        CameraIntrinsics(*SIZE_PX, 'plumb_bob', tuple(m.reshape(-1).tolist()), tuple(c))
        for m, c in ((k, d.tolist()), (p, ()))
    ]
    assert meter.verdict(models[0], models[1]) is None
