# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.rtab_map.rtabmap_link import GraphLink, LinkMaker
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer

S = 10**9
COVARIANCE = np.diag([0.25, 0.25, 0.04, 0.01, 0.01, 0.04])
SEEN = Pose.from_xy_yaw(0.5, 0.2, 0.1)


def maker() -> LinkMaker:
    """A robot at 2 m/s; a node of the graph at the old place, one made now."""
    odometry = OdometryBuffer(100.0)
    for k in range(21):
        odometry.add(100 * S + k * S // 10, Pose.from_xy_yaw(0.2 * k, 0.0, 0.0))
    made = LinkMaker(odometry)
    made.on_node(90 * S, 7)
    made.on_node(101 * S, 8)
    made.on_graph({3: Pose.from_xy_yaw(9.0, 0.0, 0.0), 8: Pose.from_xy_yaw(99.0, 0.0, 0.0)})
    made.on_keyframes([Pose.from_xy_yaw(50.0, 0.0, 0.0), Pose.from_xy_yaw(10.0, 0.0, 0.0)])
    return made


def test_link_joins_nodes_of_keyframe_and_query() -> None:
    link = maker().link(100 * S + S // 2, 1, SEEN, COVARIANCE)
    assert isinstance(link, GraphLink)
    assert (link.from_id, link.to_id) == (3, 8)
    expected = Pose.from_xy_yaw(1.0, 0.0, 0.0) @ SEEN @ Pose.from_xy_yaw(1.0, 0.0, 0.0)
    np.testing.assert_allclose(
        link.from_node_from_to_node.as_xyz_quaternion(),
        expected.as_xyz_quaternion(),
        atol=1e-9,
    )
    np.testing.assert_allclose(link.information @ COVARIANCE, np.eye(6), atol=1e-9)


@pytest.mark.parametrize(
    ('stamp_ns', 'keyframe_id', 'text'),
    [
        (101 * S, 2, 'Keyframe 2'),
        (101 * S, 0, 'No node of the graph'),
        (120 * S, 1, 'of the image'),
        (99 * S + S // 2, 1, 'No odometry'),
    ],
)
def test_link_with_missing_input_is_rejected(stamp_ns: int, keyframe_id: int, text: str) -> None:
    link = maker().link(stamp_ns, keyframe_id, SEEN, COVARIANCE)
    assert isinstance(link, str)
    assert text in link
