# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Starting with good and bad files, ending by signals."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys

from processes import NodeProcess
import pytest
import town

from avpr_ros.ros.localizer.main import main

#: Of the first test vector of RFC 8032.
PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
"""


def refusal(node: NodeProcess) -> str:
    """Return what a node that must not start says; one line, with no traceback."""
    assert node.wait() == 2
    lines = node.log().splitlines()
    assert len(lines) == 1, node.log()
    return lines[0]


@pytest.fixture
def try_start(town_map: Path, town_query: Path, tmp_path: Path) -> Callable[..., NodeProcess]:
    def start(**parameters: object) -> NodeProcess:
        given = {'map_path': town_map, 'query_network': town_query, **parameters}
        flags = [word for key, value in given.items() for word in ('-p', f'{key}:={value}')]
        return NodeProcess(tmp_path, *flags)

    return start


def test_flipped_byte_in_the_map(
    try_start: Callable[..., NodeProcess], town_map: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / 'damaged'
    shutil.copytree(town_map, damaged)
    keyframes = damaged / 'keyframes.npz'
    content = bytearray(keyframes.read_bytes())
    content[len(content) // 2] ^= 1
    keyframes.write_bytes(content)
    assert 'keyframes.npz' in refusal(try_start(map_path=damaged))


def test_query_of_another_space(try_start: Callable[..., NodeProcess], tmp_path: Path) -> None:
    other = town.write_query(tmp_path / 'other.onnx', salt=1.0)
    assert 'descriptor space' in refusal(try_start(query_network=other))


def test_no_map_is_given(try_start: Callable[..., NodeProcess]) -> None:
    assert "'map_path' is empty" in refusal(try_start(map_path="''"))


def test_unsigned_map_where_a_signature_is_wanted(
    try_start: Callable[..., NodeProcess], tmp_path: Path
) -> None:
    pytest.importorskip('cryptography', reason='cryptography is not installed')
    keys = tmp_path / 'trusted.pem'
    keys.write_text(PUBLIC_KEY)
    said = refusal(try_start(trusted_map_keys=keys))
    assert 'is not signed' in said and 'avpr sign' in said


def test_parameter_of_another_type(try_start: Callable[..., NodeProcess]) -> None:
    said = refusal(try_start(max_rate_hz='often'))
    assert "'max_rate_hz' needs type double, 0 to 1000, such as 5.0" in said


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_node_with_code_0(
    try_start: Callable[..., NodeProcess], number: signal.Signals
) -> None:
    node = try_start()
    node.wait_for_log('keyframes of')
    assert node.stop(number) == 0
    assert 'Traceback' not in node.log()


def test_importing_the_robot_side_imports_no_torch() -> None:
    code = """
import sys
import avpr_ros.ros.localizer.node, avpr_ros.ros.localizer.main, avpr_ros.ros.replay.command
heavy = {'torch', 'torchvision', 'timm'} & set(sys.modules)
sys.exit(f'imported: {heavy}' if heavy else 0)
"""
    command = [sys.executable, '-c', code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_node_keeps_its_small_products_to_one_thread_unless_told(monkeypatch) -> None:
    monkeypatch.setattr('avpr_ros.ros.startup.runner.run', lambda *_: 0)
    monkeypatch.setattr('avpr_ros.ros.localizer.main.exit_on_signals', lambda: None)
    monkeypatch.delenv('OMP_NUM_THREADS', raising=False)
    monkeypatch.setenv('OPENBLAS_NUM_THREADS', '4')
    assert main([]) == 0
    assert os.environ['OMP_NUM_THREADS'] == '1'
    assert os.environ['OPENBLAS_NUM_THREADS'] == '4'
