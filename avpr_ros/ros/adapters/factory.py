# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From the parameters to the adapter."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.ros.adapters.adapter import Adapter
from avpr_ros.ros.adapters.cuvslam import CuVslam
from avpr_ros.ros.adapters.divergence import DivergenceMonitor, DivergenceSettings
from avpr_ros.ros.adapters.initial_pose import InitialPose
from avpr_ros.ros.adapters.map_to_odom import MapToOdom
from avpr_ros.ros.adapters.match_consistency import ConsistencySettings, MatchConsistency
from avpr_ros.ros.adapters.parameters import AdapterSettings
from avpr_ros.ros.adapters.pose_request import PoseRequest
from avpr_ros.ros.adapters.robot_localization import RobotLocalization
from avpr_ros.ros.adapters.rtabmap import RtabmapGlobalPose
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.common.stamped_pose import MinimumSigmas

#: Topic of the poses by mode, relative or private.
OUTPUT_TOPICS = {
    'initialpose': 'initialpose',
    'robot_localization': '~/pose',
    'rtabmap_global_pose': 'global_pose',
    'cuvslam': 'visual_slam/initial_pose',
}


@dataclass(frozen=True)
class AdapterParts:
    """The parts of one mode.

    Attributes:
        adapter: what decides.
        one_shot: the requests, where poses are sent on request only.
        watch: listens to the consumer's own estimate; None where the mode does not.
    """

    adapter: Adapter
    one_shot: PoseRequest | None = None
    watch: DivergenceMonitor | None = None


def build_consistency(settings: AdapterSettings, odometry: OdometryBuffer) -> MatchConsistency:
    """Return the guard of the settings."""
    return MatchConsistency(
        ConsistencySettings(
            settings.agreeing_matches(),
            settings.agree_radius_m,
            settings.agree_yaw_rad,
            settings.agree_window_s,
            settings.agree_travel_m,
            settings.map_frame,
        ),
        odometry,
    )


def build(settings: AdapterSettings, odometry: OdometryBuffer) -> AdapterParts:
    """Return the adapter of a mode that turns poses into poses, or into a transform."""
    guard = build_consistency(settings, odometry)
    floors = MinimumSigmas(settings.position_floor_m, settings.angle_floor_rad)
    one_shot = PoseRequest(settings.cool_down_s, at_start=settings.send_on_startup)
    if settings.mode == 'robot_localization':
        return AdapterParts(RobotLocalization(guard, floors))
    if settings.mode == 'rtabmap_global_pose':
        return AdapterParts(RtabmapGlobalPose(guard, floors, settings.base_frame))
    if settings.mode == 'cuvslam':
        return AdapterParts(CuVslam(guard, floors, one_shot, odometry), one_shot)
    if settings.mode == 'map_to_odom':
        return AdapterParts(MapToOdom(guard, odometry))
    watch = DivergenceMonitor(
        DivergenceSettings(settings.lost_distance_m, settings.lost_yaw_rad, settings.lost_after_s),
        odometry,
    )
    return AdapterParts(InitialPose(guard, floors, one_shot, watch, odometry), one_shot, watch)
