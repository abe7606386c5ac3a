# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
import yaml

from avpr_ros.errors import ConfigError
from avpr_ros.localization.settings import MatchSettings, setting_infos
from avpr_ros.ros.adapters.parameters import AdapterSettings
from avpr_ros.ros.common.parameter_table import table
from avpr_ros.ros.common.parameters import declare, markdown_table, on_change
from avpr_ros.ros.localizer.parameters import Settings, match_settings
from avpr_ros.ros.pose_graph.parameters import PoseGraphSettings

ROOT = Path(__file__).parents[3]


@pytest.fixture
def make_node() -> Iterator[Any]:
    nodes: list[Node] = []

    def make(**overrides: object) -> Node:
        given = [Parameter(name, value=value) for name, value in overrides.items()]
        nodes.append(rclpy.create_node('parameters', parameter_overrides=given))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


def test_defaults_and_overrides(make_node: Any) -> None:
    assert declare(make_node(), Settings) == Settings()
    given = declare(make_node(cameras=['left', 'right'], top_k=3, max_rate_hz=0.0), Settings)
    assert given == Settings(cameras=('left', 'right'), top_k=3, max_rate_hz=0.0)


@pytest.mark.parametrize(
    ('name', 'value', 'said'),
    [
        ('inference_threads', 0, 'type int, 1 to 64, such as 1'),
        ('max_rate_hz', True, 'type double'),
        ('image_transport', 'theora', "is 'theora'; use one of: auto, raw, compressed"),
        ('cameras', ['left', 'left'], 'names that differ'),
        ('min_similarity', float('nan'), '-1 to 1'),
    ],
)
def test_bad_overrides(make_node: Any, name: str, value: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        declare(make_node(**{name: value}), Settings)
    assert f"'{name}'" in str(caught.value)
    assert '\n' not in str(caught.value)


def test_whole_numbers_are_taken_where_a_double_is_meant(make_node: Any) -> None:
    node = make_node(max_rate_hz=10)
    applied, noted = [declare(node, Settings)], []
    assert applied[0].max_rate_hz == 10.0
    assert isinstance(applied[0].max_rate_hz, float)
    node.add_on_set_parameters_callback(
        on_change(lambda: applied[-1], applied.append, noted.append)
    )
    results = [
        node.set_parameters([Parameter('max_rate_hz', value=value)])[0].successful
        for value in (2, 2000, True, 'fast')
    ]
    assert results == [True, False, False, False]
    assert applied[-1] == Settings(max_rate_hz=2.0)
    assert noted == ['Parameters changed: max_rate_hz 10.0 -> 2.0.']


def test_a_name_that_does_not_exist_is_warned_of(make_node: Any) -> None:
    node, said = make_node(min_similarty=0.9, use_sim_time=False), []
    node.get_logger = lambda: SimpleNamespace(warning=said.append)
    declare(node, Settings)
    (text,) = said
    assert "'min_similarty'" in text
    assert "did you mean 'min_similarity'?" in text


def test_descriptors_carry_range_unit_and_read_only(make_node: Any) -> None:
    node = make_node()
    declare(node, Settings)
    assert node.describe_parameter('map_path').read_only
    rate = node.describe_parameter('max_rate_hz')
    assert not rate.read_only
    assert rate.description.endswith('[Hz]')
    assert rate.floating_point_range[0].to_value == 1000.0
    assert node.describe_parameter('top_k').integer_range[0].from_value == 1


def test_changes_are_applied_whole_or_refused(make_node: Any) -> None:
    node = make_node()
    applied = [declare(node, Settings)]

    def apply(settings: Settings) -> None:
        if settings.top_k == 7:
            raise ConfigError('seven is refused')
        applied.append(settings)

    node.add_on_set_parameters_callback(on_change(lambda: applied[-1], apply))
    results = node.set_parameters(
        [Parameter('top_k', value=4), Parameter('top_k', value=7), Parameter('top_k', value=0)]
    )
    assert [result.successful for result in results] == [True, False, False]
    assert results[1].reason == 'seven is refused'
    assert applied == [Settings(), Settings(top_k=4)]


def test_every_row_says_what_it_is() -> None:
    for row in table(Settings):
        assert row.description.endswith('.')
        assert row.low is None or row.low <= row.default <= (row.high or row.low)
        assert not row.choices or row.default in row.choices
        assert f'| `{row.name}` | {row.type} |' in markdown_table(Settings)
        assert not row.name.endswith(('_s', '_m', '_hz')) or row.unit


def test_match_settings_are_parameters_of_their_names() -> None:
    infos = setting_infos(adjustable_only=True)
    rows = {row.name: row for row in table(Settings)}
    assert infos.keys() <= rows.keys()
    assert not (setting_infos().keys() - infos.keys()) & rows.keys()
    for name, info in infos.items():
        assert (rows[name].unit, rows[name].high) == (info.unit, info.high)
        assert rows[name].read_only is False
    assert match_settings(Settings()) == MatchSettings()
    chosen = match_settings(Settings(min_similarity=0.3, distinct_radius_m=7.0, top_k=3))
    assert chosen == MatchSettings(min_similarity=0.3, distinct_radius_m=7.0, top_k=3)


@pytest.mark.parametrize('settings', [Settings, AdapterSettings, PoseGraphSettings])
def test_not_a_number_is_refused(make_node: Any, settings: Any) -> None:
    doubles = [row.name for row in table(settings) if row.type == 'double']
    assert doubles
    for name in doubles:
        with pytest.raises(ConfigError, match=f"'{name}' needs type double"):
            declare(make_node(**{name: float('nan')}), settings)


def test_config_file_is_the_table() -> None:
    text = (ROOT / 'config' / 'localizer.yaml').read_text(encoding='utf-8')
    given = yaml.safe_load(text)['/**']['ros__parameters']
    assert list(given) == [row.name for row in table(Settings)]
    for row in table(Settings):
        default = list(row.default) if row.type == 'string array' else row.default
        assert given[row.name] == default
        assert type(given[row.name]) is type(default), row.name
        unit = f' [{row.unit}]' if row.unit else ''
        allowed = f' ({row.allowed})' if row.allowed else ''
        assert comment_before(text, row.name) == f'{row.description}{unit}{allowed}'


def comment_before(text: str, name: str) -> str:
    """Return the comment above a parameter, its lines joined."""
    lines = [line.strip() for line in text.splitlines()]
    end = next(number for number, line in enumerate(lines) if line.startswith(f'{name}:'))
    start = end
    while lines[start - 1].startswith('#'):
        start -= 1
    return ' '.join(line.removeprefix('#').strip() for line in lines[start:end])
