# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from simulation.drives import recording
from simulation.drives.record import Recorded
from simulation.drives.recording import record_drives
from simulation.drives.scenario import QUICK


def test_recording_keeps_existing_bags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def record(drive, path: Path, progress) -> Recorded:
        path.mkdir()
        for done in range(1, 21):
            progress(done, 20)
        return Recorded(20, 1.0, 0, 0.1)

    monkeypatch.setattr(recording, 'record_drive', record)
    folder, output = tmp_path / 'world', StringIO()
    (folder / 'drive1').mkdir(parents=True)
    drives = (QUICK.mapping, QUICK.query)

    first = record_drives(folder, drives, Console(file=output))
    second = record_drives(folder, drives, Console(file=output))

    assert list(first) == ['drive2 (hazy evening)']
    assert second == {}
    assert output.getvalue().count('of 20 images') == 10
