# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Successive matches must lie to each other as odometry measured the motion of the robot."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.checks.clique import largest_clique_with
from avpr_ros.localization.checks.odometry_sample import MatchedOdometry, fuse_poses
from avpr_ros.localization.result import Reason
from avpr_ros.poses import Pose

#: Images of the history that are compared.
WINDOW = 12
#: How many of them, the present one included, must be consistent with one another.
NEEDED = 4
#: How many that are accepted by their local features alone refute others.
CONFIDENT_NEEDED = 2
#: Keyframe spacings that the robot moves between two images that are compared.
STEP_SPACINGS = 0.5
#: Error of odometry as a part of the distance driven.
DRIFT = 0.05


@dataclass(frozen=True, eq=False)
class _Comparison:
    """An image compared with the history of its camera.

    Attributes:
        agreeing: the largest consistent set with the present image, which comes last.
        history: the history with the present image.
        rejection: why the hypothesis is rejected; None where it is not.
    """

    agreeing: list[MatchedOdometry]
    history: deque[MatchedOdometry]
    rejection: str | None


class PairwiseConsistencyCheck:
    """Pairwise consistency of matches (PCM: Mangelson et al., ICRA 2018).

    Two matches i, j agree when the map's motion between their keyframes is the motion of odometry,
    up to the error of a keyframe's pose. Among the last images the largest set is computed in
    which all agree and which holds the present image. A look-alike may agree with one image by
    chance; a row of them on the robot's own path is the path. Images of a robot that stands count
    once.

    An image that is accepted by its local features alone needs no others that agree; but others
    that agree with one another and not with it refute it. Two such images that agree refute those
    others instead: the robot was carried while its wheels stood, or odometry slipped or began
    anew. Images before a relocation that the local features found are not compared.

    Without odometry nothing is rejected.
    """

    reason = Reason.ODOMETRY_INCONSISTENCY

    def __init__(self, spacing_m: float, rotation_step_rad: float) -> None:
        """Set up for a map.

        Args:
            spacing_m: distance between its keyframes.
            rotation_step_rad: rotation between its keyframes.
        """
        self._step_m = STEP_SPACINGS * spacing_m
        self._reach_m = 2.0 * spacing_m
        self._reach_rad = rotation_step_rad + 0.5
        self._spacing_m = spacing_m
        self.forget()

    def forget(self) -> None:
        """See ``Check``."""
        self._history: dict[str, deque[MatchedOdometry]] = {}
        self._last: tuple[MatchHypothesis, _Comparison] | None = None

    def fused_pose(self, hypothesis: MatchHypothesis) -> Pose | None:
        """Return ``map_from_base`` fused from an image and those that are consistent with it.

        None where the image has no odometry or too few are consistent.
        """
        comparison = self._compare(hypothesis)
        if comparison is None or len(comparison.agreeing) < NEEDED:
            return None
        return fuse_poses(comparison.agreeing, self._spacing_m)

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``."""
        comparison = self._compare(hypothesis)
        return None if comparison is None else comparison.rejection

    def update(self, hypothesis: MatchHypothesis, accepted: bool) -> None:
        """See ``Check``; whether the match was accepted is of no account."""
        comparison = self._compare(hypothesis)
        self._last = None
        if comparison is not None:
            self._history[hypothesis.query.camera] = comparison.history

    def _compare(self, hypothesis: MatchHypothesis) -> _Comparison | None:
        """Return the comparison of an image, computed once; None without odometry."""
        if hypothesis.query.odom_from_base is None:
            return None
        last = self._last
        if last is None or last[0] is not hypothesis:
            last = hypothesis, self._comparison(hypothesis, hypothesis.query.odom_from_base)
            self._last = last
        return last[1]

    def _comparison(self, hypothesis: MatchHypothesis, odom_from_base: Pose) -> _Comparison:
        past = self._history.get(hypothesis.query.camera, ())
        history = deque((s for s in past if not hypothesis.outdated(s.stamp_ns)), WINDOW)
        confident = hypothesis.confident_without_history
        present = MatchedOdometry.from_poses(
            hypothesis.map_from_base, odom_from_base, hypothesis.query.stamp_ns, confident
        )
        far = self._far(history, present)
        samples = [*(s for s, moved in zip(history, far, strict=True) if moved), present]
        if not history or far[-1]:
            history.append(present)
        consistent = self._consistent(samples)
        agreeing = [samples[i] for i in largest_clique_with(len(samples) - 1, consistent)]
        if len(agreeing) >= NEEDED or (confident and not _has_clique(consistent[:-1, :-1])):
            return _Comparison(agreeing, history, None)
        if sum(sample.confident for sample in agreeing) >= CONFIDENT_NEEDED:
            return _Comparison(agreeing, deque(agreeing, WINDOW), None)
        text = (
            f'the matches of {len(agreeing)} of the last {len(samples)} images are consistent '
            f'with odometry, at least {NEEDED} must be; keep driving'
        )
        return _Comparison(agreeing, history, text)

    def _far(
        self, history: Sequence[MatchedOdometry], present: MatchedOdometry
    ) -> NDArray[np.bool_]:
        """Return (n,) whether the robot has moved on since each image of the history."""
        if not history:
            return np.zeros(0, dtype=np.bool_)
        steps_m = np.stack([sample.odom_m for sample in history]) - present.odom_m
        turns = np.stack([sample.odom_turn for sample in history])
        turned_rad = _angles_rad(np.einsum('nij,ij->n', turns, present.odom_turn))
        far = np.linalg.norm(steps_m, axis=1) >= self._step_m
        return np.asarray(far | (turned_rad >= self._reach_rad), dtype=np.bool_)

    def _consistent(self, samples: Sequence[MatchedOdometry]) -> NDArray[np.bool_]:
        """Return (n, n) which pairs are consistent.

        With D = ``map_from_odom`` of match i, match j should lie at
        ``map_i + D_i (odom_j - odom_i)`` and have the same D.
        """
        map_m = np.stack([sample.map_m for sample in samples])
        odom_m = np.stack([sample.odom_m for sample in samples])
        turns = np.stack([sample.map_from_odom for sample in samples])
        steps_m = odom_m[np.newaxis] - odom_m[:, np.newaxis]
        expected_m = map_m[:, np.newaxis] + np.einsum('iab,ijb->ija', turns, steps_m)
        apart_m = np.linalg.norm(expected_m - map_m[np.newaxis], axis=2)
        turned_rad = _angles_rad(np.einsum('iab,jab->ij', turns, turns))
        reach_m = self._reach_m + DRIFT * np.linalg.norm(steps_m, axis=2)
        return np.asarray((apart_m <= reach_m) & (turned_rad <= self._reach_rad), dtype=np.bool_)


def _has_clique(consistent: NDArray[np.bool_]) -> bool:
    """Return whether enough samples are consistent with one another."""
    cliques = (largest_clique_with(index, consistent) for index in range(len(consistent)))
    return any(len(clique) >= NEEDED for clique in cliques)


def _angles_rad(traces: FloatArray) -> FloatArray:
    """Return the angles of rotations from the traces of their matrices."""
    return np.asarray(np.arccos(np.clip((traces - 1) / 2, -1.0, 1.0)), dtype=np.float64)
