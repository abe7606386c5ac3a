# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Absolute trajectory error, with the alignment named.

ATE as J. Sturm et al., "A benchmark for the evaluation of RGB-D SLAM systems", IROS 2012, the
root of the mean squared distance between positions; alignment after S. Umeyama, PAMI 1991,
without scale. The figures equal those of evo's ``evo_ape``, which reads the same TUM files.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.pose_rows import compose, inverse

Alignment = Literal['none', 'first_pose', 'se3']


def ate_rmse_m(reference: FloatArray, estimate: FloatArray, alignment: Alignment) -> float:
    """Return the error in metres.

    Args:
        reference: (N, 7) truth, ``x y z qx qy qz qw``.
        estimate: (N, 7) at the same moments.
        alignment: ``none`` compares the numbers as they are, ``first_pose`` lays the first poses
            upon each other, ``se3`` moves the estimate rigidly to the least error.
    """
    if alignment == 'first_pose':
        estimate = compose(compose(reference[0], inverse(estimate[0])), estimate)
    truth, guess = reference[:, :3], estimate[:, :3]
    if alignment == 'se3':
        guess = aligned(truth, guess)
    return rmse_m(truth, guess)


def rmse_m(truth: FloatArray, guess: FloatArray) -> float:
    """Return the root of the mean squared distance between (N, 3) positions, in metres."""
    return float(np.sqrt(((truth - guess) ** 2).sum(axis=1).mean()))


def associate(
    reference_ns: IntArray, estimate_ns: IntArray, max_difference_ns: int
) -> tuple[IntArray, IntArray]:
    """Return rows of both trajectories that belong together: the nearest in time, both sorted."""
    after = np.clip(np.searchsorted(reference_ns, estimate_ns), 1, len(reference_ns) - 1)
    earlier = estimate_ns - reference_ns[after - 1] < reference_ns[after] - estimate_ns
    nearest = after - earlier
    near = np.abs(reference_ns[nearest] - estimate_ns) <= max_difference_ns
    return nearest[near].astype(np.int64), np.flatnonzero(near).astype(np.int64)


def aligned(truth: FloatArray, guess: FloatArray) -> FloatArray:
    """Return (N, 3) positions moved rigidly to the least error against the truth, (N, 3)."""
    middle, centre = truth.mean(axis=0), guess.mean(axis=0)
    u, _, vt = np.linalg.svd((truth - middle).T @ (guess - centre))
    mirror = np.diag([1.0, 1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    return np.asarray((guess - centre) @ (u @ mirror @ vt).T + middle)
