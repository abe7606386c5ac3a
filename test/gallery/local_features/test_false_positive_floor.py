# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from avpr_ros.gallery.local_features.false_positive_floor import FalsePositiveFloor

FLOOR = FalsePositiveFloor(3.0, 17.0, 40.0)


def test_either_threshold_passes_but_never_an_image_at_the_background():
    assert FLOOR.passes(5.0, 17.0)
    assert not FLOOR.passes(5.0, 16.9)
    assert not FLOOR.passes(3.0, 500.0)
    assert FLOOR.passes(40.0, 0.0)
    assert FLOOR.passes_alone(40.0)
    assert not FLOOR.passes_alone(39.0)


def test_the_objection_names_the_comparison_that_failed():
    assert FLOOR.rejection(5.0, 20.0) is None
    low = FLOOR.rejection(5.0, 12.0)
    assert low is not None
    assert '12, accumulated along the track, is below the threshold 17' in low
    assert '5 for this image (threshold for a single one 40)' in low
    faint = FLOOR.rejection(2.0, 141.0)
    assert faint is not None
    assert '2 for this image' in faint
    assert 'not above the background level 3' in faint
