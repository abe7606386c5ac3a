# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Any node of the package as a process, and a partner that talks to it over topics."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys

from processes import NodeProcess
from topic_client import TopicClient


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


class Partner(TopicClient):
    """Stands for the nodes that an adapter or the back-end works with."""
