# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpr_ros.training.calibration.calibrate import calibrate
from avpr_ros.training.held_out import calibrate_views, inner_products
from avpr_ros.training.places import PlaceSettings, places_from_poses

COUNT = 80
DIM = 24
RADIUS_M = 5.0


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def drive(count: int, offset: float, seed: int = 0) -> np.ndarray:
    """Descriptors that change along a line, about a common offset."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(count + 4, DIM))
    smooth = sum(steps[shift : shift + count] for shift in range(5)) / 5
    return unit(smooth + offset * np.ones(DIM))


def seen(rows: np.ndarray, light: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(9)
    return unit(rows + 0.2 * unit(rng.normal(size=rows.shape)) + light)


@pytest.fixture
def line(keyframes_on_a_line):
    keyframes = keyframes_on_a_line(COUNT)
    return keyframes, places_from_poses(keyframes, PlaceSettings())


def test_similarities_as_they_are_are_calibrated_as_before(line):
    gallery, rows = drive(COUNT, 1.0), np.arange(COUNT)
    views = seen(gallery, np.zeros(DIM))
    found = calibrate_views(views, rows, gallery, *line, RADIUS_M)
    before = calibrate(inner_products(views, gallery), rows, gallery, *line, RADIUS_M)
    assert replace(found, standardized=None) == before


def test_standardised_similarities_have_a_calibration_of_their_own(line):
    gallery, rows = drive(COUNT, 1.0), np.arange(COUNT)
    found = calibrate_views(seen(gallery, np.zeros(DIM)), rows, gallery, *line, RADIUS_M)
    own = found.standardized
    assert own.score is not None
    # The common offset is in none of them: places outside the map are hardly similar.
    assert own.statistics['foreign_median'] < found.statistics['foreign_median'] - 0.1
    assert (
        own.statistics['revisits_right_share'] >= found.statistics['revisits_right_share'] - 0.02
    )


def test_common_offset_of_all_views_changes_their_standardised_similarities_little(line):
    gallery, rows = drive(COUNT, 1.0), np.arange(COUNT)
    light = 1.5 * unit(np.random.default_rng(5).normal(size=DIM))
    day, night = (
        calibrate_views(seen(gallery, offset), rows, gallery, *line, RADIUS_M)
        for offset in (np.zeros(DIM), light)
    )
    for name in ('revisit_median', 'foreign_median'):
        raw = abs(day.statistics[name] - night.statistics[name])
        own = abs(day.standardized.statistics[name] - night.standardized.statistics[name])
        assert own < raw


def test_small_map_is_not_standardised(keyframes_on_a_line):
    for count, known in ((19, False), (20, True)):
        keyframes = keyframes_on_a_line(count)
        places = places_from_poses(keyframes, PlaceSettings())
        gallery = drive(count, 1.0)
        found = calibrate_views(gallery, np.arange(count), gallery, keyframes, places, RADIUS_M)
        assert (found.standardized is not None) is known


def test_each_of_several_maps_is_about_its_own_mean(line):
    half = COUNT // 2
    rng = np.random.default_rng(1)
    offsets = np.repeat(3.0 * unit(rng.normal(size=(2, DIM))), half, axis=0)
    gallery, rows = unit(drive(COUNT, 0.0) + offsets), np.arange(COUNT)
    views = seen(gallery, np.zeros(DIM))
    of_two = calibrate_views(views, rows, gallery, *line, RADIUS_M, [half, half]).standardized
    of_one = calibrate_views(views, rows, gallery, *line, RADIUS_M).standardized
    assert of_two.statistics['foreign_median'] < of_one.statistics['foreign_median'] - 0.1
