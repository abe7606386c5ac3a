# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Nodes as processes, and a peer in this process that talks to them over topics."""

from __future__ import annotations

from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from topic_client import DEADLINE_S, TopicClient

from avpr_ros.ros.common.messages import stamp_message, stamp_ns


class NodeProcess:
    """``avpr_localizer`` as a process of its own."""

    def __init__(self, folder: Path, *ros_args: str, name: str = 'avpr_localizer') -> None:
        self.name = name
        self._log = folder / f'{name}.log'
        command = [
            sys.executable,
            '-m',
            'avpr_ros.ros.localizer.main',
            '--ros-args',
            '-r',
            f'__node:={name}',
        ]
        with self._log.open('w') as log:
            self._process = subprocess.Popen(
                [*command, *ros_args], stdout=log, stderr=subprocess.STDOUT
            )

    def log(self) -> str:
        return self._log.read_text()

    def wait_for_log(self, text: str) -> None:
        deadline_s = time.monotonic() + DEADLINE_S
        while text not in self.log():
            assert self._process.poll() is None, f'the node ended:\n{self.log()}'
            assert time.monotonic() < deadline_s, f'no {text!r} in:\n{self.log()}'
            try:
                self._process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue

    def wait(self) -> int:
        return self._process.wait(DEADLINE_S)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise


class Peer(TopicClient):
    """Publishes images to a node, collects its answers, calls its services."""

    def __init__(self, name: str = 'avpr_localizer') -> None:
        super().__init__(f'peer_of_{name.replace("/", "_")}')
        self.name = name
        self.matches: list[DiagnosticArray] = []
        self.poses: list[PoseWithCovarianceStamped] = []
        self.diagnostics: dict[str, DiagnosticStatus] = {}
        self._stamp_ns = time.time_ns()
        subscribe = self.node.create_subscription
        subscribe(DiagnosticArray, f'/{name}/matches', self.matches.append, 50)
        subscribe(PoseWithCovarianceStamped, f'/{name}/pose', self.poses.append, 50)
        subscribe(DiagnosticArray, '/diagnostics', self._on_diagnostics, 50)
        self.until(lambda: self.node.count_publishers(f'/{name}/pose'), 'the node publishes')
        self.wait_for_nodes(lambda: {f'/{name}'}, f'{name} has matched its peer')

    def publisher(
        self, kind: type = Image, topic: str = 'image', profile: Any = None, reliable: bool = True
    ) -> Any:
        """Return a publisher that the node listens to."""
        policy = QoSReliabilityPolicy
        reliability = policy.RELIABLE if reliable else policy.BEST_EFFORT
        return super().publisher(
            kind, topic, profile or QoSProfile(depth=5, reliability=reliability)
        )

    def stamped(self, message: Image | CompressedImage, age_s: float) -> Any:
        """Return the message with a new stamp of some seconds ago."""
        self._stamp_ns = max(self._stamp_ns + 1, time.time_ns())
        message.header.stamp = stamp_message(self._stamp_ns - int(age_s * 1e9))
        return message

    def send(self, publisher: Any, message: Image | CompressedImage) -> int:
        """Publish with a new stamp of now and return the stamp."""
        publisher.publish(self.stamped(message, age_s=0.0))
        return stamp_ns(message.header.stamp)

    def ask(self, publisher: Any, message: Image | CompressedImage) -> DiagnosticArray:
        """Publish and return the matches of that image."""
        stamp = self.send(publisher, message)
        return self.until(lambda: self.matches_of(stamp), 'matches of the image')

    def matches_of(self, stamp: int) -> DiagnosticArray | None:
        return next((m for m in self.matches if stamp_ns(m.header.stamp) == stamp), None)

    def estimate_pose(self, stamp: int) -> PoseWithCovarianceStamped | None:
        return next((m for m in self.poses if stamp_ns(m.header.stamp) == stamp), None)

    def start_call(self, kind: type, service: str, request: Any = None) -> Any:
        """Call a service of the node."""
        return super().start_call(kind, f'/{self.name}/{service}', request)

    def fresh_diagnostics(self, task: str) -> DiagnosticStatus:
        """Return what a task reports from now on."""
        name = f'{self.name.split("/")[-1]}: {task}'
        self.diagnostics.pop(name, None)
        return self.until(lambda: self.diagnostics.get(name), f'diagnostics of {task}')

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        self.diagnostics.update({status.name: status for status in message.status})


def values_of(status: DiagnosticStatus) -> dict[str, str]:
    return {pair.key: pair.value for pair in status.values}
