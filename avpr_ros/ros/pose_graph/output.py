# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The files of a run: both trajectories and what became of every loop closure."""

from __future__ import annotations

from collections.abc import Iterable
import json
import os
from pathlib import Path
from typing import Any

from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import Path as PathMessage

from avpr_ros.errors import ConfigError
from avpr_ros.ros.common.messages import pose_message, stamp_message
from avpr_ros.ros.pose_graph.problem import AnchoredClosure
from avpr_ros.ros.pose_graph.solver import Solution
from avpr_ros.sources.poses.tum import write_tum
from avpr_ros.storage.files import write_text_atomically

#: Most poses of ``~/path``; enough for RViz.
PATH_POSES = 2000


def check_output(output: str) -> None:
    """Check at startup that the files can be written.

    Raises:
        ConfigError: the folder cannot be created or written.
    """
    if not output:
        return
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError('permission denied')
    except OSError as error:
        raise ConfigError(
            f"Parameter 'output' is '{output}', where no file can be written ({error}); name "
            'another folder.'
        ) from error


def save(folder: Path, solution: Solution) -> None:
    """Write ``before.tum`` (odometry frame), ``after.tum`` (map frame), ``closures.json``.

    ``closures.json`` lists the loop closures that were used and those that the robust kernel
    rejected: stamp, keyframe id and ``keyframe_from_base`` as ``x y z qx qy qz qw``.
    """
    write_tum(folder / 'before.tum', solution.stamps_ns, solution.before)
    write_tum(folder / 'after.tum', solution.stamps_ns, solution.after)
    closures = {'used': _listed(solution.used), 'rejected': _listed(solution.rejected)}
    write_text_atomically(folder / 'closures.json', json.dumps(closures, indent=1) + '\n')


def path_message(solution: Solution, frame: str) -> PathMessage:
    """Return the corrected trajectory in the map frame, thinned out for RViz."""
    message = PathMessage()
    message.header.frame_id = frame
    message.header.stamp = stamp_message(int(solution.stamps_ns[-1]))
    step = len(solution.stamps_ns) // PATH_POSES + 1
    for stamp, row in zip(
        solution.stamps_ns[::step].tolist(), solution.after[::step], strict=True
    ):
        pose = PoseStamped()
        pose.header.frame_id = frame
        pose.header.stamp = stamp_message(stamp)
        pose.pose = pose_message(row)
        message.poses.append(pose)
    return message


def _listed(closures: Iterable[AnchoredClosure]) -> list[dict[str, Any]]:
    return [
        {
            'stamp_ns': edge.closure.stamp_ns,
            'keyframe_id': edge.closure.keyframe_id,
            'keyframe_from_base': edge.closure.keyframe_from_base.as_xyz_quaternion().tolist(),
        }
        for edge in closures
    ]
