# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.networks.projection import fit_basis
from avpr_ros.training.calibration.calibrate import calibrate, foreign_length
from avpr_ros.training.held_out import VIEWS, HeldOutViews, light_recalls, recalls
from avpr_ros.training.places import PlaceSettings, places_from_poses

COUNT = 60
RADIUS_M = 5.0


@pytest.fixture
def line(keyframes_on_a_line):
    keyframes = keyframes_on_a_line(COUNT)
    return keyframes, places_from_poses(keyframes, PlaceSettings())


#: Rows that span everything: nothing is stretched.
DESCRIPTORS = np.ones((COUNT, 4))


def scores(near: float, far: float, spread: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Similarities of one view of each keyframe: ``near`` within 2 m, ``far`` elsewhere."""
    rows = np.arange(COUNT)
    distance = np.abs(rows[:, None] - rows)
    noise = np.random.default_rng(0).normal(0, spread, (COUNT, COUNT))
    return np.where(distance <= 2, near, far) + noise, rows


def test_the_threshold_lies_between_revisits_and_foreign_places(line):
    similarities, rows = scores(near=0.8, far=0.2)
    calibration = calibrate(similarities, rows, DESCRIPTORS, *line, RADIUS_M)
    assert 0.25 < calibration.min_similarity < 0.6
    assert calibration.statistics['foreign_accepted_share'] == pytest.approx(0.05, abs=0.001)
    assert calibration.statistics['revisits_accepted_share'] > 0.95


def test_a_view_is_not_recognised_by_its_own_keyframe(line):
    similarities, rows = scores(near=0.3, far=0.2)
    similarities[rows, rows] = 1.0
    evidence = calibrate(similarities, rows, DESCRIPTORS, *line, RADIUS_M).statistics
    assert evidence['revisit_median'] < 0.5


def test_calibrate_similar_places_gives_high_threshold(line):
    similarities, rows = scores(near=0.5, far=0.5)
    evidence = calibrate(similarities, rows, DESCRIPTORS, *line, RADIUS_M).statistics
    assert evidence['foreign_accepted_share'] <= 0.051
    assert evidence['revisits_accepted_share'] < 0.1


def test_a_map_of_one_place_keeps_a_threshold(keyframes_on_a_line):
    keyframes = keyframes_on_a_line(4)
    places = places_from_poses(keyframes, PlaceSettings())
    similarities = np.full((30, 4), 0.7) + np.linspace(0, 0.1, 30)[:, None]
    rows = np.arange(30) % 4
    calibration = calibrate(similarities, rows, np.ones((4, 4)), keyframes, places, RADIUS_M)
    assert 0.69 < calibration.min_similarity < 0.75
    assert calibration.statistics['foreign'] == 0


def test_score_model_separates_revisits_from_other_places(line):
    similarities, rows = scores(near=0.8, far=0.2)
    calibration = calibrate(similarities, rows, DESCRIPTORS, *line, RADIUS_M)
    model = calibration.score
    assert model.probability(0.85, 0.5) > 0.9
    assert model.probability(0.35, 0.02) < 0.1
    assert calibration.statistics['revisits_likely_share'] > 0.95
    assert calibration.statistics['foreign_likely_share'] < 0.05
    assert calibration.statistics['true_matches'] == COUNT


def test_scores_that_say_nothing_leave_the_probability_near_one_half(line):
    similarities, rows = scores(near=0.5, far=0.5)
    model = calibrate(similarities, rows, DESCRIPTORS, *line, RADIUS_M).score
    assert model.probability(0.6, 0.02) == pytest.approx(0.5, abs=0.4)
    assert min(model.similarity, model.margin) >= 0


def test_calibrate_similar_place_one_storey_up_is_rival():
    poses = np.zeros((2 * COUNT, 7))
    poses[:, 0], poses[COUNT:, 2], poses[:, 6] = np.tile(np.arange(COUNT), 2), 3.0, 1.0
    none = np.zeros(2 * COUNT, np.int32)
    keyframes = Keyframes(np.arange(2 * COUNT), np.arange(2 * COUNT), none, none, poses)
    near = np.abs(poses[:, np.newaxis, 0] - poses[:, 0]) <= 2
    own_storey = poses[:, np.newaxis, 2] == poses[:, 2]
    noise = np.random.default_rng(0).normal(0, 0.05, near.shape)
    similarities = np.where(near, np.where(own_storey, 0.8, 0.78), 0.2) + noise
    places = places_from_poses(keyframes, PlaceSettings(cell_m=1.0))
    rows, descriptors = np.arange(2 * COUNT), np.ones((2 * COUNT, 4))
    model = calibrate(similarities, rows, descriptors, keyframes, places, RADIUS_M).score
    # The matcher sees no margin over the storey above: a true match must pass without one.
    assert model.margin < 1.0
    assert model.probability(0.8, 0.0) > 0.5


def test_a_map_too_small_to_play_the_outside_has_no_probability(keyframes_on_a_line):
    keyframes = keyframes_on_a_line(4)
    places = places_from_poses(keyframes, PlaceSettings())
    similarities = np.full((30, 4), 0.7)
    rows = np.arange(30) % 4
    calibration = calibrate(similarities, rows, np.ones((4, 4)), keyframes, places, RADIUS_M)
    assert calibration.score is None


def test_calibrate_matches_view_with_other_session(line):
    keyframes, _ = line
    sessions = np.arange(COUNT) % 2
    both = replace(keyframes, sessions=sessions.astype(keyframes.sessions.dtype))
    similarities, rows = scores(near=0.3, far=0.2)
    similarities[sessions[rows][:, None] == sessions] = 0.9
    places = places_from_poses(both, PlaceSettings())
    evidence = calibrate(similarities, rows, DESCRIPTORS, both, places, RADIUS_M).statistics
    assert evidence['revisit_median'] < 0.5


def unit_rows(count: int, dim: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)) + 0.5
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_foreign_length_matches_map_without_place():
    long_rows, view = unit_rows(12, 200, 0), unit_rows(1, 200, 1)[0]
    far = long_rows[4:]

    def described(rows: np.ndarray, what: np.ndarray) -> np.ndarray:
        projected = what @ fit_basis(rows.astype(np.float32), 512)
        return projected / np.linalg.norm(projected, axis=-1, keepdims=True)

    in_map, gallery = described(long_rows, view), described(long_rows, long_rows)
    similarities = gallery[4:] @ in_map
    score = float(similarities.max()) / foreign_length(similarities, gallery[4:])
    assert score == pytest.approx(
        float((described(far, far) @ described(far, view)).max()), abs=1e-3
    )
    assert score > float((gallery[4:] @ in_map).max())


def test_a_large_map_spans_everything_and_nothing_is_stretched():
    rows, view = unit_rows(30, 8, 0), unit_rows(1, 8, 1)[0]
    assert foreign_length(rows @ view, rows) == 1.0


def test_recall_counts_the_place_and_its_neighbours_only(keyframes_on_a_line):
    keyframes = keyframes_on_a_line(12)
    places = places_from_poses(keyframes, PlaceSettings())
    rows = np.array([0, 0, 0])
    similarities = np.zeros((3, 12))
    similarities[0, 3] = 1.0
    similarities[1, 4] = 1.0
    similarities[2, [4, 5, 6, 7, 1]] = [5, 4, 3, 2, 1]
    assert recalls(similarities, rows, places) == {
        'recall_at_1': pytest.approx(1 / 3, abs=1e-4),
        'recall_at_5': 1.0,
    }


@pytest.mark.parametrize('count', [3, 400])
def test_held_out_views_spread_over_the_map_and_repeat_with_the_seed(made_up_images, count):
    drawn = HeldOutViews.draw(made_up_images(count), 16, seed=1)
    assert drawn.views.shape == (VIEWS, 16, 16, 3)
    assert (drawn.rows.min(), drawn.rows.max()) == (0, count - 1)
    again = HeldOutViews.draw(made_up_images(count), 16, seed=1)
    assert np.array_equal(again.views, drawn.views)
    # Views of one image differ from each other.
    same = np.flatnonzero(drawn.rows == 0)
    assert len(same) == 1 or not np.array_equal(drawn.views[same[0]], drawn.views[same[1]])


class _Mean:
    """Describes an image by its mean colours, which night changes and a day does not."""

    input_px = 16

    def describe(self, images):
        rows = np.stack([np.asarray(image, float).mean((0, 1)) for image in images])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_recall_in_other_light_is_that_of_views_in_that_light(keyframes_on_a_line):
    colours = 40 + 200 * np.eye(3)
    images = _Colours(colours[np.arange(30) // 10].astype(np.uint8))
    descriptors = _Mean().describe([images.read(row) for row in range(30)])
    keyframes = keyframes_on_a_line(30)
    places = places_from_poses(keyframes, PlaceSettings())
    found = light_recalls(_Mean(), images, descriptors, places, 0)

    by_day = HeldOutViews.draw(images, _Mean.input_px, 0)
    day = recalls(by_day.similarities(_Mean(), descriptors), by_day.rows, places)
    assert set(found) == {f'{light}_recall_at_1' for light in ('night', 'winter')}
    assert day['recall_at_1'] > found['night_recall_at_1']
    assert found == light_recalls(_Mean(), images, descriptors, places, 0)


class _Colours:
    """Images of one colour each."""

    def __init__(self, colours):
        self._colours = colours

    def __len__(self):
        return len(self._colours)

    def read(self, row):
        return np.broadcast_to(self._colours[row], (24, 32, 3)).copy()
