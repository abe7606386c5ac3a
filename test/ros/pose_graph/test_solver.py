# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys

import numpy as np
import pytest

from avpr_ros.errors import AvprError
from avpr_ros.poses import Pose
from avpr_ros.ros.pose_graph.solver import body_covariance, load_gtsam


def test_body_covariance_is_in_base_axes() -> None:
    covariance = np.diag([4.0, 1.0, 2.0, 0.4, 0.1, 0.2])
    turned = body_covariance(Pose.from_xy_yaw(5.0, 5.0, np.pi / 2), covariance)
    np.testing.assert_allclose(turned, np.diag([0.1, 0.4, 0.2, 1.0, 4.0, 2.0]), atol=1e-12)


def test_load_gtsam_without_gtsam_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'gtsam', None)
    with pytest.raises(AvprError, match='pip install'):
        load_gtsam()
