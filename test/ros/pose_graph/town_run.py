# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A drive through an imagined town: truth, odometry with drift, loop closures, some wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
import itertools

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.poses import Pose
from avpr_ros.ros.common.loop_closure import LoopClosure

START_NS = 1_700_000_000_000_000_000
KEYFRAME_M = 2.0


@dataclass(frozen=True, eq=False)
class Run:
    stamps_ns: list[int]
    truth: list[Pose]
    odometry: list[Pose]
    keyframes: list[Pose]
    closures: list[LoopClosure]
    wrong: list[bool]


@cache
def streets(length_m: float, step_m: float) -> tuple[list[Pose], list[Pose]]:
    """Return poses and the motions between them.

    Two rounds and more about blocks of 60 m by 40 m, corners rounded.
    """
    poses, pose = [Pose.identity()], Pose.identity()
    leg, left_m = 0, 60.0
    while len(poses) * step_m < length_m:
        turning = left_m <= 0.0
        turn = step_m / 5.0 if turning else 0.0
        pose = pose @ Pose.from_xy_yaw(step_m, 0.0, turn)
        left_m -= step_m
        if left_m < -5.0 * np.pi / 2:
            leg += 1
            left_m = 40.0 if leg % 2 else 60.0 + 20.0 * (leg % 4 == 2)
        poses.append(pose)
    return poses, [before.inverse() @ after for before, after in itertools.pairwise(poses)]


def with_drift(motions: list[Pose], scale: float, yaw_rad_per_m: float, rng) -> list[Pose]:
    """Odometry from the origin: wrong scale, a heading that creeps away, and noise."""
    odometry = [Pose.identity()]
    for motion in motions:
        travelled_m = np.linalg.norm(motion.translation_m)
        noise = rng.normal(0.0, 0.004, 3) * np.sqrt(travelled_m)
        creep = Rotation.from_euler('z', yaw_rad_per_m * travelled_m + rng.normal(0.0, 0.0005))
        wrong = Pose(motion.translation_m * scale + noise, motion.rotation * creep)
        odometry.append(odometry[-1] @ wrong)
    return odometry


def make_run(
    seed: int,
    length_m: float = 500.0,
    wrong_part: float = 0.1,
    burst: int = 1,
    scale: float = 1.015,
    yaw_deg_per_m: float = 0.05,
) -> Run:
    """Drive at 1 m/s; every 2 m a match, ``wrong_part`` of them gross, in bursts that agree."""
    rng = np.random.default_rng(seed)
    truth, motions = streets(length_m, 0.1)
    stamps_ns = [START_NS + 100_000_000 * k for k in range(len(truth))]
    odometry = with_drift(motions, scale, np.deg2rad(yaw_deg_per_m), rng)
    keyframes = truth[:: int(KEYFRAME_M / 0.1)]
    places = np.array([pose.translation_m for pose in keyframes])
    closures, wrong = [], []
    shift, left = 0, 0
    for k in range(15, len(truth), 20):
        if left == 0 and rng.random() < wrong_part / burst:
            shift, left = int(rng.integers(len(keyframes) // 6, len(keyframes) * 5 // 6)), burst
        nearest = int(np.argmin(np.linalg.norm(places - truth[k].translation_m, axis=1)))
        seen = keyframes[nearest].inverse() @ truth[k]
        keyframe = nearest
        if left:
            keyframe = (nearest + shift) % len(keyframes)
            left -= 1
        noise = Pose(rng.normal(0.0, 0.3, 3), Rotation.from_rotvec(rng.normal(0.0, 0.03, 3)))
        covariance = np.diag([0.09] * 3 + [0.0009] * 3)
        closures.append(LoopClosure(stamps_ns[k], keyframe, seen @ noise, covariance))
        off_m = keyframes[keyframe].distance_m(keyframes[nearest])
        wrong.append(bool(off_m > 5.0))
    return Run(stamps_ns, truth, odometry, keyframes, closures, wrong)


def shifted(closure: LoopClosure, seconds: float) -> LoopClosure:
    return replace(closure, stamp_ns=closure.stamp_ns + int(seconds * 1e9))
