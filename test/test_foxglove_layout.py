# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The layout for Foxglove names what the node publishes or the export writes."""

from __future__ import annotations

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

import pytest

from avpr_ros.evaluation.viewers.topics import DECISION, NODE, TOPICS
from avpr_ros.ros.localizer.interface import ENDPOINTS

ROOT = Path(__file__).resolve().parent.parent
LAYOUT = json.loads((ROOT / 'config' / 'avpr.foxglove.json').read_text(encoding='utf-8'))
EXPORTED = {one.name for one in TOPICS}
PANELS = {'3D', 'Image', 'Plot', 'DiagnosticSummary', 'RosOut'}


def live_topics() -> set[str]:
    """Return the topics around a node with its usual name, without a namespace."""
    names = {one.name for one in ENDPOINTS if one.kind != 'service'}
    absolute = {name.replace('~/', f'{NODE}/') for name in names}
    return {name if name.startswith('/') else f'/{name}' for name in absolute} | {'/rosout'}


def topics(config: Any) -> Iterator[str]:
    """Yield the topics that a panel's configuration names, as key, value or message path."""
    if isinstance(config, dict):
        yield from (key for key in config if key.startswith('/'))
        for value in config.values():
            yield from topics(value)
    elif isinstance(config, list):
        for value in config:
            yield from topics(value)
    elif isinstance(config, str) and config.startswith('/'):
        yield config.partition('.')[0]


def panels(node: Any) -> Iterator[str]:
    """Yield the panels of the layout's tree."""
    if isinstance(node, str):
        yield node
    else:
        yield from panels(node['first'])
        yield from panels(node['second'])


def test_layout_shows_every_panel_once() -> None:
    shown = list(panels(LAYOUT['layout']))
    assert sorted(shown) == sorted(LAYOUT['configById'])
    assert {name.partition('!')[0] for name in shown} == PANELS


@pytest.mark.parametrize('panel', sorted(LAYOUT['configById']))
def test_topics_of_a_panel_exist(panel: str) -> None:
    named = set(topics(LAYOUT['configById'][panel]))
    assert named
    assert named <= EXPORTED | live_topics()


def test_what_the_export_writes_once_or_for_each_image_is_shown() -> None:
    named = set(topics(LAYOUT['configById']))
    assert EXPORTED - named == {'/tf'}


def test_topics_of_the_node_are_those_of_the_export() -> None:
    assert {f'{NODE}/{name}' for name in ('pose', 'keyframes', 'markers', 'match_image')} <= (
        EXPORTED & live_topics()
    )


def test_plotted_fields_are_numbers_of_the_decision() -> None:
    pytest.importorskip('foxglove')
    from avpr_ros.evaluation.viewers.mcap_export import DECISION_SCHEMA

    plots = [config for name, config in LAYOUT['configById'].items() if name.startswith('Plot')]
    fields = [path['value'].removeprefix(f'{DECISION}.') for p in plots for path in p['paths']]
    assert sorted(fields) == ['latency_ms', 'probability', 'similarity']
    assert {DECISION_SCHEMA['properties'][field]['type'] for field in fields} == {'number'}
