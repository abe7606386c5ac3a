# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from worlds import world

from avpr_ros.localization.temporal.sequence_places import ViewStatistics
from avpr_ros.localization.temporal.settings import SequenceSettings
from avpr_ros.localization.temporal.view_likelihood import ViewLikelihood, view_change


def _evidence(gallery):
    return ViewLikelihood(
        ViewStatistics.of(gallery, np.zeros(len(gallery), np.int64)), SequenceSettings()
    )


def test_view_change():
    row = np.arange(9.0) ** 2
    assert view_change(row, 3 * row + 1) == pytest.approx(0)
    assert view_change(row, -row) == 1.0
    assert view_change(np.ones(9), row) == 0.0


def test_evidence_stands_out_at_the_place_and_stays_within_bounds():
    gallery, _ = world(100)
    likelihood = _evidence(gallery).take(gallery @ gallery[30], 1.0)
    assert int(likelihood.log_ratio.argmax()) == 30
    assert likelihood.log_ratio.max() > 4
    assert np.median(likelihood.log_ratio) < 0
    settings = SequenceSettings()
    assert likelihood.log_ratio.min() >= settings.least
    assert likelihood.log_ratio.max() <= settings.most


def test_contrast_does_not_reach_over_the_end_of_a_chain():
    gallery, _ = world(40)
    row = np.zeros(40)
    row[20:] = 0.5 + gallery[20:] @ gallery[25]
    apart = ViewLikelihood(
        ViewStatistics(np.repeat([0, 1], 20), np.zeros(40), np.ones(40), 1.0), SequenceSettings()
    )
    likelihood = apart.take(row, 1.0)
    np.testing.assert_allclose(likelihood.log_ratio[:20], likelihood.log_ratio[0])


def test_a_view_that_hardly_changes_is_no_step_at_a_slow_pace():
    gallery, rng = world(100)
    evidence = _evidence(gallery)
    first = gallery[30]
    assert evidence.take(gallery @ first, 1.0).step
    assert not evidence.take(gallery @ first, 1.0).step
    likelihood = evidence.take(gallery @ (first + 0.01 * rng.normal(size=64)), 1.0)
    assert likelihood.step  # one such view does not make a slow robot
    assert likelihood.new < 0.1
    assert likelihood.still > 0.5
    for _ in range(20):
        likelihood = evidence.take(gallery @ (first + 0.01 * rng.normal(size=64)), 1.0)
    assert not likelihood.step
    # Where the map's own views hardly differ, a view that hardly changes may well be a step.
    assert evidence.take(gallery @ (first + 0.01 * rng.normal(size=64)), 0.01).step
    likelihood = evidence.take(gallery @ gallery[31], 1.0)
    assert likelihood.step
    assert likelihood.new > 0.5
    assert likelihood.still < 0.1
