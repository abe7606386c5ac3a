# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Builds the adapter from the parameters."""

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
from avpr_ros.ros.adapters.rtab_map.rtabmap import RtabmapGlobalPose
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
        adapter: decides what is sent.
        pose_request: pending request, where poses are sent on request only; else None.
        divergence: monitor of the consumer's own estimate; None where the mode has none.
    """

    adapter: Adapter
    pose_request: PoseRequest | None = None
    divergence: DivergenceMonitor | None = None


def build_consistency(settings: AdapterSettings, odometry: OdometryBuffer) -> MatchConsistency:
    """Return the consistency check with the settings' limits."""
    return MatchConsistency(
        ConsistencySettings(
            settings.consistent_matches(),
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
    consistency = build_consistency(settings, odometry)
    floors = MinimumSigmas(settings.position_floor_m, settings.angle_floor_rad)
    pose_request = PoseRequest(settings.cool_down_s, at_start=settings.send_on_startup)
    if settings.mode == 'robot_localization':
        return AdapterParts(RobotLocalization(consistency, floors))
    if settings.mode == 'rtabmap_global_pose':
        return AdapterParts(RtabmapGlobalPose(consistency, floors, settings.base_frame))
    if settings.mode == 'cuvslam':
        return AdapterParts(CuVslam(consistency, floors, pose_request, odometry), pose_request)
    if settings.mode == 'map_to_odom':
        return AdapterParts(MapToOdom(consistency, odometry))
    divergence = DivergenceMonitor(
        DivergenceSettings(settings.lost_distance_m, settings.lost_yaw_rad, settings.lost_after_s),
        odometry,
    )
    return AdapterParts(
        InitialPose(consistency, floors, pose_request, divergence, odometry),
        pose_request,
        divergence,
    )
