# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What each consumer refuses or misreads, written from its own code and documentation.

Read at: navigation2 a3a97043, slam_toolbox a3442d2, robot_localization 1cb9533, rtabmap_ros
aec4f91f (0.22.1), isaac_ros_visual_slam 6e23c6c.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from avpr_ros.ros.common.messages import stamp_ns


def _numbers(message: Any) -> list[float]:
    p, q = message.pose.pose.position, message.pose.pose.orientation
    return [p.x, p.y, p.z, q.x, q.y, q.z, q.w, *message.pose.covariance]


def _finite_unit(message: Any) -> list[str]:
    problems = []
    if not all(math.isfinite(value) for value in _numbers(message)):
        problems.append('a number is not finite')
    q = message.pose.pose.orientation
    if not abs(q.x**2 + q.y**2 + q.z**2 + q.w**2 - 1.0) < 1e-4:
        problems.append('the quaternion is not of norm one')
    return problems


def _rigid(transform: Any) -> list[str]:
    problems = []
    q, t = transform.rotation, transform.translation
    if not all(math.isfinite(value) for value in (t.x, t.y, t.z, q.x, q.y, q.z, q.w)):
        problems.append('a number is not finite')
    if not abs(q.x**2 + q.y**2 + q.z**2 + q.w**2 - 1.0) < 1e-4:
        problems.append('the quaternion is not of norm one')
    return problems


def amcl(message: Any, global_frame: str) -> list[str]:
    """nav2's validateMsg, and amcl_node's check of the frame."""
    problems = _finite_unit(message)
    if not message.header.frame_id:
        problems.append('no frame')
    if message.header.frame_id != global_frame:
        problems.append('not in the global frame')
    if any(not 0.0 <= value <= 1e9 for value in message.pose.covariance):
        problems.append('an element of the covariance is negative or above 1e9')
    if stamp_ns(message.header.stamp) <= 0:
        problems.append('no stamp')
    return problems


def slam_toolbox(stamps_ns: list[int], cool_down_s: float) -> list[str]:
    """Each message resets it: no stream."""
    gaps = np.diff(stamps_ns)
    return ['a stream of resets'] if (gaps < cool_down_s * 1e9).any() else []


def robot_localization(message: Any, world_frame: str) -> list[str]:
    """A variance below 1e-9 becomes that; frames are transformed to the world frame."""
    problems = _finite_unit(message)
    if message.header.frame_id != world_frame:
        problems.append('no transform from its frame')
    covariance = np.array(message.pose.covariance).reshape(6, 6)
    if np.diag(covariance).min() <= 1e-6:
        problems.append('near-perfect by mistake')
    if np.linalg.eigvalsh(covariance).min() <= 0.0:
        problems.append('the covariance is not positive definite')
    return problems


def in_order(messages: list[Any]) -> list[str]:
    """robot_localization drops a message of a topic that is older than the one before."""
    stamps_ns = [stamp_ns(message.header.stamp) for message in messages]
    return ['older than the one before'] if (np.diff(stamps_ns) < 0).any() else []


def rtabmap_global_pose(message: Any, base_frame: str) -> list[str]:
    """The frame is the sensor's; the covariance is inverted."""
    problems = _finite_unit(message)
    if message.header.frame_id != base_frame:
        problems.append('the frame is not that of the base')
    if stamp_ns(message.header.stamp) == 0:
        problems.append('no stamp')
    covariance = np.array(message.pose.covariance).reshape(6, 6)
    if np.linalg.matrix_rank(covariance) < 6 or (np.diag(covariance) <= 0.0).any():
        problems.append('the covariance has no inverse')
    elif np.linalg.cond(covariance) > 1e9:
        problems.append('the inverse of the covariance is not to be trusted')
    return problems


def rtabmap_link(link: Any) -> list[str]:
    """Two nodes; every diagonal element of the information finite and positive, or it ends."""
    problems = []
    if link.from_id <= 0 or link.to_id <= 0 or link.from_id == link.to_id:
        problems.append('not between two nodes')
    if link.type != 4:
        problems.append('not a closure of a user')
    information = np.array(link.information).reshape(6, 6)
    if not np.isfinite(information).all() or not (np.diag(information) > 0.0).all():
        problems.append('information that is not finite and positive')
    if np.linalg.eigvalsh((information + information.T) / 2).min() <= 0.0:
        problems.append('information that is not positive definite')
    return problems + _rigid(link.transform)


def tf2(message: Any) -> list[str]:
    """tf2's setTransform: both frames named and different, finite, a quaternion of norm one."""
    problems = []
    parent, child = message.header.frame_id, message.child_frame_id
    if not parent or not child or parent == child:
        problems.append('not between two frames')
    return problems + _rigid(message.transform)


def cuvslam(message: Any, map_frame: str) -> list[str]:
    """It searches its map around the pose, in the map's frame."""
    problems = _finite_unit(message)
    if message.header.frame_id != map_frame:
        problems.append('not in the map frame')
    return problems
