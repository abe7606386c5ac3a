# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from avpr_ros import build_map, train_query_network
from avpr_ros.errors import ConfigError, TrainingError
from avpr_ros.training import query_training


@pytest.mark.parametrize('several', [False, True])
def test_maps_and_settings_reach_the_training(walk, avpr, tmp_path, monkeypatch, several) -> None:
    build_map(walk, tmp_path / 'map')
    seen = {}

    def train(maps, output, settings, progress):
        seen.update(names=[m.path.name for m in maps], output=output, steps=settings.steps)

    monkeypatch.setattr(query_training, 'train_query_network', train)
    path = str(tmp_path / 'map')
    train_query_network([path] if several else path, str(tmp_path / 'q.onnx'), steps=3)
    assert seen == {'names': ['map'], 'output': tmp_path / 'q.onnx', 'steps': 3}


def test_an_unknown_setting_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match='unknown setting step; there are'):
        train_query_network('map', tmp_path / 'q.onnx', step=3)


def test_a_wrong_output_is_refused(avpr, walk, tmp_path) -> None:
    build_map(walk, tmp_path / 'map')
    with pytest.raises(TrainingError, match=r'\.onnx'):
        train_query_network(tmp_path / 'map', tmp_path / 'q.bin')
