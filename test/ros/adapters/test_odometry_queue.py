# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from match_stream import START_NS, fix_at

from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.odometry_queue import FixQueue
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer


def test_fix_queue_without_odometry_does_not_wait() -> None:
    queue = FixQueue(OdometryBuffer(10.0), wait_s=0.5)
    queue.put(fix_at(0, 1), now_s=0.0)
    assert len(queue.ready(0.0)) == 1
    assert queue.ready(9.0) == []


def test_fix_queue_waits_for_odometry_at_most_wait_s() -> None:
    odometry = OdometryBuffer(10.0)
    odometry.add(START_NS, Pose.identity())
    queue = FixQueue(odometry, wait_s=0.5)
    queue.put(fix_at(0, 1), now_s=0.0)
    queue.put(fix_at(0, 2), now_s=0.1)
    assert queue.ready(0.2) == []
    odometry.add(START_NS + 10**9, Pose.identity())
    assert [fix.stamp_ns for fix in queue.ready(0.2)] == [START_NS + 10**9]
    assert queue.ready(0.55) == []
    assert len(queue.ready(0.6)) == 1
