# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How far off an accepted match may be: it is a keyframe's pose, not the robot's."""

from __future__ import annotations

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.retrieval import Retrieval
from avpr_ros.localization.settings import MatchSettings


def match_covariance(
    retrieval: Retrieval,
    hypotheses: PoseHypotheses,
    spacing_m: float,
    rotation_step_rad: float,
    settings: MatchSettings,
) -> FloatArray:
    """Return the covariance of the best candidate's pose.

    Each standard deviation is the largest of half the keyframe spacing (the robot was between
    two keyframes), the spread of the candidates that agree with the best, and a floor; times a
    scale. The spread is the root mean square around the best one, each candidate weighted by
    how far it stands above the best distinct place: ``w = s_i - s_rival``.

    Args:
        retrieval: candidates, at least one.
        hypotheses: poses of the base by row.
        spacing_m: distance between keyframes.
        rotation_step_rad: rotation between keyframes.
        settings: floors and scales.

    Returns:
        (6, 6) float64, diagonal, finite and positive: x y z in square metres, rotations about
        the fixed axes of the map in square radians (REP-103).
    """
    spread_xy_m, spread_z_m, spread_yaw_rad = _spreads(retrieval, hypotheses)
    sigma_xy_m = max(spacing_m / 2, spread_xy_m, settings.min_sigma_xy_m)
    sigma_z_m = max(spread_z_m, settings.min_sigma_z_m)
    sigma_yaw_rad = max(rotation_step_rad / 2, spread_yaw_rad, settings.min_sigma_yaw_rad)
    position_m = settings.position_covariance_scale * np.array([sigma_xy_m, sigma_xy_m, sigma_z_m])
    tilt_rad = settings.sigma_roll_pitch_rad
    rotation_rad = [tilt_rad, tilt_rad, settings.yaw_covariance_scale * sigma_yaw_rad]
    return np.asarray(np.diag(np.concatenate([position_m, rotation_rad]) ** 2))


def _spreads(retrieval: Retrieval, hypotheses: PoseHypotheses) -> tuple[float, float, float]:
    """Return the spread in the plane for each axis, along z, and of the rotation."""
    best = int(retrieval.rows[0])
    rows = retrieval.near_rows
    rival = max(retrieval.rival_similarity, -1.0)
    weights = np.maximum(retrieval.near_similarities - rival, 0.0)
    weights[0] = max(weights[0], 1e-6)
    weights = weights / weights.sum()
    squares = weights @ hypotheses.offsets_m(best, rows) ** 2
    angle = float(np.sqrt(weights @ hypotheses.angles_rad(best, rows) ** 2))
    # Half of the planar square for each axis: the offset's direction is not known.
    return float(np.sqrt((squares[0] + squares[1]) / 2)), float(np.sqrt(squares[2])), angle
