# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from match_stream import START_NS, message_of
import numpy as np
import pytest

from avpr_ros.ros.common.loop_closure import closure_from_message

UNIT = [1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 1.0]


def test_loop_closure_keyframe_id_is_read_from_frame_id() -> None:
    closure = closure_from_message(message_of(1.0, UNIT, np.eye(6), 'keyframe_42'))
    assert (closure.keyframe_id, closure.stamp_ns) == (42, START_NS + 10**9)
    np.testing.assert_allclose(closure.keyframe_from_base.translation_m, [1, 2, 3])


@pytest.mark.parametrize(
    'frame', ['', 'map', 'keyframe_', 'keyframe_-1', 'keyframe_1x', 'keyframe_1\n']
)
def test_loop_closure_with_other_frame_is_rejected(frame: str) -> None:
    with pytest.raises(ValueError, match='frame'):
        closure_from_message(message_of(1.0, UNIT, np.eye(6), frame))


@pytest.mark.parametrize(
    'covariance',
    [np.zeros((6, 6)), np.ones((6, 6)), -np.eye(6), np.eye(6) + np.eye(6, k=1) * 0.5],
)
def test_loop_closure_with_singular_covariance_is_rejected(covariance: object) -> None:
    with pytest.raises(ValueError, match=r'covariance|variances'):
        closure_from_message(message_of(1.0, UNIT, covariance, 'keyframe_1'))
