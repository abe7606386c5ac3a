# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from town_run import make_run

from avpr_ros.pose_rows import rows_of
from avpr_ros.ros.pose_graph.output import save
from avpr_ros.ros.pose_graph.problem import AnchoredClosure
from avpr_ros.ros.pose_graph.solver import Solution


def test_output_files_hold_trajectories_and_closures(tmp_path: Path) -> None:
    run = make_run(0, length_m=20.0)
    closures = tuple(AnchoredClosure(one, run.keyframes[one.keyframe_id]) for one in run.closures)
    stamps_ns = np.array(run.stamps_ns) + 1
    before, after = rows_of(run.odometry), rows_of(run.truth)
    save(tmp_path / 'run', Solution(stamps_ns, before, after, closures[1:], closures[:1], 0, 0))
    lines = (tmp_path / 'run/after.tum').read_text().splitlines()
    assert lines[1].split()[0] == '1700000000.100000001'
    np.testing.assert_allclose([float(v) for v in lines[5].split()[1:]], after[5], atol=1e-8)
    assert len((tmp_path / 'run/before.tum').read_text().splitlines()) == len(before)
    listed = json.loads((tmp_path / 'run/closures.json').read_text())
    (rejected,), first = listed['rejected'], run.closures[0]
    assert (rejected['stamp_ns'], rejected['keyframe_id']) == (first.stamp_ns, first.keyframe_id)
    assert rejected['keyframe_from_base'] == first.keyframe_from_base.as_xyz_quaternion().tolist()
    assert len(listed['used']) == len(closures) - 1
