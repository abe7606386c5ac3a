# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How harsh the odometry of ``slam.py`` is, beside odometry of published accuracy.

The same ways, with the drift that ``slam.py`` adds, with that of the demo, and with what
stereo-visual odometry reaches on KITTI, taken as if all of it were systematic: the worst case of
such figures. No image is looked at.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from avpr_ros.evaluation.metrics.trajectory import aligned, rmse_m
from benchmarks.results import Row, print_table, require_data, write_results
from benchmarks.slam_walks import QUERY, SEED, WALKER, corridor_shots, euroc_shots, fine
from simulation.drives.bag_writer import Shot
from simulation.drives.drift import WHEELS, Drift, with_drift

#: cuVSLAM 17.0.1 without loop closures on KITTI's stereo sequences: 0.85 % and 0.0024 degrees a
#: metre; https://github.com/nvidia-isaac/cuVSLAM/releases/tag/v17.0.1.
STEREO = Drift(1.0085, 0.0024, 0.0)
DRIFTS = {
    'slam.py, real sets': WALKER,
    "the demo's wheels": WHEELS,
    'stereo cameras, KITTI': STEREO,
}
NOTE = (
    'Drift added to the truth; no loop closures. ate_m: after the odometry is moved rigidly onto '
    'the truth; end_error_m: of the last pose, the first laid upon the truth. stereo cameras: '
    'cuVSLAM 17.0.1 as released, on KITTI, all of its error taken for systematic.'
)


def drifted(name: str, way: Sequence[Shot]) -> list[Row]:
    """Return a row for each kind of odometry along a way."""
    _, truth = fine(way)
    # Odometry begins at its own origin; laid upon the first true pose it starts without error.
    true_m = np.array([pose.translation_m for pose in truth])
    way_m = float(np.linalg.norm(np.diff(true_m, axis=0), axis=1).sum())
    rows: list[Row] = []
    for odometry, drift in DRIFTS.items():
        poses = with_drift(truth, drift, np.random.default_rng(SEED))
        guess_m = np.array([(truth[0] @ pose).translation_m for pose in poses])
        end_m = float(np.linalg.norm(guess_m[-1] - true_m[-1]))
        row: dict[str, object] = {'set': name, 'odometry': odometry, 'way_m': way_m}
        row |= {
            'too_long_percent': 100.0 * (drift.scale - 1.0),
            'creep_deg_per_m': f'{drift.creep_deg_per_m:g}',
            'walk_deg_per_root_m': f'{drift.walk_deg_per_root_m:g}',
            'ate_m': rmse_m(true_m, aligned(true_m, guess_m)),
            'end_error_m': end_m,
            'end_error_percent': 100.0 * end_m / way_m,
        }
        rows.append(row)
    return rows


def main() -> None:
    """Compute, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='corridor only')
    quick = parser.parse_args().quick
    rows = drifted('corridor', corridor_shots(require_data('corridor') / QUERY))
    if not quick:
        rows += drifted('euroc_v1', euroc_shots(require_data('euroc_v1')))
    print_table(rows, 'Odometry without loop closures')
    write_results('odometry_drift', rows, quick=quick, note=NOTE)


if __name__ == '__main__':
    main()
