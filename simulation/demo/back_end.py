# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A pose graph beside the node: drifting odometry and loop closures over topics, scored."""

from __future__ import annotations

from dataclasses import dataclass
import importlib.util
import json
import math
from pathlib import Path

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import ConfigError, SourceError
from avpr_ros.evaluation.metrics.trajectory import aligned, associate, rmse_m
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.poses import Pose
from avpr_ros.sources.poses.tum import read_tum
from simulation.demo.methods import Method, play
from simulation.demo.scoring import WRONG_M
from simulation.demo.steps import Steps
from simulation.drives.bag_writer import ODOMETRY_TOPIC
from simulation.drives.drift import Drift

BACK_END = 'avpr_pose_graph'
#: Folder of what the back-end writes.
OUTPUT = 'back_end'
LEAST_RATIO = 5.0
#: Poses farther apart in time than this are not of the same moment.
_SAME_NS = 10_000_000
#: This share of the images must have a place in the trajectory, or it is no trajectory.
_LEAST_SHARE = 0.9


@dataclass(frozen=True, eq=False)
class Corrected:
    """A drive's trajectory with and without loop closures, at the moments of its images.

    Attributes:
        truth_m: (N, 3) true positions.
        before_m: (N, 3) odometry, moved rigidly onto the truth as well as it can be.
        after_m: (N, 3) the back-end's, in the map as it is.
        row: the figures, under the names of result files.
    """

    truth_m: FloatArray
    before_m: FloatArray
    after_m: FloatArray
    row: dict[str, str | int | float | None]


def check_installed() -> None:
    """Find out before the long steps whether the back-end can start.

    Raises:
        ConfigError: GTSAM is not installed.
    """
    if importlib.util.find_spec('gtsam') is None:
        raise ConfigError(
            "The demo's pose graph needs GTSAM, which is not installed: run make setup, or "
            "pip install -e '.[demo]'."
        )


def play_with_back_end(steps: Steps, folder: Path, bag: str, method: Method) -> None:
    """Play a drive and its odometry to the node and to the back-end beside it.

    Args:
        steps: runs the commands.
        folder: of ``steps``, for the logs.
        bag: the drive, in that folder.
        method: whose map and query network the node takes.
    """
    back_end = [BACK_END, '--ros-args', '-p', f'output:={OUTPUT}']
    back_end += ['-p', 'solve_period_s:=0.0', '-r', f'odom:={ODOMETRY_TOPIC}']
    with steps.background(back_end, folder / 'back_end.log'):
        play(steps, folder, bag, method, also=[ODOMETRY_TOPIC], listeners=[BACK_END])


def score_back_end(
    folder: Path,
    stamps_ns: IntArray,
    truth_m: FloatArray,
    keyframes: Keyframes,
    name: str,
    drift: Drift | None,
    wrong_m: float = WRONG_M,
) -> Corrected:
    """Compare what the back-end wrote with the truth.

    Args:
        folder: with ``before.tum``, ``after.tum`` and ``closures.json``.
        stamps_ns: (Q,) of the drive's images, ascending.
        truth_m: (Q, 3) true positions of the base at those stamps.
        keyframes: that the loop closures refer to.
        name: of the set, in the row.
        drift: added to the odometry, noted with the figures.
        wrong_m: a loop closure that places the base farther from the truth is a wrong edge.

    Raises:
        SourceError: a file is missing or not of this drive, or much of the odometry was lost.
    """
    before, after = read_tum(folder / 'before.tum'), read_tum(folder / 'after.tum')
    images, rows = associate(stamps_ns, after.stamps_ns, _SAME_NS)
    known = len(np.unique(images))
    if known < _LEAST_SHARE * len(stamps_ns):
        raise SourceError(
            f'{folder} has the places of {known} of {len(stamps_ns)} images only; odometry was '
            'lost: play the drive again.'
        )
    used, rejected = _edge_errors(folder / 'closures.json', stamps_ns, truth_m, keyframes)
    truth_m = truth_m[images]
    before_m = aligned(truth_m, before.translations_m[rows])
    after_m = after.translations_m[rows]
    ate_before_m = rmse_m(truth_m, before_m)
    ate_after_m = rmse_m(truth_m, aligned(truth_m, after_m))
    row: dict[str, str | int | float | None] = {
        'set': name,
        'method': 'back_end',
        'drift': str(drift),
        'ate_before_m': ate_before_m,
        'ate_after_m': ate_after_m,
        'ate_ratio': ate_before_m / max(ate_after_m, 1e-9),
        'error_in_map_m': rmse_m(truth_m, after_m),
        'wrong_edges': sum(error_m > wrong_m for error_m in used),
        'wrong_m': wrong_m,
        'used_edges': len(used),
        'largest_edge_error_m': max(used, default=0.0),
        'rejected_edges': len(rejected),
        'rejected_wrong_edges': sum(error_m > wrong_m for error_m in rejected),
    }
    return Corrected(truth_m, before_m, after_m, row)


def back_end_verdict(corrected: Corrected, *, quick: bool) -> list[str]:
    """Return what is not good enough; a quick drive is too short to drift, and is let off that."""
    row, failures = corrected.row, []
    ratio = float(row['ate_ratio'] or 0.0)
    if ratio < LEAST_RATIO and not quick:
        failures.append(
            f'loop closures make the trajectory error {ratio:.1f} times lower, less than '
            f'{LEAST_RATIO:g}'
        )
    if row['wrong_edges']:
        failures.append(f'{row["wrong_edges"]} wrong loop closures were used')
    return failures


def _edge_errors(
    path: Path, stamps_ns: IntArray, truth_m: FloatArray, keyframes: Keyframes
) -> tuple[list[float], list[float]]:
    """Return how far from the truth used and rejected loop closures place the base, in metres."""
    at_id = dict(zip(keyframes.ids.tolist(), keyframes.poses, strict=True))
    at_stamp = dict(zip(stamps_ns.tolist(), truth_m, strict=True))
    try:
        listed = json.loads(path.read_text(encoding='utf-8'))
        used, rejected = (
            [
                math.dist(
                    _place_m(at_id[closure['keyframe_id']], closure['keyframe_from_base']),
                    at_stamp[closure['stamp_ns']],
                )
                for closure in listed[kind]
            ]
            for kind in ('used', 'rejected')
        )
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(
            f'{path} is no list of loop closures of this drive and map ({error!r}): play it again.'
        ) from error
    return used, rejected


def _place_m(map_from_keyframe: FloatArray, keyframe_from_base: list[float]) -> FloatArray:
    """Return (3,): the base's position in the map according to a loop closure."""
    keyframe = Pose.from_xyz_quaternion(map_from_keyframe)
    base = Pose.from_xyz_quaternion(np.array(keyframe_from_base, np.float64))
    return (keyframe @ base).translation_m
