# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Matches along the way must lie to each other as odometry says the robot moved."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.localization.checks.check import MatchHypothesis
from avpr_ros.localization.checks.clique import largest_clique_with
from avpr_ros.localization.checks.odometry_sample import MatchedOdometry, fuse_poses
from avpr_ros.localization.result import Reason
from avpr_ros.poses import Pose

#: Images along the way that are compared.
WINDOW = 12
#: How many of them, the present one included, must be consistent with one another.
NEEDED = 4
#: How many that are accepted by their local features alone refute others.
CONFIDENT_NEEDED = 2
#: Keyframe spacings that the robot moves between two images that are compared.
STEP_SPACINGS = 0.5
#: Part of the way by which odometry may be wrong.
DRIFT = 0.05


class PairwiseConsistencyCheck:
    """Pairwise consistency of matches (PCM: Mangelson et al., ICRA 2018).

    Two matches i, j agree when the map's motion between their keyframes is the motion of odometry,
    within the reach of a keyframe. Of the last images along the way the largest set is sought in
    which all agree and which the present image is part of. A look-alike may agree with one image
    by chance; a row of them on the robot's own path is the path. A robot that stands adds nothing:
    the same view twice is one piece of evidence.

    An image that is accepted by its local features alone need not wait for others to agree; but
    others that agree with one another and not with it refute it. Two such images that agree refute
    those others instead: the robot was carried while its wheels stood, or odometry slipped or
    began anew. Images before a relocation that the local features found are no longer compared.

    Without odometry there is no objection.
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
        self._ways: dict[str, deque[MatchedOdometry]] = {}
        self._agreed: dict[str, list[MatchedOdometry]] = {}

    def forget(self) -> None:
        """Start all cameras anew."""
        self._ways, self._agreed = {}, {}

    def fused_pose(self, camera: str) -> Pose | None:
        """Return where the images that agreed with a camera's last one put the base, in the mean.

        None where the last image had no odometry or too few agreed with it.
        """
        stops = self._agreed.get(camera)
        return None if stops is None else fuse_poses(stops, self._spacing_m)

    def objection(self, case: MatchHypothesis) -> str | None:
        """See ``Check``."""
        camera, odom_from_base = case.query.camera, case.query.odom_from_base
        self._agreed.pop(camera, None)
        if odom_from_base is None:
            return None
        known = self._ways.get(camera, ())
        way = deque((one for one in known if not case.outdated(one.stamp_ns)), WINDOW)
        self._ways[camera] = way
        here = MatchedOdometry.of(
            case.map_from_base, odom_from_base, case.query.stamp_ns, case.confident_without_history
        )
        moved = self._moved(way, here)
        stops = [*(one for one, far in zip(way, moved, strict=True) if far), here]
        if not way or moved[-1]:
            way.append(here)
        agree = self._agree(stops)
        agreed = largest_clique_with(len(stops) - 1, agree)
        count = len(agreed)
        if count >= NEEDED:
            self._agreed[camera] = [stops[i] for i in agreed]
            return None
        if case.confident_without_history and not _agreed(agree[:-1, :-1]):
            return None
        if sum(stops[i].confident for i in agreed) >= CONFIDENT_NEEDED:
            self._ways[camera] = deque((stops[i] for i in agreed), WINDOW)
            return None
        return (
            f'the matches of {count} of the last {len(stops)} images are consistent with '
            f'odometry, at least {NEEDED} must be; keep driving'
        )

    def told(self, case: MatchHypothesis, accepted: bool) -> None:
        """See ``Check``: what became of a match does not matter here."""

    def _moved(self, way: Sequence[MatchedOdometry], here: MatchedOdometry) -> NDArray[np.bool_]:
        """Return which stops the robot has moved away from since."""
        if not way:
            return np.zeros(0, dtype=np.bool_)
        moved_m = np.linalg.norm(np.stack([one.odom_m for one in way]) - here.odom_m, axis=1)
        turns = np.stack([one.odom_turn for one in way])
        turned_rad = _angles_rad(np.einsum('nij,ij->n', turns, here.odom_turn))
        far = (moved_m >= self._step_m) | (turned_rad >= self._reach_rad)
        return np.asarray(far, dtype=np.bool_)

    def _agree(self, stops: Sequence[MatchedOdometry]) -> NDArray[np.bool_]:
        """Return (n, n) which pairs agree.

        With D = ``map_from_odom`` as match i says it, match j should lie at
        ``map_i + D_i (odom_j - odom_i)`` and say the same D.
        """
        map_m = np.stack([one.map_m for one in stops])
        odom_m = np.stack([one.odom_m for one in stops])
        turns = np.stack([one.map_from_odom for one in stops])
        ways = odom_m[np.newaxis] - odom_m[:, np.newaxis]
        expected = map_m[:, np.newaxis] + np.einsum('iab,ijb->ija', turns, ways)
        apart_m = np.linalg.norm(expected - map_m[np.newaxis], axis=2)
        turned_rad = _angles_rad(np.einsum('iab,jab->ij', turns, turns))
        reach_m = self._reach_m + DRIFT * np.linalg.norm(ways, axis=2)
        return np.asarray((apart_m <= reach_m) & (turned_rad <= self._reach_rad), dtype=np.bool_)


def _agreed(agree: NDArray[np.bool_]) -> bool:
    """Tell whether enough stops agree with one another."""
    cliques = (largest_clique_with(index, agree) for index in range(len(agree)))
    return any(len(clique) >= NEEDED for clique in cliques)


def _angles_rad(traces: FloatArray) -> FloatArray:
    """Return the angles of rotations from the traces of their matrices."""
    return np.asarray(np.arccos(np.clip((traces - 1) / 2, -1.0, 1.0)), dtype=np.float64)
