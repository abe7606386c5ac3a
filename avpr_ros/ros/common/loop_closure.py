# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A loop closure as the localizer publishes it: the base seen from a keyframe."""

from __future__ import annotations

from dataclasses import dataclass
import re
from typing import Any

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.poses import Pose
from avpr_ros.ros.common.messages import stamp_ns
from avpr_ros.ros.common.stamped_pose import covariance_from_message, pose_from_message

_FRAME = re.compile(r'keyframe_(\d{1,9})\Z')


@dataclass(frozen=True, eq=False)
class LoopClosure:
    """One edge of a pose graph.

    Attributes:
        stamp_ns: the query image's stamp.
        keyframe_id: the matched keyframe.
        keyframe_from_base: the base at that stamp, seen from the keyframe's base.
        covariance: (6, 6) positive definite; x y z, rotations about x y z; axes of the keyframe.
    """

    stamp_ns: int
    keyframe_id: int
    keyframe_from_base: Pose
    covariance: FloatArray


def closure_from_message(message: Any) -> LoopClosure:
    """Convert a ``geometry_msgs/PoseWithCovarianceStamped`` in the frame ``keyframe_<id>``.

    Raises:
        ValueError: another frame, numbers that are not finite, a bad quaternion, or a covariance
            that is not symmetric and positive definite.
    """
    match = _FRAME.match(message.header.frame_id)
    if match is None:
        raise ValueError(f"its frame is '{message.header.frame_id}' instead of 'keyframe_<id>'")
    covariance = covariance_from_message(message.pose.covariance)
    scale = float(np.abs(covariance).max())
    symmetric = bool(np.abs(covariance - covariance.T).max() <= 1e-6 * scale)
    if not symmetric or not np.linalg.eigvalsh(covariance).min() > 1e-12 * scale:
        raise ValueError('its covariance is not symmetric and positive definite')
    return LoopClosure(
        stamp_ns(message.header.stamp),
        int(match.group(1)),
        pose_from_message(message.pose.pose),
        covariance,
    )
