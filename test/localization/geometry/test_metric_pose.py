# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Images that have another shape than their camera model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from avpr_ros.localization.geometry.metric_pose import MetricPoses
from avpr_ros.localization.query import Query
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.sources.frame import CameraIntrinsics

K = (300.0, 0.0, 240.0, 0.0, 300.0, 180.0, 0.0, 0.0, 1.0)
LENS = CameraIntrinsics(480, 360, 'plumb_bob', K, ())


def turned(width_px: int, height_px: int) -> str | None:
    gallery: Any = SimpleNamespace(manifest=SimpleNamespace(cameras=()))
    poses = MetricPoses(gallery, SimpleNamespace(), MatchSettings())  # type: ignore[arg-type]
    image = np.zeros((height_px, width_px, 3), np.uint8)
    return poses.turned(Query(np.ones(1, np.float32), 0, 'front', image, intrinsics=LENS))


def test_image_turned_by_a_quarter_turn_is_named() -> None:
    assert 'is the image turned by 90 degrees?' in (turned(360, 480) or '')
    assert turned(480, 360) is None
    assert turned(640, 360) is None  # another aspect ratio is no turn
