# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Parameter files of other nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from avpr_ros.ros.common.parameter_files import unused_files


def found(folder: Path, text: str, node_name: str = '/robot1/avpr_localizer') -> list[str]:
    file = folder / 'params.yaml'
    file.write_text(text)
    return unused_files(node_name, ['--ros-args', '--params-file', str(file), '-p', 'a:=1'])


@pytest.mark.parametrize(
    'key',
    ['/**', '/robot1/avpr_localizer', 'robot1/avpr_localizer', '/*/avpr_localizer', '/robot1/*'],
)
def test_a_file_for_the_node_is_used(key: str, tmp_path: Path) -> None:
    assert found(tmp_path, f"'{key}': {{ros__parameters: {{max_rate_hz: 2}}}}") == []


def test_namespaces_as_keys_of_their_own(tmp_path: Path) -> None:
    nested = 'robot1:\n  {}:\n    ros__parameters:\n      max_rate_hz: 2\n'
    assert found(tmp_path, nested.format('avpr_localizer')) == []
    assert found(tmp_path, nested.format('localizer'))


@pytest.mark.parametrize('key', ['localizer', '/avpr_localizer', '/robot2/avpr_localizer', '/*'])
def test_a_file_for_other_nodes_is_named_with_both(key: str, tmp_path: Path) -> None:
    (text,) = found(tmp_path, f"'{key}': {{ros__parameters: {{max_rate_hz: 2}}}}")
    assert f'for /{key.strip("/")} and none for /robot1/avpr_localizer' in text
    assert 'or /** for any' in text


@pytest.mark.parametrize('text', ['', '[1, 2]', 'a: [', '{}', 'avpr_localizer: 3'])
def test_what_ros_refuses_or_is_empty_is_left_to_ros(text: str, tmp_path: Path) -> None:
    assert found(tmp_path, text) == []
    assert unused_files('/avpr_localizer', ['--params-file', str(tmp_path / 'missing.yaml')]) == []
