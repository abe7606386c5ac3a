# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Foxglove's messages of poses and of the 3D scene."""

from __future__ import annotations

from foxglove import messages

from avpr_ros.evaluation.viewers.run_frames import RunFrame
from avpr_ros.poses import Pose

_GREEN, _RED = (0.1, 0.7, 0.3), (0.85, 0.2, 0.2)
_ARROW_M = {'shaft_length': 1.5, 'shaft_diameter': 0.2, 'head_length': 0.5, 'head_diameter': 0.4}
_LINE_M = 0.1
_TEXT_M, _TEXT_ABOVE_M = 0.8, 2.0


def time_message(stamp_ns: int) -> messages.Timestamp:
    """Return a stamp as Foxglove's timestamp."""
    return messages.Timestamp(*divmod(stamp_ns, 10**9))


def foxglove_pose(pose: Pose) -> messages.Pose:
    """Return a pose as Foxglove's message."""
    position, orientation = pose_parts(pose)
    return messages.Pose(position=position, orientation=orientation)


def pose_parts(pose: Pose) -> tuple[messages.Vector3, messages.Quaternion]:
    """Return translation and rotation of a pose as Foxglove's messages."""
    x, y, z, qx, qy, qz, qw = pose.as_xyz_quaternion().tolist()
    return messages.Vector3(x=x, y=y, z=z), messages.Quaternion(x=qx, y=qy, z=qz, w=qw)


def match_scene(frame: RunFrame, map_frame: str) -> messages.SceneUpdate:
    """Return what is to be seen of a match.

    An arrow at the best candidate, a line from there to its keyframe and the reason above; without
    a candidate, the removal of what was there before.

    Args:
        frame: the decision.
        map_frame: name of the map's frame.
    """
    run = frame.run
    at = time_message(run.stamp_ns)
    if run.candidate is None:
        everything = messages.SceneEntityDeletionType.All
        return messages.SceneUpdate(
            deletions=[messages.SceneEntityDeletion(timestamp=at, type=everything)]
        )
    red, green, blue = _GREEN if run.accepted else _RED
    colour = messages.Color(r=red, g=green, b=blue, a=1.0)
    x, y, z = run.candidate.translation_m.tolist()
    points = [messages.Point3(x=x, y=y, z=z)]
    if frame.keyframe_m is not None:
        points.append(messages.Point3(**dict(zip('xyz', frame.keyframe_m.tolist(), strict=True))))
    above = messages.Pose(
        position=messages.Vector3(x=x, y=y, z=z + _TEXT_ABOVE_M),
        orientation=messages.Quaternion(w=1.0),
    )
    entity = messages.SceneEntity(
        timestamp=at,
        frame_id=map_frame,
        id='match',
        arrows=[
            messages.ArrowPrimitive(pose=foxglove_pose(run.candidate), color=colour, **_ARROW_M)
        ],
        lines=[messages.LinePrimitive(thickness=_LINE_M, points=points, color=colour)]
        if len(points) > 1
        else [],
        texts=[
            messages.TextPrimitive(
                pose=above,
                billboard=True,
                font_size=_TEXT_M,
                color=colour,
                text=run.text or run.reason,
            )
        ],
    )
    return messages.SceneUpdate(entities=[entity])
