# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.evaluation import stage_times
from avpr_ros.evaluation.stage_times import WARM_UP, time_stages
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.profiling import STAGES, timed_stage


def window(height_px: int, width_px: int) -> np.ndarray:
    image = np.full((height_px, width_px, 3), 3, np.uint8)
    image[height_px // 3 : -height_px // 3, width_px // 3 : -width_px // 3] = 200
    return image


class GreyNetwork:
    """Describes by the grey level, as the maps of the tests do."""

    def __init__(self) -> None:
        self.manifest = type('Manifest', (), {'input_px': 16})()
        self.seen: list[tuple[int, ...]] = []

    def describe(self, image):
        self.seen.append(image.shape)
        with timed_stage('preprocess'), timed_stage('network'):
            return np.eye(32, dtype=np.float32)[3]


def test_every_stage_but_publishing_and_missing_geometry_is_timed(gallery):
    import cv2

    file = cv2.imencode('.jpg', window(64, 128))[1]
    network = GreyNetwork()
    times = time_stages([file], Recognizer(gallery, network, Matcher(gallery, None)), images=7)
    assert list(times.stages_ms) == [
        *(s for s in STAGES if s not in ('geometry', 'publish')),
        'total',
    ]
    assert len(network.seen) == WARM_UP + 7
    assert network.seen[0] == (16, 32, 3)  # decoded no larger than the network needs
    for p50, p95, p99 in times.stages_ms.values():
        assert 0.0 <= p50 <= p95 <= p99
    parts = sum(p50 for name, (p50, *_) in times.stages_ms.items() if name != 'total')
    assert times.stages_ms['total'][2] > 0.5 * parts
    assert times.images == 7
    assert times.resident_mb > 10


def test_warm_up_does_not_count(gallery, monkeypatch):
    import cv2

    monkeypatch.setattr(stage_times, 'WARM_UP', 3)
    file = cv2.imencode('.png', window(24, 24))[1]
    network = GreyNetwork()
    time_stages([file], Recognizer(gallery, network, Matcher(gallery, None)), images=2)
    assert len(network.seen) == 5


@pytest.mark.slow
def test_the_table_can_be_pasted(avpr, walk, tmp_path, angle_network):
    assert avpr('build', walk, '-o', tmp_path / 'map')[0] == 0
    pair = ('--map', tmp_path / 'map', '--query', angle_network(tmp_path / 'map'))
    code, out, err = avpr('bench', *pair, '--count', 3)
    assert (code, err) == (0, '')
    lines = out.splitlines()
    assert lines[:2] == ['| stage | p50 ms | p95 ms | p99 ms |', '| --- | --- | --- | --- |']
    stages = {line.split('|')[1].strip() for line in lines[2:9]}
    assert stages >= {'decode', 'network', 'geometry', 'decision', 'total'}
    assert '12 keyframes, index exact' in out
    code, _, err = avpr('bench', *pair, '--images', tmp_path)
    assert code == 0  # the thumbnails lie below
    (tmp_path / 'empty').mkdir()
    code, _, err = avpr('bench', *pair, '--images', tmp_path / 'empty')
    assert code == 2
    assert 'no JPEG or PNG' in err
