# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.result import Reason
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.recognizer_factory import NodeRecognizer


def test_the_sequence_filter_is_switched_on_while_running(gallery: Any) -> None:
    manifest = SimpleNamespace(calibration=None)
    network: Any = SimpleNamespace(manifest=manifest, describe=lambda image: np.eye(32)[7])
    recognizer = NodeRecognizer(gallery, network, Matcher(gallery, None))
    image = np.zeros((2, 2, 3), np.uint8)
    assert recognizer.recognize(image, 0, 'front').reason is Reason.NOT_CALIBRATED
    following = recognizer.with_settings(
        Settings(map_path='map', query_network='query.onnx', temporal_filter='bayes')
    )
    result = following.recognize(image, 0, 'front')
    assert result.reason is Reason.TEMPORAL_INCONSISTENCY
    assert result.candidates[0].row == 7


@pytest.mark.parametrize('cores', [1, 2])
def test_corners_are_found_beside_the_network_where_there_is_a_core_for_it(
    cores: int, town_map: Path, town_query: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: set(range(cores)))
    recognizer = NodeRecognizer.open(
        Settings(map_path=str(town_map), query_network=str(town_query))
    )
    assert (recognizer.beside is not None) == (cores > 1)
