# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Signals at any moment of the start: a clean exit code, and no traceback."""

from __future__ import annotations

from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

#: Seconds after the interpreter has begun with the package; a start takes one to three.
MOMENTS_S = (0.0, 0.05, 0.15, 0.3, 0.5, 0.8, 1.1, 1.5, 2.0, 3.0)
SIGNALS = (signal.SIGINT, signal.SIGTERM)
#: Runs a module as ``python -m`` does, and first shows that the interpreter has started: what
#: Python itself does with a signal before is not the package's.
RUN = """
import runpy, sys
from avpr_ros.ros.startup.start_signals import exit_on_signals
exit_on_signals(int(sys.argv[2]))
print('started', flush=True)
module = sys.argv[1]
sys.argv[:] = sys.argv[:1] + sys.argv[3:]
runpy.run_module(module, run_name='__main__')
"""


def signalled(command: list[str], after_s: float) -> list[tuple[int, str]]:
    """Start a command twice, and end one by each signal; return exit codes and outputs."""
    pipes = {'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT, 'text': True}
    started = [subprocess.Popen(command, **pipes) for _ in SIGNALS]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == 'started\n'
        time.sleep(after_s)
        for process, number in zip(started, SIGNALS, strict=True):
            process.send_signal(number)
        outputs = [process.communicate(timeout=60.0)[0] for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()
    return [(one.returncode, output) for one, output in zip(started, outputs, strict=True)]


@pytest.fixture(scope='module')
def arguments(
    town_map: Path, town_query: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    given = [f'map_path:={town_map}', f'query_network:={town_query}']
    ros = ['--ros-args', *(word for one in given for word in ('-p', one))]
    return {
        'localizer': ros,
        'adapters': ['--ros-args', '-p', 'mode:=robot_localization'],
        'pose_graph': [],
        'replay': [str(tmp_path_factory.mktemp('bag')), '--image-topic', '/i', '--out', '/tmp/o'],
    }


@pytest.mark.parametrize('after_s', MOMENTS_S)
@pytest.mark.parametrize('folder', ['localizer', 'adapters', 'pose_graph', 'replay'])
def test_signal_during_the_start(
    arguments: dict[str, list[str]], folder: str, after_s: float
) -> None:
    module, code = f'avpr_ros.ros.{folder}.main', '130' if folder == 'replay' else '0'
    command = [sys.executable, '-c', RUN, module, code, *arguments[folder]]
    for found, output in signalled(command, after_s):
        # The replay of a bag that is none may have ended by itself.
        assert found in ({0} if folder != 'replay' else {2, 130}), output
        assert 'Traceback' not in output and 'Exception ignored' not in output, output
