# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``run`` over real processes: signals while a node is busy or being made, and its memory."""

from __future__ import annotations

from collections.abc import Iterator
import signal
import subprocess
import sys
import time

import pytest

SIGNALS = [signal.SIGINT, signal.SIGTERM]
BUSY = """
import sys
from rclpy.signals import get_current_signal_handlers_options
from std_msgs.msg import String
from avpr_ros.ros.startup.runner import run

class Busy:
    def __init__(self, node):
        publisher = node.create_publisher(String, 'busy', 10)
        node.create_subscription(String, 'busy', self.take, 10)
        node.create_timer(0.001, lambda: publisher.publish(String(data='again')))
        self.told = False

    def take(self, message):
        if not self.told:
            print(get_current_signal_handlers_options(), flush=True)
        self.told = True

    def close(self):
        print('closed', flush=True)

sys.exit(run('busy_until_stopped', Busy, None))
"""
COUNTING = """
import gc, sys
from avpr_ros.ros.startup.runner import run

class Counting:
    def __init__(self, node):
        self.turns, self.objects = 0, {}
        node.create_timer(0.001, self.turn)

    def turn(self):
        self.turns += 1
        if self.turns in (500, 1500):
            gc.collect()
            self.objects[self.turns] = len(gc.get_objects())
        if self.turns == 1500:
            print(self.objects[1500] - self.objects[500], flush=True)

    def close(self):
        pass

sys.exit(run('counts_its_objects', Counting, None))
"""
SLOW = """
import sys, time
from avpr_ros.ros.startup.runner import run

def build(node):
    print('building', flush=True)
    time.sleep(60)

sys.exit(run('slow_to_start', build, None))
"""


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def start(code: str, processes: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    processes.append(
        subprocess.Popen(
            [sys.executable, '-c', code],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    )
    return processes[-1]


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize('number', SIGNALS)
def test_a_busy_node_says_farewell_though_the_signal_comes_twice(
    number: signal.Signals, processes: list[subprocess.Popen[str]]
) -> None:
    process = start(BUSY, processes)
    # rclpy's own handlers take the context down in another thread, below a node that still works.
    assert line_of(process) == 'SignalHandlerOptions.NO\n'
    process.send_signal(number)
    time.sleep(0.01)
    process.send_signal(number)
    output, _ = process.communicate(timeout=20)
    assert (process.returncode, output) == (0, 'closed\n')


@pytest.mark.parametrize('number', SIGNALS)
def test_a_signal_ends_a_slow_start_at_once(
    number: signal.Signals, processes: list[subprocess.Popen[str]]
) -> None:
    process = start(SLOW, processes)
    assert line_of(process) == 'building\n'
    process.send_signal(number)
    output, _ = process.communicate(timeout=20)
    assert (process.returncode, output) == (0, '')


def test_a_thousand_turns_leave_nothing_behind(processes: list[subprocess.Popen[str]]) -> None:
    process = start(COUNTING, processes)
    assert int(line_of(process)) < 100
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 0
