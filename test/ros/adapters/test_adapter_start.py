# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapter_topics import MODULE, POSE
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from match_stream import fix_at
from module_process import ModuleProcess
import pytest

from avpr_ros.ros.common.stamped_pose import fix_to_message


def test_dry_run_publishes_decisions_and_no_poses(start: Callable[..., Any]) -> None:
    _, partner = start('initialpose', dry_run=True, min_consistent_matches=1)
    matches = partner.publisher(PoseWithCovarianceStamped, POSE)
    sent = partner.collect(PoseWithCovarianceStamped, 'initialpose')
    reports = partner.collect(DiagnosticArray, '/adapter/decisions')
    for second in range(3):
        matches.publish(fix_to_message(fix_at(0.0, second)))
    partner.until(lambda: len(reports) == 3, 'three decisions')
    assert reports[0].status[0].message.startswith('would be sent')
    assert sent == []


@pytest.mark.parametrize(
    ('mode', 'package'), [('map_to_odom', 'tf2_msgs'), ('rtabmap_add_link', 'rtabmap_msgs')]
)
def test_mode_without_message_package_is_an_error(tmp_path: Path, mode: str, package: str) -> None:
    try:
        __import__(package)
    except ImportError:
        process = ModuleProcess(tmp_path, MODULE, 'adapter', mode=mode)
        assert process.wait() == 2
        assert package in process.log()
    else:
        pytest.skip(f'{package} is installed')


def test_unknown_mode_is_an_error(tmp_path: Path) -> None:
    process = ModuleProcess(tmp_path, MODULE, 'adapter', mode='gmapping')
    assert process.wait() == 2
    assert 'robot_localization' in process.log()
    assert 'Traceback' not in process.log()
