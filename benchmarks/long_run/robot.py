# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A robot that drives the same way again and again, and disturbs the localizer meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import itertools
from pathlib import Path
import shutil
import time
from typing import Any

import cv2
from diagnostic_msgs.msg import DiagnosticArray
from nav_msgs.msg import Odometry
from rcl_interfaces.srv import SetParameters
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage
from std_srvs.srv import Trigger

from benchmarks.long_run.task import Task
from benchmarks.long_run.wall import INTRINSICS, LENGTH_M, view

NODE = '/avpr_localizer'
_SPEED_M_S, _CAMERA_HZ, _ODOMETRY_HZ = 2.0, 5.0, 20.0
_BAG_START_S = 1_800_000_000.0
#: Values that parameters take in turn.
_VALUES: tuple[tuple[str, Any], ...] = (
    ('temporal_filter', 'none'),
    ('top_k', 5),
    ('temporal_filter', 'bayes'),
    ('position_covariance_scale', 2.0),
    ('temporal_filter', 'consistency'),
    ('top_k', 10),
    ('position_covariance_scale', 1.0),
)


@dataclass
class Counts:
    """What was done and answered.

    Attributes:
        sent: images published.
        matched: messages of matches received.
        calls: service calls.
        answered_calls: how many of them were answered.
        latencies_s: from image to its matches, since the last sample.
        events: disturbances by name.
    """

    sent: int = 0
    matched: int = 0
    calls: int = 0
    answered_calls: int = 0
    latencies_s: list[float] | None = None
    events: dict[str, int] | None = None


class Robot:
    """Publishes clock, camera, odometry; reloads, changes parameters, writes over the map."""

    def __init__(self, folder: Path) -> None:
        """Create the publishers; ``folder``: as ``wall.prepare`` wrote it."""
        self.counts = Counts(latencies_s=[], events={})
        self.diagnostics: dict[str, Any] = {}
        self._folder = folder
        self._node = rclpy.create_node('robot')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._clock = self._node.create_publisher(Clock, '/clock', 10)
        self._odometry = self._node.create_publisher(Odometry, '/odom', 50)
        self._info = self._node.create_publisher(CameraInfo, '/camera_info', 5)
        self._camera: Any = self._new_camera()
        self._second: Any = None
        self._sent_s: dict[int, float] = {}
        self._jpegs: dict[int, bytes] = {}
        self._values = itertools.cycle(_VALUES)
        subscribe = self._node.create_subscription
        subscribe(DiagnosticArray, f'{NODE}/matches', self._on_matches, 50)
        subscribe(DiagnosticArray, '/diagnostics', self._on_diagnostics, 50)
        self._reload = self._node.create_client(Trigger, f'{NODE}/reload_map')
        self._trigger = self._node.create_client(Trigger, f'{NODE}/trigger')
        self._set = self._node.create_client(SetParameters, f'{NODE}/set_parameters')
        self._start_s = time.monotonic()
        self._lap_s = LENGTH_M / _SPEED_M_S
        self._tasks = [
            Task(1 / _ODOMETRY_HZ, self._drive),
            Task(1 / _CAMERA_HZ, self._look),
            Task(1.0, self._publish_info),
            Task(1.0, self._change_parameter),
            Task(7.0, self._call_trigger),
            Task(20.0, self._call_reload),
            Task(45.0, self._add_publisher),
            Task(60.0, self._kill_camera),
            Task(90.0, self._write_over_map),
            Task(150.0, self._replace_map),
        ]

    def drive(self, seconds: float) -> None:
        """Go on for a time."""
        end_s = time.monotonic() + seconds
        while (now_s := time.monotonic()) < end_s:
            for task in self._tasks:
                task.run(now_s)
            next_s = min(end_s, *(task.due_s for task in self._tasks))
            self._executor.spin_once(timeout_sec=max(0.0, next_s - time.monotonic()))

    def close(self) -> None:
        """Destroy the node."""
        self._executor.shutdown()
        self._node.destroy_node()

    def _lap_time_s(self) -> float:
        return (time.monotonic() - self._start_s) % self._lap_s

    def _stamp(self, message: Any, lap_s: float) -> int:
        stamp_ns = round((_BAG_START_S + lap_s) * 1e9)
        message.sec, message.nanosec = divmod(stamp_ns, 10**9)
        return stamp_ns

    def _drive(self) -> None:
        lap_s = self._lap_time_s()
        clock = Clock()
        self._stamp(clock.clock, lap_s)
        self._clock.publish(clock)
        for publisher, aside_m in ((self._odometry, 0.0), (self._second, 500.0)):
            if publisher is not None:
                message = Odometry(child_frame_id='base_link')
                message.header.frame_id = 'odom'
                self._stamp(message.header.stamp, lap_s)
                message.pose.pose.position.x = lap_s * _SPEED_M_S
                message.pose.pose.position.y = aside_m
                message.pose.pose.orientation.w = 1.0
                publisher.publish(message)

    def _look(self) -> None:
        if self._camera is None:
            return
        lap_s = self._lap_time_s()
        place = min(int(lap_s * _SPEED_M_S * 2), int(2 * LENGTH_M) - 1)
        if place not in self._jpegs:
            self._jpegs[place] = cv2.imencode('.jpg', view(place / 2)[..., ::-1])[1].tobytes()
        message = CompressedImage(format='jpeg', data=self._jpegs[place])
        message.header.frame_id = 'camera'
        self._sent_s[self._stamp(message.header.stamp, lap_s)] = time.perf_counter()
        self._camera.publish(message)
        self.counts.sent += 1

    def _publish_info(self) -> None:
        message = CameraInfo(width=INTRINSICS.width_px, height=INTRINSICS.height_px)
        message.distortion_model = INTRINSICS.distortion_model
        message.k, message.d = list(INTRINSICS.k), list(INTRINSICS.d)
        message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
        k = INTRINSICS.k
        message.p = [k[0], 0.0, k[2], 0.0, 0.0, k[4], k[5], 0.0, 0.0, 0.0, 1.0, 0.0]
        self._stamp(message.header.stamp, self._lap_time_s())
        self._info.publish(message)

    def _change_parameter(self) -> None:
        name, value = next(self._values)
        parameter = Parameter(name, value=value).to_parameter_msg()
        self._call(self._set, SetParameters.Request(parameters=[parameter]), 'parameter changes')

    def _call_trigger(self) -> None:
        self._call(self._trigger, Trigger.Request(), 'triggers')

    def _call_reload(self) -> None:
        self._call(self._reload, Trigger.Request(), 'reloads')

    def _call(self, client: Any, request: Any, name: str) -> None:
        if client.service_is_ready():
            self._note(name)
            self.counts.calls += 1
            client.call_async(request).add_done_callback(self._on_answer)

    def _add_publisher(self) -> None:
        self._note('second publishers')
        self._second = self._node.create_publisher(Odometry, '/odom', 50)
        self._after(6.0, self._remove_publisher)

    def _remove_publisher(self) -> None:
        self._node.destroy_publisher(self._second)
        self._second = None

    def _kill_camera(self) -> None:
        self._note('dead cameras')
        self._node.destroy_publisher(self._camera)
        self._camera = None
        self._after(8.0, self._revive_camera)

    def _revive_camera(self) -> None:
        self._camera = self._new_camera()

    def _write_over_map(self) -> None:
        """Copy the other map's files over those in use, as ``cp`` does, and reload."""
        self._note('maps written over')
        live = self._folder / 'map'
        # With new times, as cp gives them: an identical copy with the old ones is no change.
        shutil.copytree(
            self._folder / 'spare', live, dirs_exist_ok=True, copy_function=shutil.copy
        )
        self._after(5.0, self._call_reload)

    def _replace_map(self) -> None:
        self._note('maps replaced')
        live, spare = self._folder / 'map', self._folder / 'spare'
        live.rename(self._folder / 'third')
        spare.rename(live)
        (self._folder / 'third').rename(spare)
        self._after(5.0, self._call_reload)

    def _after(self, seconds: float, work: Callable[[], None]) -> None:
        self._tasks.append(Task(seconds, work, once=True))
        self._tasks = [task for task in self._tasks if not task.done]

    def _new_camera(self) -> Any:
        return self._node.create_publisher(CompressedImage, '/image/compressed', 5)

    def _note(self, event: str) -> None:
        assert self.counts.events is not None
        self.counts.events[event] = self.counts.events.get(event, 0) + 1

    def _on_answer(self, _: Any) -> None:
        self.counts.answered_calls += 1

    def _on_matches(self, message: DiagnosticArray) -> None:
        assert self.counts.latencies_s is not None
        self.counts.matched += 1
        stamp_ns = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
        if (sent_s := self._sent_s.pop(stamp_ns, None)) is not None:
            self.counts.latencies_s.append(time.perf_counter() - sent_s)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self.diagnostics[status.name.partition(': ')[2]] = status
