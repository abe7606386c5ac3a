# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avpr_ros.errors import SourceError
from avpr_ros.gallery.keyframes import Keyframes
from simulation.demo.back_end import back_end_verdict, play_with_back_end, score_back_end
from simulation.demo.methods import METHODS
from simulation.drives.drift import WHEELS

STAMPS_NS = 10**18 + np.arange(40) * 250_000_000
TRUTH_M = np.stack([np.arange(40.0), np.zeros(40), np.zeros(40)], axis=1)


def write_tum(path: Path, positions_m: np.ndarray) -> None:
    rows = zip(STAMPS_NS, positions_m, strict=False)
    path.write_text(
        ''.join(f'{t // 10**9}.{t % 10**9:09d} {x} {y} {z} 0 0 0 1\n' for t, (x, y, z) in rows)
    )


@pytest.fixture
def keyframes() -> Keyframes:
    poses = np.hstack([TRUTH_M, np.tile([0.0, 0.0, 0.0, 1.0], (40, 1))])
    zeros = np.zeros(40, np.int32)
    return Keyframes(100 + np.arange(40), STAMPS_NS, zeros, zeros, poses)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    # Odometry a tenth too long, in a frame of its own; the back-end a metre beside the truth and
    # three hundredths too long.
    write_tum(tmp_path / 'before.tum', 1.1 * TRUTH_M[:, [1, 0, 2]] + 50.0)
    write_tum(tmp_path / 'after.tum', 1.03 * TRUTH_M + np.array([0.0, 1.0, 0.0]))
    here = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    edges = [
        {'stamp_ns': int(stamp), 'keyframe_id': 100 + k, 'keyframe_from_base': here}
        for k, stamp in enumerate(STAMPS_NS)
    ]
    edges[7]['keyframe_id'] = 139
    # Seen from far, and placed where it was: that is no error.
    edges[8].update(keyframe_id=128, keyframe_from_base=[-20.0, *here[1:]])
    (tmp_path / 'closures.json').write_text(
        json.dumps({'used': edges[:30], 'rejected': edges[30:]})
    )
    return tmp_path


def test_figures_before_and_after(folder: Path, keyframes: Keyframes) -> None:
    corrected = score_back_end(folder, STAMPS_NS, TRUTH_M, keyframes, 'a_set', WHEELS)

    assert corrected.row['ate_before_m'] == pytest.approx(0.1 * TRUTH_M[:, 0].std())
    assert corrected.row['ate_after_m'] == pytest.approx(0.03 * TRUTH_M[:, 0].std())
    assert corrected.row['ate_ratio'] == pytest.approx(10 / 3)
    in_map_m = np.sqrt(1.0 + np.square(0.03 * TRUTH_M[:, 0]).mean())
    assert corrected.row['error_in_map_m'] == pytest.approx(in_map_m)
    assert (corrected.row['used_edges'], corrected.row['rejected_edges']) == (30, 10)
    assert corrected.row['wrong_edges'] == 1
    assert corrected.row['largest_edge_error_m'] == 32.0
    assert corrected.row['rejected_wrong_edges'] == 0


def test_a_wrong_edge_fails_and_a_short_drive_need_not_drift(
    folder: Path, keyframes: Keyframes
) -> None:
    corrected = score_back_end(folder, STAMPS_NS, TRUTH_M, keyframes, 'a_set', WHEELS)

    assert back_end_verdict(corrected, quick=True) == ['1 wrong loop closures were used']
    assert 'times lower, less than 5' in back_end_verdict(corrected, quick=False)[0]


def test_half_a_trajectory_is_refused(folder: Path, keyframes: Keyframes) -> None:
    for name in ('before.tum', 'after.tum'):
        write_tum(folder / name, TRUTH_M[:20])
    with pytest.raises(SourceError, match='the places of 20 of 40 images only'):
        score_back_end(folder, STAMPS_NS, TRUTH_M, keyframes, 'a_set', WHEELS)


def test_closures_of_another_map_are_refused(folder: Path, keyframes: Keyframes) -> None:
    (folder / 'closures.json').write_text('{"used": [{"stamp_ns": 1, "keyframe_id": 1}]}')
    with pytest.raises(SourceError, match='no list of loop closures of this drive and map'):
        score_back_end(folder, STAMPS_NS, TRUTH_M, keyframes, 'a_set', WHEELS)


def test_the_back_end_listens_before_the_drive_is_played_and_outlives_the_node(
    tmp_path: Path,
) -> None:
    events: list[str] = []

    class Recorded:
        def run(self, command: list[str]) -> None:
            events.append(' '.join(command))

        @contextmanager
        def background(self, command: list[str], log: Path) -> Iterator[None]:
            events.append(f'start {command[0]}')
            yield
            events.append(f'stop {command[0]}')

    steps: Any = Recorded()
    play_with_back_end(steps, tmp_path, 'drive2', METHODS[-1])

    assert events[:2] == ['start avpr_pose_graph', 'start avpr_localizer']
    assert events[2].startswith('avpr_replay drive2 ')
    assert events[2].endswith(' --also /odom --listener avpr_pose_graph')
    assert events[3:] == ['stop avpr_localizer', 'stop avpr_pose_graph']
