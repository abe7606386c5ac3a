# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node with a large map: start, and image message to pose message, from another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import subprocess
import time

import cv2
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CompressedImage

from avpr_ros.arrays import RgbImage
from benchmarks.results import ROOT, Row

#: What accepts every image, so that each gives a pose.
_ACCEPT_ALL = ('min_similarity:=-0.99', 'min_ratio:=1.0', 'temporal_filter:=none')
_START_DEADLINE_S = 300.0
_TICKS_PER_S = os.sysconf('SC_CLK_TCK')


@dataclass(frozen=True)
class Drive:
    """What is played into the node.

    Attributes:
        method: of the row.
        seconds: how long.
        camera_hz: images a second.
        max_rate_hz: the node's limit; 0 for none.
        use_landmarks: look at the candidates' corners too.
        odom_hz: odometry messages a second, of a robot that stands; 0 for none.
        awake: keep a process without any priority on each core, so that none of them halts: a
            virtual one comes back late from that, and cold.
    """

    method: str
    seconds: float
    camera_hz: float = 30.0
    max_rate_hz: float = 0.0
    use_landmarks: bool = False
    odom_hz: float = 0.0
    awake: bool = False


def jpeg_640x480(image: RgbImage) -> bytes:
    """Return an image as a camera would send it."""
    bgr = image[..., ::-1]
    picture = cv2.resize(bgr, (640, 480), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def node_command(python: str, map_folder: Path, query: Path | None, drive: Drive) -> list[str]:
    """Return the command line of ``avpr_localizer`` for a drive; without query that of the map."""
    settings = [f'map_path:={map_folder}', 'image_transport:=compressed']
    settings += [] if query is None else [f'query_network:={query}']
    settings += [f'max_rate_hz:={drive.max_rate_hz}', *_ACCEPT_ALL]
    settings += [f'use_landmarks:={str(drive.use_landmarks).lower()}']
    parameters = [part for one in settings for part in ('-p', one)]
    return [python, '-m', 'avpr_ros.ros.localizer.main', '--ros-args', *parameters]


def empty_command(python: str) -> list[str]:
    """Return the command line of a node that answers every image with an empty pose."""
    return [python, '-m', 'robot.empty_node']


def played(command: list[str], drive: Drive, images: list[bytes]) -> Row:
    """Play images into a process and time its poses; also what the process takes."""
    rclpy.init()
    node = rclpy.create_node('camera')
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    sent_s: dict[int, float] = {}
    latencies_s: list[float] = []

    def on_pose(pose: PoseWithCovarianceStamped) -> None:
        stamp_ns = pose.header.stamp.sec * 10**9 + pose.header.stamp.nanosec
        if stamp_ns in sent_s:
            latencies_s.append(time.perf_counter() - sent_s[stamp_ns])

    node.create_subscription(PoseWithCovarianceStamped, '/avpr_localizer/pose', on_pose, 10)
    reliable = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.RELIABLE)
    publisher = node.create_publisher(CompressedImage, '/image/compressed', reliable)

    odometry = node.create_publisher(Odometry, '/odom', 10)

    def stand() -> None:
        message = Odometry(child_frame_id='base_link')
        message.header.frame_id = 'odom'
        message.header.stamp = node.get_clock().now().to_msg()
        message.pose.pose.orientation.w = 1.0
        odometry.publish(message)

    def send(number: int) -> None:
        message = CompressedImage(format='jpeg', data=images[number % len(images)])
        stamp_ns = time.time_ns()
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        sent_s[stamp_ns] = time.perf_counter()
        publisher.publish(message)

    try:
        with _awake(drive.awake), _process(command) as process:
            start_s = time.perf_counter()
            while not latencies_s:  # the first match
                if time.perf_counter() - start_s > _START_DEADLINE_S:
                    raise SystemExit('the node does not answer')
                if publisher.get_subscription_count():
                    send(0)
                executor.spin_once(timeout_sec=0.02)
            first_s = time.perf_counter() - start_s
            sent_s.clear()
            latencies_s.clear()
            use = _drive(process.pid, drive, send, stand, executor)
    finally:
        executor.shutdown()
        node.destroy_node()
        rclpy.shutdown()
    return {
        'method': drive.method,
        'seconds': drive.seconds,
        'images': len(sent_s),
        'answered': len(latencies_s),
        **_percentiles_ms(latencies_s),
        **use,
        'start_to_first_match_s': first_s,
    }


def _drive(
    pid: int,
    drive: Drive,
    send: Callable[[int], None],
    stand: Callable[[], None],
    executor: SingleThreadedExecutor,
) -> Row:
    """Send at the rates of the drive; return the process's processor and memory use meanwhile."""
    start_s, number, stood = time.perf_counter(), 0, 0
    before_s = _cpu_s(pid)
    early_mb = 0.0
    while (now_s := time.perf_counter() - start_s) < drive.seconds:
        if now_s >= number / drive.camera_hz:
            send(number)
            number += 1
        if now_s * drive.odom_hz >= stood + 1:
            stand()
            stood += 1
        if not early_mb and now_s > drive.seconds / 10:
            early_mb = _resident_mb(pid)
        next_s = number / drive.camera_hz
        if drive.odom_hz:
            next_s = min(next_s, (stood + 1) / drive.odom_hz)
        executor.spin_once(timeout_sec=max(0.0, next_s - now_s))
    end_s = time.perf_counter() + 0.5
    while time.perf_counter() < end_s:
        executor.spin_once(timeout_sec=0.05)
    return {
        'cpu_percent': 100 * (_cpu_s(pid) - before_s) / drive.seconds,
        'resident_mb': _resident_mb(pid),
        'resident_files_mb': _resident_mb(pid, 'RssFile'),
        'resident_growth_mb': _resident_mb(pid) - early_mb,
    }


def _percentiles_ms(latencies_s: list[float]) -> Row:
    if not latencies_s:
        return {}
    found = np.percentile(latencies_s, [50, 95, 99]) * 1e3
    names = ('latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms')
    return dict(zip(names, map(float, found), strict=True))


@contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    paths = os.pathsep.join((str(ROOT), str(ROOT / 'benchmarks')))
    process = subprocess.Popen(
        command, env={**os.environ, 'PYTHONPATH': paths, 'OMP_NUM_THREADS': '1'}
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def _awake(wanted: bool) -> Iterator[None]:
    """Spin on every core with what the scheduler has left over (SCHED_IDLE)."""
    cores = sorted(os.sched_getaffinity(0)) if wanted else []
    spin = ['chrt', '--idle', '0', 'taskset', '-c']
    spinning = [
        subprocess.Popen([*spin, str(c), 'sh', '-c', 'while :; do :; done']) for c in cores
    ]
    try:
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait()


def _cpu_s(pid: int) -> float:
    fields = Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _resident_mb(pid: int, kind: str = 'VmRSS') -> float:
    status = Path(f'/proc/{pid}/status').read_text(encoding='utf-8')
    line = next(line for line in status.splitlines() if line.startswith(kind))
    return int(line.split()[1]) / 1e3
