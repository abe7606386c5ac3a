# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What to do where no image is accepted, by the reason of most rejections."""

from __future__ import annotations

from collections.abc import Mapping

from avpr_ros.localization.result import Reason

_ELSEWHERE = (
    'check that map_path is the map of this place; under another light or season, add a drive to '
    'the map and train again'
)
_REMEDIES = {
    Reason.LOW_SIMILARITY: _ELSEWHERE,
    Reason.LOW_PROBABILITY: _ELSEWHERE,
    Reason.OUT_OF_MAP: _ELSEWHERE,
    Reason.SCORES_UNINFORMATIVE: 'build the map with landmarks, or train with more drives',
    Reason.AMBIGUOUS: 'keep moving: several places of the map look alike',
    Reason.TEMPORAL_INCONSISTENCY: 'keep moving, or raise max_speed_m_s',
    Reason.ODOMETRY_INCONSISTENCY: 'check that odom is of this robot, or set use_odometry:=false',
    Reason.GEOMETRIC_VERIFICATION: 'check camera_info and extrinsics of the camera',
    Reason.NOT_CALIBRATED: 'train the query network for this map, or set min_similarity',
}


#: Images from which on the reason of most is taken for the cause.
_ENOUGH_IMAGES = 3
_TOO_FEW = 'keep moving: a remedy is named after some more images'


def rejection_text(reasons: Mapping[str, int]) -> str | None:
    """Return how many images were rejected for which reason, and what to do, in one clause.

    Args:
        reasons: number of results by reason; one at least was accepted: None.
    """
    rejected = {why: n for why, n in reasons.items() if why != Reason.ACCEPTED.value}
    if not rejected:
        return None
    main = max(rejected, key=lambda why: rejected[why])
    text = f'{rejected[main]} of {sum(reasons.values())} images were rejected as {main}'
    remedy = _REMEDIES.get(Reason(main)) if sum(reasons.values()) >= _ENOUGH_IMAGES else _TOO_FEW
    return text if remedy is None else f'{text}; {remedy}'
