# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Any node of the package as a process, and a partner that talks to it over topics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import subprocess
import sys
import time
from typing import Any

from processes import DEADLINE_S, NodeProcess
import rclpy
from rclpy.executors import SingleThreadedExecutor


class ModuleProcess(NodeProcess):
    """``python -m MODULE`` with parameters."""

    def __init__(self, folder: Path, module: str, name: str, **parameters: object) -> None:
        self.name = name
        self._log = folder / f'{name}.log'
        words = [
            f'{key}:={str(value).lower() if isinstance(value, bool) else value}'
            for key, value in parameters.items()
        ]
        flags = [word for pair in words for word in ('-p', pair)]
        command = [sys.executable, '-m', module, '--ros-args', '-r', f'__node:={name}', *flags]
        with self._log.open('w') as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


class Partner:
    """Publishes, collects and calls; its messages are handled only within :meth:`until`."""

    def __init__(self, name: str) -> None:
        self.node = rclpy.create_node(name)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)

    def until(self, done: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
        end_s = time.monotonic() + deadline_s
        while not (value := done()):
            assert time.monotonic() < end_s, f'not within {deadline_s:g} s: {what}'
            self._executor.spin_once(timeout_sec=0.05)
        return value

    def publisher(self, kind: type, topic: str, profile: Any = 10) -> Any:
        """Return a publisher that somebody listens to."""
        publisher = self.node.create_publisher(kind, topic, profile)
        self.until(publisher.get_subscription_count, f'somebody listens on {topic}')
        return publisher

    def collect(self, kind: type, topic: str, profile: Any = 50) -> list[Any]:
        """Return a list that fills with the messages of a topic that is published."""
        messages: list[Any] = []
        self.node.create_subscription(kind, topic, messages.append, profile)
        self.until(lambda: self.node.count_publishers(topic), f'somebody publishes {topic}')
        return messages

    def call(self, kind: type, service: str, deadline_s: float = DEADLINE_S) -> Any:
        client = self.node.create_client(kind, service)
        self.until(client.service_is_ready, f'{service} is there')
        future = client.call_async(kind.Request())
        self.until(future.done, f'{service} answers', deadline_s)
        return future.result()

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
