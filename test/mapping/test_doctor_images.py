# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Faults of geometry planted into real images that are seconds apart: each is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import sys
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from avpr_ros.mapping.doctor import Finding, examine
from avpr_ros.mapping.drive_checks import DriveRules
from avpr_ros.sources.options import SourceOptions

sys.path.append(str(Path(__file__).resolve().parents[1] / 'sources'))
from small_bags import Sent, camera_info, header, make, odometry, raw_image, tf, write_bag

DATA = Path(__file__).resolve().parents[3] / 'shared' / 'data' / 'euroc_v1'
COUNT = 40
SIZE_PX = (752, 480)
BODY = (-0.5, 0.5, -0.5, 0.5)

pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.fixture(scope='module')
def drive() -> list[tuple[int, list[float], np.ndarray]]:
    """Return stamp, pose and image of the first images."""
    if not DATA.is_dir():
        pytest.skip(f'the data set {DATA} is not there')
    found = []
    for row in (DATA / 'poses.csv').read_text('utf-8').splitlines()[1 : COUNT + 1]:
        stamp, *pose = row.split(',')
        (path,) = (DATA / 'cam0').glob(f'{stamp}.*')
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        found.append((int(stamp), [float(value) for value in pose], image))
    return found


def lens() -> tuple[np.ndarray, np.ndarray]:
    one = yaml.safe_load((DATA / 'camera.yaml').read_text('utf-8'))['cam0']
    k = np.array([[one['fx'], 0, one['cx']], [0, one['fy'], one['cy']], [0, 0, 1]])
    return k, np.array(one['d'])


def findings(
    folder: Path,
    drive: list[tuple[int, list[float], np.ndarray]],
    change: Callable[[np.ndarray], np.ndarray] = lambda image: image,
    mounting: tuple[float, ...] = (0.0, 0.0, 0.0, 1.0),
    late: int = 0,
) -> list[Finding]:
    """Return what is wrong with the drive as a bag; ``late``: poses of so many images later."""
    info, first_ns = camera_info(drive[0][0]), drive[0][0]
    info.width, info.height = SIZE_PX
    info.k, info.d = lens()[0].reshape(-1), lens()[1]
    moved = make(
        'geometry_msgs/msg/Transform',
        make('geometry_msgs/msg/Vector3', 0.0, 0.0, 0.0),
        make('geometry_msgs/msg/Quaternion', *mounting),
    )
    placed = make(
        'geometry_msgs/msg/TransformStamped', header(first_ns, 'base_link'), 'cam', moved
    )
    sent = [Sent('/cam/camera_info', info, first_ns), Sent('/tf_static', tf(placed), first_ns)]
    for row, (stamp, _, image) in enumerate(drive):
        sent.append(Sent('/cam/image_raw', raw_image(stamp, change(image)), stamp))
        sent.append(Sent('/pose', posed(stamp, drive[min(row + late, COUNT - 1)][1]), stamp))
    bag = write_bag(folder / 'bag', sent)
    found = examine([bag], SourceOptions(), DriveRules(0.5, 0.2), None)
    return [finding for finding in found if finding.level != 'ok']


def posed(stamp: int, pose: list[float]) -> Any:
    message = odometry(stamp, 0.0)
    message.header.frame_id = 'map'
    place, turn = message.pose.pose.position, message.pose.pose.orientation
    place.x, place.y, place.z = pose[:3]
    turn.x, turn.y, turn.z, turn.w = pose[3:]
    return message


def rectified(image: np.ndarray) -> np.ndarray:
    return cv2.undistort(image, *lens())


def mirrored(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[:, ::-1])


def upside_down(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[::-1, ::-1])


def test_good_images_have_no_finding(
    tmp_path: Path, drive: list[tuple[int, list[float], np.ndarray]]
) -> None:
    assert findings(tmp_path, drive) == []


@pytest.mark.parametrize(
    ('fault', 'name'),
    [
        ({'change': rectified}, 'camera model'),
        ({'change': mirrored}, 'mirrored images'),
        ({'change': upside_down}, 'optical frame'),
        ({'mounting': BODY}, 'optical frame'),
        ({'late': 1}, 'image geometry'),
    ],
)
def test_faults_of_geometry_are_named(
    tmp_path: Path,
    drive: list[tuple[int, list[float], np.ndarray]],
    fault: dict[str, Any],
    name: str,
) -> None:
    (finding,) = findings(tmp_path, drive, **fault)
    assert (finding.check, finding.level) == (name, 'error')
    assert finding.why
