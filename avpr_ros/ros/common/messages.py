# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Match results and keyframes as standard messages, checked before they are published."""

from __future__ import annotations

import math

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import Pose as PoseMessage
from geometry_msgs.msg import PoseArray, PoseStamped, PoseWithCovarianceStamped
from nav_msgs.msg import Path
import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.localization.result import Candidate, MatchResult, PoseEstimate, Reason
from avpr_ros.poses import Pose
from avpr_ros.stamps import NS_PER_S
from avpr_ros.stamps import stamp_ns as stamp_ns

#: Largest error of a quaternion's norm; nav2 refuses poses beyond it.
QUATERNION_TOLERANCE = 1e-4
#: Frame of a loop closure, without the keyframe's id at its end.
KEYFRAME_FRAME = 'keyframe_'


def stamp_message(nanoseconds: int) -> Time:
    """Return nanoseconds as a message's stamp."""
    return Time(sec=nanoseconds // NS_PER_S, nanosec=nanoseconds % NS_PER_S)


def pose_message(row: FloatArray) -> PoseMessage:
    """Convert ``x y z qx qy qz qw``.

    Raises:
        ValueError: a number that is not finite, or a quaternion that is not of norm one.
    """
    if not np.isfinite(row).all():
        raise ValueError(f'a pose with numbers that are not finite is not published: {row}.')
    if abs(math.sqrt(float(row[3:] @ row[3:])) - 1.0) > QUATERNION_TOLERANCE:
        raise ValueError(f'a pose needs a quaternion of norm one to be published, got {row[3:]}.')
    message = PoseMessage()
    position, orientation = message.position, message.orientation
    position.x, position.y, position.z = map(float, row[:3])
    orientation.x, orientation.y, orientation.z, orientation.w = map(float, row[3:])
    return message


def pose_estimate_message(
    estimate: PoseEstimate, image_stamp_ns: int, map_frame: str
) -> PoseWithCovarianceStamped:
    """Convert an accepted match: base in map, at the image's stamp.

    Raises:
        ValueError: numbers that are not finite, a variance that is not above zero, or no frame.
    """
    # AMCL refuses a pose with any negative element, those off the diagonal included.
    covariance = np.diag(np.diag(np.asarray(estimate.covariance, dtype=np.float64)))
    return _with_covariance(estimate.map_from_base, covariance, image_stamp_ns, map_frame)


def loop_closure_message(
    estimate: PoseEstimate, keyframe_id: int, map_from_keyframe: Pose, image_stamp_ns: int
) -> PoseWithCovarianceStamped:
    """Convert an accepted match to the edge of a pose graph: base seen from the keyframe's base.

    The frame is ``keyframe_<id>``. The covariance of the estimate, about the axes of the map, is
    turned into the axes of the keyframe: with R the rotation ``keyframe_from_map``, each 3 x 3
    block C becomes R C R^T.

    Raises:
        ValueError: numbers that are not finite, or a covariance not positive definite.
    """
    turn = np.kron(np.eye(2), map_from_keyframe.rotation.inv().as_matrix())
    covariance = turn @ estimate.covariance @ turn.T
    return _with_covariance(
        map_from_keyframe.inverse() @ estimate.map_from_base,
        (covariance + covariance.T) / 2.0,
        image_stamp_ns,
        f'{KEYFRAME_FRAME}{keyframe_id}',
    )


def matches_message(
    result: MatchResult, map_frame: str, map_id: str, node_name: str
) -> DiagnosticArray:
    """Convert a result: one status per candidate, best first; without any, one with the reason."""
    message = DiagnosticArray()
    message.header.stamp = stamp_message(result.stamp_ns)
    message.header.frame_id = map_frame
    if result.candidates:
        message.status = [
            _candidate_status(one, result.camera, map_id, node_name, result.moved_images)
            for one in result.candidates
        ]
    else:
        message.status = [
            _status(
                result.reason,
                result.text,
                result.camera,
                {'reason': result.reason.value, 'map_id': map_id},
                node_name,
            )
        ]
    return message


def keyframes_message(poses: FloatArray, now: Time, map_frame: str) -> PoseArray:
    """Convert the map's keyframes, (N, 7) ``map_from_base``, in the order of their rows."""
    message = PoseArray()
    message.header.stamp = now
    message.header.frame_id = map_frame
    message.poses = [pose_message(row) for row in poses]
    return message


def path_message(poses: FloatArray, stamps_ns: IntArray, now: Time, frame: str) -> Path:
    """Convert a session's keyframes, (N, 7) and (N,), in the order of their ids."""
    message = Path()
    message.header.stamp, message.header.frame_id = now, frame
    for row, at_ns in zip(poses, stamps_ns.tolist(), strict=True):
        pose = PoseStamped(pose=pose_message(row))
        pose.header.stamp, pose.header.frame_id = stamp_message(at_ns), frame
        message.poses.append(pose)
    return message


def _with_covariance(
    pose: Pose, covariance: FloatArray, image_stamp_ns: int, frame: str
) -> PoseWithCovarianceStamped:
    if not frame:
        raise ValueError('a pose without a frame is not published.')
    if not np.isfinite(covariance).all() or np.linalg.eigvalsh(covariance).min() <= 0.0:
        raise ValueError(f'a pose needs variances above zero, got {np.diag(covariance)}.')
    message = PoseWithCovarianceStamped()
    message.header.stamp = stamp_message(image_stamp_ns)
    message.header.frame_id = frame
    message.pose.pose = pose_message(pose.as_xyz_quaternion())
    message.pose.covariance = covariance.reshape(36).tolist()
    return message


def _candidate_status(
    candidate: Candidate, camera: str, map_id: str, node_name: str, moved_images: int
) -> DiagnosticStatus:
    pose = candidate.map_from_base.as_xyz_quaternion()
    values: dict[str, object] = {
        'rank': candidate.rank,
        'keyframe_id': candidate.keyframe_id,
        'similarity': f'{candidate.similarity:.6f}',
        'ratio': f'{candidate.ratio:.6f}',
        'reason': candidate.reason.value,
    }
    if moved_images:
        values['moved_images'] = moved_images
    if candidate.probability is not None:
        values['probability'] = f'{candidate.probability:.6f}'
    names = ('x_m', 'y_m', 'z_m', 'qx', 'qy', 'qz', 'qw')
    values.update({name: f'{value:.9g}' for name, value in zip(names, pose, strict=True)})
    values['map_id'] = map_id
    return _status(candidate.reason, candidate.text, camera, values, node_name)


def _status(
    reason: Reason, text: str, camera: str, values: dict[str, object], node_name: str
) -> DiagnosticStatus:
    return DiagnosticStatus(
        level=DiagnosticStatus.OK if reason is Reason.ACCEPTED else DiagnosticStatus.WARN,
        name=f'{node_name}: match',
        message=text,
        hardware_id=camera,
        values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
    )
