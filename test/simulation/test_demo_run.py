# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from avpr_ros.demo.commands import PAGE
from avpr_ros.errors import ConfigError
from avpr_ros.evaluation.metrics.trajectory import ate_rmse_m
from avpr_ros.pose_rows import rows_of
from avpr_ros.poses import Pose
from simulation.demo.run import prepare_folder, run_demo
from simulation.drives.record import odometry_of
from simulation.drives.scenario import FULL, QUICK


def test_an_earlier_demo_is_cleared_and_other_folders_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / 'demo'
    prepare_folder(folder)
    (folder / PAGE).touch()
    prepare_folder(folder)

    assert not (folder / PAGE).exists()
    (tmp_path / 'precious').touch()
    with pytest.raises(ConfigError, match='holds other things'):
        prepare_folder(tmp_path)
    assert (tmp_path / 'precious').exists()


def test_a_file_of_the_user_in_an_earlier_demo_is_kept(tmp_path: Path) -> None:
    prepare_folder(tmp_path)
    (tmp_path / PAGE).touch()
    (tmp_path / 'notes.txt').touch()

    with pytest.raises(ConfigError, match=r"holds 'notes\.txt', which is no part of the demo"):
        prepare_folder(tmp_path)
    assert (tmp_path / PAGE).exists()
    assert (tmp_path / 'notes.txt').exists()


def test_demo_without_gtsam_is_an_error_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda _: None)
    with pytest.raises(ConfigError, match='GTSAM, which is not installed: run make setup'):
        run_demo(tmp_path / 'demo', QUICK, quick=True, console=Console())
    assert not (tmp_path / 'demo').exists()


def test_odometry_is_the_truth_with_a_centimetre_of_noise() -> None:
    drive = FULL.mapping.drive()

    odometry = odometry_of(drive, FULL.mapping)

    seconds = [(stamp - FULL.mapping.start_ns) / 1e9 for stamp, _ in odometry]
    errors = np.array(
        [p.distance_m(drive.pose_at(t)) for t, (_, p) in zip(seconds, odometry, strict=True)]
    )
    assert np.allclose(np.diff(seconds), 0.05)
    assert seconds[-1] >= drive.times_s[-1]
    assert 0.005 < errors.mean() < 0.03
    assert errors.max() < 0.08


def test_odometry_of_the_second_drive_drifts_from_its_own_origin() -> None:
    drive = FULL.query.drive()

    odometry = [pose for _, pose in odometry_of(drive, FULL.query)]

    assert odometry[0].distance_m(Pose.identity()) < 0.1
    steps_m = [a.distance_m(b) for a, b in itertools.pairwise(odometry)]
    assert sum(steps_m) > 1.01 * drive.length_m
    seconds = np.arange(0.0, drive.times_s[-1] + 0.05, 0.05)
    truth = rows_of([drive.pose_at(float(t)) for t in seconds])
    assert ate_rmse_m(truth, rows_of(odometry)[: len(truth)], 'se3') > 5.0
