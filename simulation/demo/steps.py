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

#: A line at least this often where no progress bar can be drawn.
_SIGN_OF_LIFE_S = 15.0
_POLL_S = 0.2
#: The back-end solves and saves when it is asked to end.
_STOP_S = 120.0


class StepError(AvprError):
    """A command of the demo failed."""


class Steps:
    """Runs commands with one environment, and remembers what ran and for how long.

    Attributes:
        commands: as a user would type them, in order.
        durations_s: by command.
    """

    def __init__(self, folder: Path, console: Console) -> None:
        """Use ``folder`` as working directory of all commands."""
        self.commands: list[str] = []
        self.durations_s: dict[str, float] = {}
        self._folder = folder
        self._console = console
        self._environment = _environment(os.environ)

    def commands_with_times(self) -> list[str]:
        """Return what ran, with the seconds it took behind it."""
        return [
            f'$ {one}   # {self.durations_s[one]:.0f} s' if one in self.durations_s else f'$ {one}'
            for one in self.commands
        ]

    def run(self, command: Sequence[str]) -> None:
        """Run one command to its end; what it prints goes to the terminal.

        Raises:
            StepError: it cannot be started or ends with another code than 0.
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
        """Keep a command running meanwhile; stop it with SIGINT afterwards.

        Args:
            command: what to run.
            log: file for all that it prints.

        Raises:
            StepError: it ended by itself, or not cleanly when asked to.
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
        told = began
        while process.poll() is None:
            time.sleep(_POLL_S)
            now = time.monotonic()
            if not self._console.is_terminal and now - told > _SIGN_OF_LIFE_S:
                told = now
                self._console.print(f'  running for {now - began:.0f} s')


def _environment(outer: Mapping[str, str]) -> dict[str, str]:
    """Return an environment where this Python's commands come first and ROS stays at home."""
    environment = dict(outer)
    here = str(Path(sys.executable).parent)
    environment['PATH'] = os.pathsep.join([here, environment.get('PATH', os.defpath)])
    environment.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    # A domain of its own, so that another robot or a second demo on this machine does not answer.
    environment.setdefault('ROS_DOMAIN_ID', str(1 + os.getpid() % 100))
    environment.setdefault('PYTHONUNBUFFERED', '1')
    return environment


def _stop(process: subprocess.Popen[bytes]) -> int:
    """End a process as Ctrl-C would, harder only if it does not listen; return its code."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()
