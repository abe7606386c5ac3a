# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from avpr_ros.ros.adapters.parameters import AGREEING, MODES, AdapterSettings
from avpr_ros.ros.common.parameter_table import table
from avpr_ros.ros.common.parameters import markdown_table
from avpr_ros.ros.pose_graph.parameters import PoseGraphSettings

DOCS = Path(__file__).parents[3] / 'docs/consumers'


@pytest.mark.parametrize(
    ('page', 'settings'),
    [('README.md', AdapterSettings), ('pose_graph.md', PoseGraphSettings)],
)
def test_the_table_in_the_docs_is_current(page: str, settings: type) -> None:
    assert f'{markdown_table(settings)}\n' in (DOCS / page).read_text(encoding='utf-8')


def test_every_mode_says_how_many_matches_it_needs() -> None:
    assert set(AGREEING) == set(MODES)
    assert AdapterSettings(min_consistent_matches=5).agreeing_matches() == 5
    assert AdapterSettings(mode='cuvslam').agreeing_matches() == 3


def test_defaults_lie_within_their_ranges() -> None:
    for row in [*table(AdapterSettings), *table(PoseGraphSettings)]:
        if row.low is not None and row.high is not None:
            assert row.low <= row.default <= row.high, row.name


def test_yaml_in_the_docs_names_parameters_that_exist() -> None:
    text = (DOCS / 'amcl_slam_toolbox.md').read_text(encoding='utf-8')
    block = text.split('```yaml\n')[1].split('```')[0]
    given = yaml.safe_load(block)['avpr_adapter']['ros__parameters']
    assert set(given) <= {row.name for row in table(AdapterSettings)}
