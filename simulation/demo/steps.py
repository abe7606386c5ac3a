# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Runs a user's commands one after another, visibly, in the demo's folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
import os
from pathlib import Path
import shlex
import signal
import subprocess
import sys
import time

from rich.console import Console

from avpr_ros.errors import AvprError
from simulation.ros_domain import reserve_domain

#: Seconds between two progress lines where no progress bar can be drawn.
_PROGRESS_PERIOD_S = 15.0
_POLL_S = 0.2
#: Longest wait after SIGINT: the pose graph solves and saves before it exits.
_STOP_S = 120.0


class StepError(AvprError):
    """A command of the demo failed."""


class Steps:
    """Runs commands with one environment and records them with their durations.

    Attributes:
        commands: command lines in order.
        durations_s: duration by command line, of those that ran to their end.
    """

    def __init__(self, folder: Path, console: Console) -> None:
        """Use ``folder`` as working directory of all commands."""
        self.commands: list[str] = []
        self.durations_s: dict[str, float] = {}
        self._folder = folder
        self._console = console
        self._environment = _environment(os.environ)

    def commands_with_times(self) -> list[str]:
        """Return the command lines, with their durations as comments."""
        seconds = {line: f'   # {s:.0f} s' for line, s in self.durations_s.items()}
        return [f'$ {line}{seconds.get(line, "")}' for line in self.commands]

    def run(self, command: Sequence[str]) -> None:
        """Run one command to its end, with its output on the terminal.

        Raises:
            StepError: it cannot be started or its exit code is not 0.
        """
        shown = self._show(command)
        began = time.monotonic()
        process = self._start(command, None)
        try:
            self._wait(process, began)
        finally:
            _stop(process)
        if process.returncode != 0:
            raise StepError(f'{shown} ended with code {process.returncode}; see its output above.')
        self.durations_s[shown] = time.monotonic() - began
        self._console.print(f'  done in {self.durations_s[shown]:.0f} s', style='dim')

    @contextmanager
    def background(self, command: Sequence[str], log: Path) -> Iterator[None]:
        """Run a command in the background; stop it with SIGINT at the end of the block.

        Args:
            command: the command and its arguments.
            log: file for its output.

        Raises:
            StepError: it ended before the block did, or its exit code is not 0.
        """
        shown = self._show([*command, '&'])
        with log.open('wb') as stream:
            process = self._start(command, stream.fileno())
            try:
                yield
                early = process.poll()
            finally:
                code = _stop(process)
        if early is not None or code != 0:
            raise StepError(f'{shown} ended with code {code}: read {log}.')

    def _show(self, command: Sequence[str]) -> str:
        shown = ' '.join(part if part == '&' else shlex.quote(part) for part in command)
        self.commands.append(shown)
        self._console.print(f'\n[bold]$ {shown}[/bold]', highlight=False)
        return shown

    def _start(self, command: Sequence[str], output: int | None) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command,
                cwd=self._folder,
                env=self._environment,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                start_new_session=output is not None,
            )
        except OSError as error:
            raise StepError(
                f'{command[0]} cannot be started ({error}): install the package first.'
            ) from error

    def _wait(self, process: subprocess.Popen[bytes], began: float) -> None:
        last_line = began
        while process.poll() is None:
            time.sleep(_POLL_S)
            now = time.monotonic()
            if not self._console.is_terminal and now - last_line > _PROGRESS_PERIOD_S:
                last_line = now
                self._console.print(f'  running for {now - began:.0f} s')


def _environment(outer: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with this Python's commands first in PATH and ROS on this machine."""
    environment = dict(outer)
    python_folder = str(Path(sys.executable).parent)
    environment['PATH'] = os.pathsep.join([python_folder, environment.get('PATH', os.defpath)])
    environment.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    if 'ROS_DOMAIN_ID' not in environment:
        # Nodes of another robot or of a second demo on this machine must not answer.
        environment['ROS_DOMAIN_ID'] = str(reserve_domain())
    environment.setdefault('PYTHONUNBUFFERED', '1')
    return environment


def _stop(process: subprocess.Popen[bytes]) -> int:
    """Send SIGINT, after ``_STOP_S`` SIGKILL; return the exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()
