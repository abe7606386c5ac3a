# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from match_stream import START_NS, fix_at

from avpr_ros.poses import Pose
from avpr_ros.ros.adapters.factory import build
from avpr_ros.ros.adapters.parameters import AdapterSettings
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer


def test_cuvslam_trigger_hint_sends_one_pose_after_cool_down() -> None:
    settings = AdapterSettings(mode='cuvslam', min_consistent_matches=1, cool_down_s=2.0)
    adapter = build(settings, OdometryBuffer(10.0)).adapter
    sent = []
    for second in range(12):
        if second in (1, 6, 7):
            adapter.request('the trigger hint')
        if adapter.on_fix(fix_at(0, second)).send:
            sent.append(second)
    assert sent == [0, 2, 6, 8]


def test_cuvslam_relocation_sends_one_pose() -> None:
    odometry = OdometryBuffer(100.0)
    for second in range(30):
        odometry.add(START_NS + second * 10**9, Pose.identity())
    adapter = build(
        AdapterSettings(mode='cuvslam', min_consistent_matches=1, cool_down_s=2.0), odometry
    ).adapter
    sent = [
        second for second in range(20) if adapter.on_fix(fix_at(90.0 * (second > 9), second)).send
    ]
    assert sent == [0, 10]
