# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``demo.launch.py`` against stand-ins for launch: what it starts, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from stand_ins import Context, LaunchFile, stand_ins

from avpr_ros.demo.bag_writer import IMAGE_TOPIC
from avpr_ros.demo.commands import MAP
from avpr_ros.demo.drives import SECOND
from avpr_ros.ros.common.parameter_table import table
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.replay.command import _parser


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))  # without RViz
    for name in (MAP, SECOND.name):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def demo() -> Iterator[LaunchFile]:
    with stand_ins():
        yield LaunchFile('demo')


def test_its_names_are_those_of_the_demo(demo: LaunchFile) -> None:
    names = demo.names
    assert (names['MAP'], names['BAG']) == (MAP, SECOND.name)
    assert f'{names["IMAGE"]}/compressed' == IMAGE_TOPIC


def test_localizer_and_replay_meet(demo: LaunchFile, folder: Path) -> None:
    localizer, replay, *_ = demo.start(folder=str(folder), rate='4', namespace='robot1')
    (_, values) = localizer.parameters
    rows = {row.name for row in table(Settings)}
    assert values.keys() <= rows
    assert values['map_path'] == str(folder / MAP)
    assert 'query_network' not in values  # the one in the map
    assert ('image', demo.names['IMAGE']) in localizer.remappings
    options = _parser().parse_args(replay.arguments)
    assert options.bag == folder / SECOND.name
    assert (options.image_topic, options.rate) == (IMAGE_TOPIC, 4.0)
    assert options.node == 'robot1/avpr_localizer'
    assert options.out.parent == folder


def test_without_rviz_one_line_is_shown_and_the_replay_ends_the_launch(
    demo: LaunchFile, folder: Path
) -> None:
    _, replay, line = demo.start(folder=str(folder))
    assert 'rviz2 is not installed' in line.msg
    assert replay.on_exit(SimpleNamespace(returncode=0), Context({})).reason


def test_rviz_where_it_is_installed_stays_after_the_replay(
    demo: LaunchFile, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = demo.names['start_nodes'].__globals__
    monkeypatch.setitem(places, 'rviz_installed', lambda: True)
    _, replay, rviz = demo.start(folder=str(folder))
    assert (rviz.package, replay.on_exit) == ('rviz2', None)
    assert len(demo.start(folder=str(folder), rviz='false')) == 2


def test_a_folder_of_no_demo_is_refused_with_the_command(demo: LaunchFile, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r'has no my_map, .*: run avpr demo --output'):
        demo.start(folder=str(tmp_path))
