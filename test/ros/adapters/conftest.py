# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from adapter_topics import MODULE
from module_process import ModuleProcess, Partner
import pytest


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., tuple[ModuleProcess, Partner]]]:
    """Start an adapter and a partner; it must end with code 0 and without a traceback."""
    made: list[tuple[ModuleProcess, Partner]] = []

    def start_one(mode: str, **parameters: object) -> tuple[ModuleProcess, Partner]:
        process = ModuleProcess(tmp_path, MODULE, 'adapter', mode=mode, **parameters)
        made.append((process, Partner('partner_of_adapter')))
        return made[-1]

    yield start_one
    for process, partner in made:
        partner.close()
        assert process.stop() == 0
        assert 'Traceback' not in process.log()
