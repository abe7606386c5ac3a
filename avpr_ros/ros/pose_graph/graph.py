# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Stores odometry, keyframes and loop closures, in any order of arrival."""

from __future__ import annotations

from collections.abc import Sequence

from avpr_ros.poses import Pose
from avpr_ros.ros.common.loop_closure import LoopClosure
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.pose_graph.problem import AnchoredClosure, Problem, make_problem
from avpr_ros.ros.pose_graph.settings import GraphSettings

#: Shortest time between two odometry poses that are stored.
STEP_S = 0.04
#: Most loop closures that wait for their keyframe; beyond it the oldest are dropped.
WAITING = 1000


class PoseGraph:
    """Stores the input of :func:`~avpr_ros.ros.pose_graph.solver.solve`; see :meth:`problem`.

    Attributes:
        given_up: number of loop closures dropped because too many waited for keyframes.
    """

    def __init__(self, settings: GraphSettings) -> None:
        """Start empty."""
        self.given_up = 0
        self._settings = settings
        self._odometry = OdometryBuffer(None, settings.max_gap_s, STEP_S)
        self._keyframes: Sequence[Pose] | None = None
        self._session_ns: Sequence[int] | None = None
        self._closures: list[AnchoredClosure] = []
        self._waiting: list[LoopClosure] = []

    @property
    def closures(self) -> int:
        """Number of loop closures with a known keyframe."""
        return len(self._closures)

    @property
    def waiting(self) -> int:
        """Number of loop closures that wait for their keyframe."""
        return len(self._waiting)

    @property
    def unknown_keyframes(self) -> int:
        """Number of waiting closures whose keyframe the received map does not have."""
        return 0 if self._keyframes is None or self._session_ns is not None else self.waiting

    def odometry_goes_on(self, stamp_ns: int, odom_from_base: Pose) -> bool:
        """Return whether a pose is neither a jump nor before the newest one by much."""
        return self._odometry.goes_on(stamp_ns, odom_from_base)

    def add_odometry(self, stamp_ns: int, odom_from_base: Pose) -> None:
        """Insert one pose by its stamp; a repeated stamp is ignored."""
        self._odometry.add(stamp_ns, odom_from_base)

    def set_keyframes(self, map_from_keyframes: Sequence[Pose]) -> None:
        """Replace the map's keyframes by id; closures already added keep their keyframe pose."""
        self._keyframes = list(map_from_keyframes)
        self._add_waiting()

    def set_session(self, keyframes_ns: Sequence[int]) -> None:
        """Set the stamps of this run's own keyframes; later closure ids refer to these."""
        self._session_ns = list(keyframes_ns)
        self._add_waiting()

    def _add_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for closure in waiting:
            self.add_closure(closure)

    def add_closure(self, closure: LoopClosure) -> None:
        """Add one loop closure, or let it wait until its keyframe is received."""
        if self._session_ns is not None:
            self._add_session_closure(closure, self._session_ns)
        elif self._keyframes is not None and closure.keyframe_id < len(self._keyframes):
            pose = self._keyframes[closure.keyframe_id]
            self._closures.append(AnchoredClosure(closure, pose))
        else:
            # The keyframes, or those of a grown map, may arrive later: topics keep no order.
            self._wait(closure)

    def _add_session_closure(self, closure: LoopClosure, session_ns: Sequence[int]) -> None:
        """Add one loop closure with a keyframe of this run; it waits for a late list."""
        if closure.keyframe_id < len(session_ns):
            keyframe_ns = session_ns[closure.keyframe_id]
            self._closures.append(AnchoredClosure(closure, None, keyframe_ns))
        else:
            self._wait(closure)

    def _wait(self, closure: LoopClosure) -> None:
        self._waiting.append(closure)
        self.given_up += len(self._waiting) > WAITING
        del self._waiting[:-WAITING]

    def problem(self) -> Problem | None:
        """Return the current problem; None with less than two odometry poses."""
        return make_problem(self._odometry, self._closures, self._settings)
