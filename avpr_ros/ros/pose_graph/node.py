# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr_pose_graph``: corrects the drift of odometry by loop closures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
import sys
import threading
import time
from typing import Any

from geometry_msgs.msg import PoseArray, PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from nav_msgs.msg import Path as PathMessage
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_srvs.srv import Trigger

from avpr_ros.errors import AvprError
from avpr_ros.ros.common.diagnostics import Diagnostics, Level, Report
from avpr_ros.ros.common.loop_closure import closure_from_message
from avpr_ros.ros.common.messages import stamp_ns
from avpr_ros.ros.common.parameters import declare, unknown_parameters
from avpr_ros.ros.common.runner import run
from avpr_ros.ros.common.silence_watch import SilenceWatch, WatchedInput
from avpr_ros.ros.common.stamped_pose import pose_from_message
from avpr_ros.ros.pose_graph.graph import PoseGraph
from avpr_ros.ros.pose_graph.output import check_output, path_message, save
from avpr_ros.ros.pose_graph.parameters import PoseGraphSettings
from avpr_ros.ros.pose_graph.solver import Solution, load_gtsam, solve

NODE_NAME = 'avpr_pose_graph'
#: GTSAM holds the interpreter lock while it solves: the middleware queues messages meanwhile.
QUEUE = 5000
#: Name of ignored loop closures in log messages and counts.
CLOSURE = 'A loop closure'
#: Largest part of the time that is spent on solving.
SOLVE_PART = 0.25


class PoseGraphNode:
    """Callbacks store messages; one thread solves."""

    def __init__(self, node: Node) -> None:
        """Declare the parameters and subscribe.

        Raises:
            AvprError: a parameter is invalid, or GTSAM is not installed.
        """
        load_gtsam()
        self._node = node
        self._settings = declare(node, PoseGraphSettings)
        check_output(self._settings.output)
        self._graph_settings = self._settings.graph()
        self._graph = PoseGraph(self._graph_settings)
        self._lock = threading.Lock()
        self._solving = threading.Lock()
        self._solved_closures = 0
        self._next_solve_s = 0.0
        self._solution: Solution | None = None
        self._thread: threading.Thread | None = None
        self._map_frame = 'map'
        self._received = 0
        self._odometry_received = 0
        self._refused: Counter[str] = Counter()
        self._publisher = node.create_publisher(
            PathMessage, '~/path', QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        )
        self._subscribe()
        node.create_service(Trigger, '~/save', self._on_save)
        self._unknown = unknown_parameters(node, PoseGraphSettings)
        folder = self._settings.output
        node.get_logger().info(
            f'Listens on {self._silence.topics}; publishes {self._publisher.topic_name}, '
            f'{f"writes files to {folder}" if folder else "writes no files (output is empty)"}.'
        )
        self._diagnostics = Diagnostics(node, self._reports)

    def close(self) -> None:
        """Solve once more and write the files."""
        if self._thread is not None:
            self._thread.join()
        self._node.get_logger().info(self._save())

    def _subscribe(self) -> None:
        node = self._node
        quick = QoSProfile(depth=QUEUE, reliability=ReliabilityPolicy.BEST_EFFORT)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        odometry = node.create_subscription(Odometry, 'odom', self._on_odometry, quick)
        node.create_subscription(
            PoseArray, 'avpr_localizer/keyframes', self._on_keyframes, latched
        )
        node.create_subscription(PathMessage, 'avpr_localizer/session', self._on_session, latched)
        closures = node.create_subscription(
            PoseWithCovarianceStamped, 'avpr_localizer/loop_closure', self._on_closure, QUEUE
        )
        self._silence = SilenceWatch(
            node,
            [
                WatchedInput('loop closures', closures, lambda: self._received),
                WatchedInput('odometry', odometry, lambda: self._odometry_received, 'odom'),
            ],
        )
        if self._settings.solve_period_s > 0.0:
            steady = Clock(clock_type=ClockType.STEADY_TIME)
            node.create_timer(self._settings.solve_period_s, self._on_timer, clock=steady)

    def _on_odometry(self, message: Odometry) -> None:
        try:
            pose = pose_from_message(message.pose.pose)
        except ValueError as error:
            self._ignore('An odometry message', error)
            return
        self._odometry_received += 1
        with self._lock:
            self._graph.add_odometry(stamp_ns(message.header.stamp), pose)

    def _on_keyframes(self, message: PoseArray) -> None:
        try:
            poses = [pose_from_message(pose) for pose in message.poses]
        except ValueError as error:
            self._ignore('The list of keyframes', error)
            return
        with self._lock:
            self._map_frame = message.header.frame_id
            self._graph.set_keyframes(poses)

    def _on_session(self, message: PathMessage) -> None:
        with self._lock:
            self._map_frame = message.header.frame_id
            self._graph.set_session([stamp_ns(pose.header.stamp) for pose in message.poses])

    def _on_closure(self, message: PoseWithCovarianceStamped) -> None:
        self._received += 1
        try:
            closure = closure_from_message(message)
        except ValueError as error:
            self._ignore(CLOSURE, error)
            return
        with self._lock:
            self._graph.add_closure(closure)

    def _ignore(self, what: str, error: ValueError) -> None:
        self._refused[what] += 1
        self._node.get_logger().warning(f'{what} is ignored: {error}.', throttle_duration_sec=5.0)

    def _on_timer(self) -> None:
        busy = self._thread is not None and self._thread.is_alive()
        if busy or time.monotonic() < self._next_solve_s:
            return
        if self._graph.closures > self._solved_closures:
            self._thread = threading.Thread(target=self._solve, name='avpr_solver', daemon=True)
            self._thread.start()

    def _solve(self) -> str:
        """Solve and publish; return a summary in one sentence."""
        with self._solving:
            started_s = time.monotonic()
            with self._lock:
                closures = self._graph.closures
                problem = self._graph.problem()
            if problem is None:
                return 'No odometry received on topic odom yet; nothing is solved.'
            try:
                solution = solve(problem, self._graph_settings)
            except AvprError as error:
                return str(error)
            except RuntimeError as error:
                # GTSAM raises this when the graph cannot be solved.
                self._node.get_logger().error(f'GTSAM cannot solve the graph: {error}')
                return 'GTSAM cannot solve the graph; the log has its error.'
            self._solution, self._solved_closures = solution, closures
            duration_s = time.monotonic() - started_s
            self._next_solve_s = time.monotonic() + duration_s / SOLVE_PART
            if self._node.context.ok():
                self._publisher.publish(path_message(solution, self._map_frame))
            tally = ', '.join(f'{n} {what}' for what, n in self._tally(solution).items())
            return f'Of {self._received} loop closures: {tally}; solved in {duration_s:.1f} s.'

    def _tally(self, solution: Solution) -> dict[str, int]:
        """Return the number of received loop closures by outcome."""
        return {
            'used': len(solution.used),
            'rejected': len(solution.rejected),
            'without odometry': solution.outside,
            'waiting for keyframes': self._graph.waiting,
            'given up waiting': self._graph.given_up,
            'refused': self._refused[CLOSURE],
        }

    def _on_save(self, _: Any, response: Trigger.Response) -> Trigger.Response:
        response.message = self._save()
        response.success = self._solution is not None
        return response

    def _save(self) -> str:
        text = self._solve()
        if self._solution is None or not self._settings.output:
            return text
        folder = Path(self._settings.output)
        try:
            save(folder, self._solution)
        except OSError as error:
            return f'{text} The files cannot be written to {folder}: {error}.'
        return f'{text} Files are in {folder}.'

    def _reports(self) -> list[Report]:
        unknown = [Report('parameters', Level.WARN, text) for text in self._unknown]
        return [self._graph_report(), *self._silence.reports(), *unknown]

    def _graph_report(self) -> Report:
        graph, solution = self._graph, self._solution
        values: dict[str, object] = {
            'loop closures': self._received,
            'unknown keyframes': graph.unknown_keyframes,
            'refused messages': self._refused.total(),
        }
        if solution is None:
            values['waiting for keyframes'] = graph.waiting
            return Report('pose graph', Level.OK, 'No solution yet.', values)
        values.update(self._tally(solution))
        values['relocations'] = solution.relocations
        warn = graph.unknown_keyframes > 0
        text = 'Solved.'
        if warn:
            text = (
                f'{graph.unknown_keyframes} loop closures refer to keyframes that the received '
                'map does not have; check that both topics come from the same localizer.'
            )
        return Report('pose graph', Level.WARN if warn else Level.OK, text, values)


def main(args: list[str] | None = None) -> int:
    """Run the node until a signal; return 0 then, 2 when it cannot start."""
    return run(NODE_NAME, PoseGraphNode, args)


if __name__ == '__main__':
    sys.exit(main())
