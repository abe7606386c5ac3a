# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
import json
from pathlib import Path
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseArray, PoseWithCovarianceStamped
from module_process import ModuleProcess, Partner
from nav_msgs.msg import Odometry
from nav_msgs.msg import Path as PathMessage
import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_srvs.srv import Trigger
from town_run import Run, make_run

from avpr_ros.evaluation.metrics.trajectory import ate_rmse_m
from avpr_ros.pose_rows import rows_of
from avpr_ros.ros.common.messages import pose_message, stamp_message, stamp_ns

MODULE = 'avpr_ros.ros.pose_graph.main'
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
BEST_EFFORT = QoSProfile(depth=5000, reliability=ReliabilityPolicy.BEST_EFFORT)


@pytest.fixture
def partner() -> Iterator[Partner]:
    pytest.importorskip('gtsam', reason='gtsam is not installed', exc_type=ImportError)
    made = Partner('partner_of_back_end')
    yield made
    made.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., ModuleProcess]]:
    """Start a back-end, which does not outlive a test that fails."""
    started: list[ModuleProcess] = []

    def start_one(output: Path, **parameters: object) -> ModuleProcess:
        node = ModuleProcess(tmp_path, MODULE, 'back_end', output=output, **parameters)
        started.append(node)
        return node

    yield start_one
    for process in started:
        process.stop()


def odometry_message(run: Run, k: int) -> Odometry:
    message = Odometry()
    message.header.frame_id, message.child_frame_id = 'odom', 'base_link'
    message.header.stamp = stamp_message(run.stamps_ns[k])
    message.pose.pose = pose_message(run.odometry[k].as_xyz_quaternion())
    return message


def closure_message(run: Run, k: int) -> PoseWithCovarianceStamped:
    closure = run.closures[k]
    message = PoseWithCovarianceStamped()
    message.header.frame_id = f'keyframe_{closure.keyframe_id}'
    message.header.stamp = stamp_message(closure.stamp_ns)
    message.pose.pose = pose_message(closure.keyframe_from_base.as_xyz_quaternion())
    message.pose.covariance = closure.covariance.reshape(36).tolist()
    return message


def keyframes_message(run: Run) -> PoseArray:
    message = PoseArray()
    message.header.frame_id = 'town'
    message.poses = [pose_message(pose.as_xyz_quaternion()) for pose in run.keyframes]
    return message


def wait_for_refusals(partner: Partner, *publishers: Any) -> None:
    """Publish empty messages until the node counts their refusal: it hears each publisher then."""
    reports = partner.collect(DiagnosticArray, '/diagnostics')

    def refused() -> int:
        pairs = [pair for one in reports for status in one.status for pair in status.values]
        return max((int(one.value) for one in pairs if one.key == 'refused messages'), default=0)

    for publisher in publishers:
        message = publisher.msg_type()
        message.pose.pose.orientation.w = float('nan')
        # The second report from here on counts all that was published before.
        seen = len(reports)
        partner.until(lambda: len(reports) > seen + 1, 'two reports')  # noqa: B023
        before = refused()

        def counted(publisher: Any = publisher, message: Any = message, n: int = before) -> bool:
            publisher.publish(message)
            return refused() > n

        partner.until(counted, f'{publisher.topic_name} arrived')


def send_odometry(partner: Partner, publisher: Any, run: Run) -> None:
    """Publish the odometry of a run until the node has counted as many messages."""
    reports = partner.collect(DiagnosticArray, '/diagnostics')

    def received() -> int:
        counts = [
            int(pair.value)
            for one in reports
            for status in one.status
            for pair in status.values
            if status.name.endswith('odometry') and pair.key == 'received'
        ]
        return max(counts, default=0)

    def all_there() -> bool:
        for k in range(len(run.odometry)):
            publisher.publish(odometry_message(run, k))
        before = -1
        while before < received() < len(run.odometry):
            before, seen = received(), len(reports)
            partner.until(lambda: len(reports) > seen + 1, 'two reports')  # noqa: B023
        return received() >= len(run.odometry)

    partner.until(all_there, 'all odometry', 120.0)


def test_pose_graph_node_drive_is_corrected_and_saved(
    partner: Partner, start: Callable[..., ModuleProcess], tmp_path: Path
) -> None:
    run = make_run(0, length_m=150.0)
    output = tmp_path / 'run'
    node = start(output, solve_period_s=0.0)
    odom = partner.publisher(Odometry, 'odom', BEST_EFFORT)
    closures = partner.publisher(PoseWithCovarianceStamped, 'avpr_localizer/loop_closure', 500)
    paths = partner.collect(PathMessage, '/back_end/path', LATCHED)
    # The closures before the keyframes and the odometry, which is out of order: all of it is late.
    for k in range(len(run.closures)):
        closures.publish(closure_message(run, k))
    bad = closure_message(run, 0)
    bad.header.frame_id = 'keyframe_99999'
    closures.publish(bad)
    bad.header.frame_id = 'map'
    closures.publish(bad)
    bent = odometry_message(run, 0)
    bent.pose.pose.orientation.w = float('nan')
    odom.publish(bent)
    keyframes = partner.publisher(PoseArray, 'avpr_localizer/keyframes', LATCHED)
    keyframes.publish(keyframes_message(run))

    order = [*range(0, len(run.odometry), 2), *range(1, len(run.odometry), 2)]

    def all_there() -> bool:
        # Again and again: best effort may lose some, and what is repeated makes no difference.
        for number, k in enumerate(order):
            odom.publish(odometry_message(run, k))
            if number % 50 == 0:
                time.sleep(0.02)  # a queue of the transport that overflows loses the same ones
        order[:] = order[len(order) // 3 :] + order[: len(order) // 3]
        text = partner.call(Trigger, '/back_end/save', deadline_s=120.0).message
        ends = (output / 'after.tum').exists() and (output / 'after.tum').read_text().splitlines()
        return ' used' in text and bool(ends) and len(ends) == len(run.stamps_ns)

    partner.until(all_there, 'all odometry and closures are solved', 200.0)
    after = np.loadtxt(output / 'after.tum')[:, 1:]
    before = np.loadtxt(output / 'before.tum')[:, 1:]
    truth = rows_of(run.truth)
    assert 5 * ate_rmse_m(truth, after, 'none') < ate_rmse_m(truth, before, 'none')
    listed = json.loads((output / 'closures.json').read_text())
    wrong = {one.stamp_ns for one, bad in zip(run.closures, run.wrong, strict=True) if bad}
    assert wrong and not wrong & {one['stamp_ns'] for one in listed['used']}
    used, rejected = len(listed['used']), len(listed['rejected'])
    assert used + rejected == len(run.closures)
    path = partner.until(lambda: paths and paths[-1], 'a path')
    assert path.header.frame_id == 'town'
    assert stamp_ns(path.poses[0].header.stamp) == run.stamps_ns[0]
    assert node.stop() == 0
    assert (
        f'Of {len(run.closures) + 2} loop closures: {used} used, {rejected} rejected, 0 without '
        'odometry, 1 waiting for keyframes, 0 given up waiting, 1 refused; solved'
    ) in node.log()
    assert 'Traceback' not in node.log()


def test_pose_graph_node_solves_and_saves_on_sigint(
    partner: Partner, start: Callable[..., ModuleProcess], tmp_path: Path
) -> None:
    run = make_run(1, length_m=60.0, wrong_part=0.0)
    node = start(tmp_path / 'run')
    odom = partner.publisher(Odometry, 'odom', 5000)
    closures = partner.publisher(PoseWithCovarianceStamped, 'avpr_localizer/loop_closure', 500)
    keyframes = partner.publisher(PoseArray, 'avpr_localizer/keyframes', LATCHED)
    paths = partner.collect(PathMessage, '/back_end/path', LATCHED)
    keyframes.publish(keyframes_message(run))
    wait_for_refusals(partner, odom, closures)
    send_odometry(partner, odom, run)
    for k in range(len(run.closures)):
        closures.publish(closure_message(run, k))
    partner.until(lambda: paths, 'a path without being asked', 120.0)
    assert node.stop() == 0
    lines = (tmp_path / 'run/after.tum').read_text().splitlines()
    assert len(lines) > 0.8 * len(run.stamps_ns)
    assert 'Traceback' not in node.log()


def test_pose_graph_node_unwritable_output_is_an_error(partner: Partner, tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('')
    process = ModuleProcess(tmp_path, MODULE, 'refused', output=tmp_path / 'file' / 'folder')
    assert process.wait() == 2
    assert "'output'" in process.log()
    assert 'Traceback' not in process.log()
