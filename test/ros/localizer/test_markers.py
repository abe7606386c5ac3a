# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from visualization_msgs.msg import Marker

from avpr_ros.localization.result import Candidate, MatchResult, PoseEstimate, Reason
from avpr_ros.poses import Pose
from avpr_ros.ros.common.messages import stamp_ns
from avpr_ros.ros.localizer import visualization as markers

STAMP_NS = 1_700_000_000_123_456_789
POSE = Pose.from_xy_yaw(4.0, 2.0, 1.0)
#: The fourth is the one that was matched.
POSES = np.array([[float(row), 9.0, 1.0, 0, 0, 0, 1] for row in range(4)])


def result(reason: Reason, text: str = 'similarity 0.7') -> MatchResult:
    candidate = Candidate(0, 3, 3, 0.7, 1.2, 0.9, POSE, reason, text)
    estimate = PoseEstimate(POSE, np.eye(6)) if reason is Reason.ACCEPTED else None
    return MatchResult(STAMP_NS, 'camera', (candidate,), estimate, reason, text)


def test_keyframes_are_dots_where_they_were_taken() -> None:
    poses = np.array([[1.0, 2.0, 3.0, 0, 0, 0, 1], [4.0, 5.0, 6.0, 0, 0, 0, 1]])
    marker = markers.keyframes_marker(poses, 'town')
    assert (marker.header.frame_id, marker.type) == ('town', Marker.SPHERE_LIST)
    assert [(p.x, p.y, p.z) for p in marker.points] == [(1, 2, 3), (4, 5, 6)]
    assert marker.scale.x > 0.0 and marker.color.a == 1.0


@pytest.mark.parametrize('reason', [Reason.ACCEPTED, Reason.AMBIGUOUS])
def test_a_match_is_an_arrow_with_its_keyframe_and_its_reason(reason: Reason) -> None:
    arrow, line, text = markers.match_markers(result(reason), POSES, 'town', 5)
    assert (arrow.type, arrow.id, stamp_ns(arrow.header.stamp)) == (Marker.ARROW, 5, STAMP_NS)
    assert (arrow.pose.position.x, arrow.pose.position.y) == (4.0, 2.0)
    assert arrow.pose.orientation.z == pytest.approx(np.sin(0.5))
    assert (arrow.color.g > arrow.color.r) == (reason is Reason.ACCEPTED)
    assert (line.type, line.id, line.color) == (Marker.LINE_LIST, 5, arrow.color)
    assert [(p.x, p.y, p.z) for p in line.points] == [(4.0, 2.0, 0.0), (3.0, 9.0, 1.0)]
    assert text.type == Marker.TEXT_VIEW_FACING
    assert text.text == 'similarity 0.7'
    assert text.pose.position.z > arrow.pose.position.z


def test_the_trail_has_an_end_and_only_the_last_reason_stands() -> None:
    first, _, old = markers.match_markers(result(Reason.ACCEPTED), POSES, 'town', 0)
    last, _, new = markers.match_markers(result(Reason.ACCEPTED), POSES, 'town', markers.TRAIL)
    assert (first.ns, first.id) == (last.ns, last.id)
    assert (old.ns, old.id) == (new.ns, new.id)


def test_a_query_without_candidates_has_no_place() -> None:
    nothing = MatchResult(STAMP_NS, 'camera', (), None, Reason.NO_CANDIDATE, 'none')
    assert markers.match_markers(nothing, POSES, 'town', 0) == []
