# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import os
from pathlib import Path
import sys

import pytest
from rich.console import Console

from simulation.demo.steps import StepError, Steps

_WAITS = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
open(sys.argv[1], 'w').write('up')
print('hello', flush=True)
while True: time.sleep(0.05)
"""


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(tmp_path, Console(file=io.StringIO()))


def test_a_command_runs_in_the_folder_with_this_python_first(steps: Steps, tmp_path: Path) -> None:
    code = (
        'import os; e = os.environ; open("seen", "w").write(e["PATH"] + "|" + e["ROS_DOMAIN_ID"])'
    )
    steps.run([sys.executable, '-c', code])

    path, domain = (tmp_path / 'seen').read_text().split('|')
    assert path.split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert 0 < int(domain) < 233
    assert len(steps.commands) == len(steps.durations_s) == 1


def test_a_failing_or_missing_command_is_named(steps: Steps) -> None:
    with pytest.raises(StepError, match='code 3'):
        steps.run([sys.executable, '-c', 'raise SystemExit(3)'])
    with pytest.raises(StepError, match='no-such-command cannot be started'):
        steps.run(['no-such-command'])


def test_a_background_command_is_interrupted_and_its_output_kept(
    steps: Steps, tmp_path: Path
) -> None:
    up, log = tmp_path / 'up', tmp_path / 'log'
    wait = f'import os, time\nwhile not os.path.exists({str(up)!r}): time.sleep(0.02)'
    with steps.background([sys.executable, '-c', _WAITS, str(up)], log):
        steps.run([sys.executable, '-c', wait])

    assert log.read_text() == 'hello\n'
    assert steps.commands[0].endswith(' &')


def test_a_background_command_that_ended_early_is_an_error(steps: Steps, tmp_path: Path) -> None:
    gone = tmp_path / 'gone'
    fails = f'open({str(gone)!r}, "w"); raise SystemExit(4)'
    wait = f'import os, time\nwhile not os.path.exists({str(gone)!r}): time.sleep(0.02)'
    with (
        pytest.raises(StepError, match='ended with code 4'),
        steps.background([sys.executable, '-c', fails], tmp_path / 'log'),
    ):
        steps.run([sys.executable, '-c', wait])
