# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The pose of a camera on the base where a query has extrinsics of its own."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.gallery.local_features.features import Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.localization.geometry import metric_pose
from avpr_ros.localization.geometry.metric_pose import MetricPoses
from avpr_ros.localization.query import Query
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics
from avpr_ros.verification.sift import SiftExtractor

K = (300.0, 0.0, 240.0, 0.0, 300.0, 180.0, 0.0, 0.0, 1.0)
NOMINAL = Pose(np.array([0.2, 0.0, 0.5]), Rotation.identity())
REFINEMENT = Rotation.from_euler('z', 5.0, degrees=True)


@pytest.mark.parametrize(
    ('yaw_deg', 'refined'), [(None, True), (0.0, True), (0.3, True), (12.0, False)]
)
def test_refinement_of_the_map_belongs_to_its_rotation(
    monkeypatch: pytest.MonkeyPatch, yaw_deg: float | None, refined: bool
) -> None:
    monkeypatch.setattr(metric_pose, '_MIN_POINTS', 0)
    own = None
    if yaw_deg is not None:
        own = Pose(np.array([0.2, 0.4, 0.5]), Rotation.from_euler('z', yaw_deg, degrees=True))
    image = np.zeros((360, 480, 3), np.uint8)
    features: Features = SiftExtractor().extract(image)
    landmarks = replace(
        Landmarks.without_points([[features]], 1),
        nominal_from_refined=REFINEMENT.as_quat()[np.newaxis],
    )
    camera = Camera('front', '', NOMINAL, CameraIntrinsics(480, 360, 'plumb_bob', K, ()))
    gallery: Any = SimpleNamespace(manifest=SimpleNamespace(cameras=(camera,)))
    poses = MetricPoses(gallery, landmarks, MatchSettings())
    query = Query(np.ones(1, np.float32), 0, 'front', image, base_from_camera=own)
    found = VerificationResult((features,), 0, np.zeros(0, np.int64), 0.0, 1.0, 1.0)

    view = poses.view(query, found, 1.0)

    assert view is not None
    wanted = own or NOMINAL
    wanted = wanted @ Pose(np.zeros(3), REFINEMENT) if refined else wanted
    assert view[0].inverse().distance_m(wanted) < 1e-9
    assert view[0].inverse().angle_rad(wanted) < 1e-9
