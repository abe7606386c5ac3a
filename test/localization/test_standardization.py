# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
import os

import numpy as np
import pytest

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.index.faiss_index import GalleryIndex
from avpr_ros.gallery.index.selection import build_index
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.places import PlaceCriterion
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.query import Query
from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.localization.result import Reason
from avpr_ros.localization.retrieval import retrieve
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.standardization import DescriptorStandardizer

DIM = 32
S = 10**9
RAW = Calibration(-1.0)
BOTH = Calibration(-1.0, standardized=Calibration(-1.0))
SINGLE = MatchSettings(temporal_filter='none', min_ratio=1.0, distinct_radius_m=5.0)
SWITCHED_OFF = replace(SINGLE, standardize_descriptors=False)


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def world(count: int, seed: int = 0) -> np.ndarray:
    """Random views of distinct places that have much in common."""
    rng = np.random.default_rng(seed)
    return unit(unit(rng.normal(size=(count, DIM))) + 0.8 * unit(rng.normal(size=DIM)))


@pytest.fixture
def wide_map(gallery):
    """Return a function that makes a map of descriptors, each of a place of its own."""

    def make(rows):
        stored = rows.astype(np.float16)
        poses = np.array([[9.0 * n, 0, 0, 0, 0, 0, 1] for n in range(len(rows))])
        none, number = np.zeros(len(rows), np.int32), np.arange(len(rows))
        keyframes = Keyframes(number, number, none, none, poses)
        index = GalleryIndex.build(stored)
        return replace(gallery, descriptors=stored, keyframes=keyframes, index=index)

    return make


def brute_force(rows: np.ndarray, query: Query) -> np.ndarray:
    about = rows.astype(np.float64) - rows.astype(np.float64).mean(axis=0)
    return unit(about).astype(np.float64) @ query.standardized.descriptor


def same(one, other) -> bool:
    scores = [[(c.row, c.similarity) for c in result.candidates] for result in (one, other)]
    return scores[0] == scores[1]


def test_ranking_is_that_of_brute_force_over_standardised_rows(wide_map):
    gallery = wide_map(world(300))
    standardizer = DescriptorStandardizer(gallery)
    stored = np.asarray(gallery.descriptors)
    for number, descriptor in enumerate(unit(world(20, seed=1) + 0.5 * world(20, seed=2))):
        query = standardizer.standardize(Query(descriptor, number * S, 'front'))
        found = retrieve(
            gallery, PoseHypotheses(gallery, 'front'), query, 10, PlaceCriterion(5.0, 1.0)
        )
        scores = brute_force(stored, query)
        assert found.rows.tolist() == np.argsort(-scores)[:10].tolist()
        np.testing.assert_allclose(found.similarities, scores[found.rows], atol=1e-6)
        assert np.all(np.diff(found.similarities) <= 0)


def test_approximate_index_keeps_its_recall(wide_map):
    rows = world(1500)
    gallery = wide_map(rows)
    index, info = build_index(rows.astype(np.float16), memory_mb=0.08)
    assert info.kind == 'ivf-sq8'
    gallery, standardizer = replace(gallery, index=index), DescriptorStandardizer(gallery)
    rng, right = np.random.default_rng(3), 0
    hypotheses = PoseHypotheses(gallery, 'front')
    for number in range(100):
        descriptor = unit(rows[15 * number] + 0.6 * unit(rng.normal(size=DIM)))
        query = standardizer.standardize(Query(descriptor, number * S, 'front'))
        found = retrieve(gallery, hypotheses, query, 1, PlaceCriterion(5.0, 1.0))
        right += int(found.rows[0]) == int(brute_force(rows, query).argmax())
    assert right >= 95


def test_offset_of_all_queries_is_lost_once_the_mean_has_followed(wide_map):
    rows = world(200)
    gallery = wide_map(rows)
    rng = np.random.default_rng(4)
    offset = 1.5 * unit(rng.normal(size=DIM))
    order = rng.permutation(200).tolist()
    standardized, raw = (Matcher(gallery, one, SINGLE) for one in (BOTH, RAW))
    right = {standardized: 0, raw: 0}
    for number, row in enumerate([*order, *order]):
        query = Query(unit(rows[row] + offset), number * S, 'front')
        for matcher in right:
            found = matcher.match(query).candidates[0].row
            right[matcher] += number >= 200 and found == row
    assert right[standardized] >= 195
    assert right[raw] <= 150


def test_mean_of_stationary_robot_is_not_that_of_its_place(wide_map):
    rows = world(100)
    matcher = Matcher(wide_map(rows), BOTH, SINGLE)
    results = [matcher.match(Query(rows[7], n * S, 'front')).candidates[0] for n in range(400)]
    assert {candidate.row for candidate in results} == {7}
    assert min(candidate.similarity for candidate in results) > 0.99


def test_noise_does_not_move_the_mean_of_stationary_robot(wide_map):
    rows, rng = world(100), np.random.default_rng(6)
    matcher = Matcher(wide_map(rows), BOTH, SINGLE)
    found = []
    for number in range(1000):
        descriptor = unit(rows[7] + 0.15 * unit(rng.normal(size=DIM)))
        found.append(matcher.match(Query(descriptor, number * S, 'front')).candidates[0])
    assert {candidate.row for candidate in found} == {7}
    assert np.mean([candidate.similarity for candidate in found[-50:]]) > 0.95


def driven(matcher, rows, start_s=0, camera='front'):
    for number, row in enumerate(rows):
        matcher.match(Query(row, (start_s + number) * S, camera))
    return start_s + len(rows)


@pytest.mark.parametrize(
    ('stamp_s', 'camera', 'fresh'),
    [
        (100, 'front', False),
        (399, 'front', False),
        (401, 'front', True),
        (50, 'front', True),
        (100, 'rear', True),
    ],
)
def test_mean_is_of_one_camera_and_one_drive(wide_map, stamp_s, camera, fresh):
    rows = world(100)
    gallery = wide_map(rows)
    matcher = Matcher(gallery, BOTH, SINGLE)
    other = unit(rows[5] + 0.5 * rows[6])
    driven(matcher, unit(rows + 0.5))
    query = Query(other, stamp_s * S, camera)
    assert same(matcher.match(query), Matcher(gallery, BOTH, SINGLE).match(query)) is fresh


def test_forgotten_mean_is_that_of_the_map(wide_map):
    rows = world(100)
    gallery = wide_map(rows)
    matcher = Matcher(gallery, BOTH, SINGLE)
    end_s = driven(matcher, unit(rows + 0.5))
    query = Query(unit(rows[5] + 0.5), end_s * S, 'front')
    fresh = Matcher(gallery, BOTH, SINGLE).match(query)
    assert not same(matcher.match(query), fresh)
    matcher.forget()
    assert same(matcher.match(query), fresh)


@pytest.mark.parametrize('descriptor', [np.full(DIM, np.nan), np.ones(DIM), np.ones(3)])
def test_image_that_is_rejected_before_matching_leaves_the_mean(wide_map, descriptor):
    rows = world(60)
    gallery = wide_map(rows)
    one, other = (Matcher(gallery, BOTH, SINGLE) for _ in range(2))
    for matcher in (one, other):
        driven(matcher, rows[:20])
    rejected = one.match(Query(descriptor.astype(np.float32), 20 * S, 'front'))
    assert rejected.reason is Reason.BAD_DESCRIPTOR
    query = Query(rows[30], 21 * S, 'front')
    assert same(one.match(query), other.match(query))


def test_dark_image_leaves_the_mean(wide_map):
    class Network:
        def describe(self, image):
            return rows[int(image[0, 0, 0]) % 60]

    rows = world(60)
    gallery = wide_map(rows)
    dark, lit = (Recognizer(gallery, Network(), Matcher(gallery, BOTH, SINGLE)) for _ in range(2))
    noise = np.random.default_rng(0).integers(60, 255, (48, 64, 3)).astype(np.uint8)
    for number, recognizer in enumerate((dark, lit, dark, lit)):
        recognizer.recognize(np.roll(noise, number // 2, axis=0), number * S, 'front')
    black = dark.recognize(np.zeros_like(noise), 4 * S, 'front')
    assert black.reason is Reason.NOTHING_VISIBLE
    assert same(*(one.recognize(noise, 5 * S, 'front') for one in (dark, lit)))


@pytest.mark.parametrize(
    ('calibration', 'settings'), [(RAW, SINGLE), (BOTH, SWITCHED_OFF), (RAW, SWITCHED_OFF)]
)
def test_descriptors_are_compared_as_they_are_without_calibration_or_switch(
    wide_map, calibration, settings
):
    rows = world(60)
    matcher = Matcher(wide_map(rows), calibration, settings)
    for number in range(30):
        descriptor = unit(rows[number] + 0.3 * rows[59])
        found = matcher.match(Query(descriptor, number * S, 'front')).candidates
        scores = rows.astype(np.float16).astype(np.float64) @ descriptor
        best = np.argsort(-scores)[: len(found)]
        assert [candidate.row for candidate in found] == best.tolist()
        np.testing.assert_allclose([one.similarity for one in found], scores[best], atol=1e-6)


def test_threshold_is_that_of_the_similarities_in_use(wide_map):
    rows = world(60)
    calibration = Calibration(0.9999, standardized=Calibration(0.2))
    query = Query(unit(rows[3] + 0.2 * rows[40]), 0, 'front')
    gallery = wide_map(rows)
    assert Matcher(gallery, calibration, SINGLE).match(query).accepted
    rejected = Matcher(gallery, calibration, SWITCHED_OFF).match(query)
    assert rejected.reason is Reason.LOW_SIMILARITY


def test_bayes_filter_keeps_the_descriptor_as_it_is(wide_map):
    rows = world(60)
    gallery = wide_map(rows)
    bayes = MatchSettings(temporal_filter='bayes', max_speed_m_s=100.0)
    standardized, raw = (Matcher(gallery, one, bayes) for one in (BOTH, RAW))
    standardizer = DescriptorStandardizer(gallery)
    for number in range(20):
        query = Query(unit(rows[number] + 0.2), number * S, 'front')
        one, other = standardized.match(query), raw.match(query)
        assert one.log_odds == other.log_odds
        assert one.candidates[0].row == other.candidates[0].row
        scores = brute_force(np.asarray(gallery.descriptors), standardizer.standardize(query))
        first = one.candidates[0]
        assert first.similarity == pytest.approx(scores[first.row], abs=1e-6)


def test_map_that_is_written_over_on_disk_stays_the_old_one(gallery):
    query = Query(np.eye(DIM, dtype=np.float32)[3], 0, 'front')
    before = Matcher(gallery, BOTH, SINGLE).match(query)
    os.truncate(gallery.path / 'descriptors.npy', 100)
    assert same(Matcher(gallery, BOTH, SINGLE).match(query), before)
    assert before.candidates[0].row == 3


@pytest.mark.parametrize('count', [1, 2])
def test_map_of_one_or_two_keyframes_gives_finite_scores(wide_map, count):
    rows = world(count)
    result = Matcher(wide_map(rows), BOTH, SINGLE).match(Query(rows[0], 0, 'front'))
    assert np.isfinite([candidate.similarity for candidate in result.candidates]).all()
