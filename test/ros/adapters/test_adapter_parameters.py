# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import yaml

from avpr_ros.ros.adapters.parameters import CONSISTENT_MATCHES, MODES, AdapterSettings
from avpr_ros.ros.common.parameter_table import table
from avpr_ros.ros.pose_graph.parameters import PoseGraphSettings

DOCS = Path(__file__).parents[3] / 'docs/consumers'


def test_every_mode_has_default_match_count() -> None:
    assert set(CONSISTENT_MATCHES) == set(MODES)
    assert AdapterSettings(min_consistent_matches=5).consistent_matches() == 5
    assert AdapterSettings(mode='cuvslam').consistent_matches() == 3


def test_parameter_defaults_are_within_ranges() -> None:
    for row in [*table(AdapterSettings), *table(PoseGraphSettings)]:
        if row.low is not None and row.high is not None:
            assert row.low <= row.default <= row.high, row.name


def test_yaml_in_docs_names_existing_parameters() -> None:
    text = (DOCS / 'amcl_slam_toolbox.md').read_text(encoding='utf-8')
    block = text.split('```yaml\n')[1].split('```')[0]
    given = yaml.safe_load(block)['/**/avpr_adapter']['ros__parameters']
    assert set(given) <= {row.name for row in table(AdapterSettings)}
