# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from simulation.drives.bag_writer import ODOMETRY_TOPIC
from simulation.drives.record import record_drive
from simulation.drives.scenario import QUICK

pytest.importorskip('pybullet', reason='the software renderer is not installed')


@pytest.mark.slow
def test_a_short_drive_is_rendered_into_a_bag(tmp_path: Path) -> None:
    one_street = replace(
        QUICK.mapping,
        route=((0, 0), (1, 0)),
        driving=replace(QUICK.mapping.driving, rate_hz=0.25),
    )
    seen: list[tuple[int, int]] = []

    recorded = record_drive(
        one_street, tmp_path / 'drive', lambda *done: seen.append(done), processes=1
    )

    source = open_source(tmp_path / 'drive', SourceOptions(pose_topic=ODOMETRY_TOPIC))
    frames = list(source.frames())
    assert len(frames) == recorded.images == len(seen) >= 2
    assert seen[-1] == (recorded.images, recorded.images)
    pictures = [frame.decode().astype(float) for frame in frames]
    assert pictures[0].shape == (240, 320, 3)
    for picture in pictures:
        # Sky above, street below, houses with contrast between.
        assert picture[:20].mean() > picture[-40:].mean() + 15
        assert picture[80:160].std() > 20
    assert np.abs(pictures[0] - pictures[1]).mean() > 5
