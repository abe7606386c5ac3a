# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from simulation import __main__ as demo
from simulation.drives import worlds


def test_the_bags_of_a_world_are_recorded_and_nothing_else_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[str] = []

    def record(folder: Path, drives, console) -> None:
        assert folder == tmp_path
        recorded.extend(drive.name for drive in drives)

    monkeypatch.setattr(worlds, 'record_drives', record)
    monkeypatch.setattr(demo, 'run_demo', lambda *_, **__: pytest.fail('no demo was asked for'))
    code = demo.main(['--world', 'office', '--quick', '--output', str(tmp_path)])

    assert code == 0
    assert recorded == ['map0', 'query0', 'query2']


def test_an_unknown_world_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        demo.main(['--world', 'moon'])
    assert 'office' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('options', 'names'),
    [
        (['--light', 'night'], ['drive3_night']),
        (['--light', 'winter', '--world', 'town'], ['drive1', 'drive2_winter', 'outside0_winter']),
        (['--light', 'night', '--world', 'office'], ['map0', 'query0_night', 'query2_night']),
    ],
)
def test_another_light_is_recorded_on_request_only(
    options: list[str], names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[str] = []

    def record(folder: Path, drives, console) -> None:
        recorded.extend(drive.name for drive in drives)

    for module in (demo, worlds):
        monkeypatch.setattr(module, 'record_drives', record)
    monkeypatch.setattr(demo, 'run_demo', lambda *_, **__: pytest.fail('no demo was asked for'))

    assert demo.main([*options, '--quick', '--output', str(tmp_path)]) == 0
    assert recorded == names


def test_a_light_that_a_world_lacks_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = demo.main(['--world', 'office', '--light', 'winter', '--output', str(tmp_path)])

    assert code == 2
    assert 'winter' in capsys.readouterr().err
