# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from worlds import likelihood, unit, world

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import Reason
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera

SECOND_NS = 10**9
FILTER = MatchSettings(temporal_filter='bayes')
SINGLE = MatchSettings(temporal_filter='none')


def _straight(count):
    return [Pose.from_xy_yaw(float(x), 0, 0) for x in range(count)]


def _drive(matcher, descriptors, start_s=0.0, camera='front'):
    return [
        matcher.match(Query(row, int((start_s + i) * SECOND_NS), camera))
        for i, row in enumerate(descriptors)
    ]


def _right(results, truth, tolerance_m=1.5):
    return [
        result.accepted and abs(result.estimate.map_from_base.translation_m[0] - x) <= tolerance_m
        for result, x in zip(results, truth, strict=True)
    ]


def _wrong(results, truth):
    return sum(
        result.accepted and not right
        for result, right in zip(results, _right(results, truth), strict=True)
    )


@pytest.fixture
def aliased(make_gallery):
    """A street of 150 keyframes with eight looks only."""
    rng = np.random.default_rng(1)
    kinds = unit(rng.normal(size=(8, 64)))
    rows = unit(kinds[rng.integers(8, size=150)] + rng.normal(size=(150, 64)) * 0.02)
    return make_gallery(rows.astype(np.float32), _straight(150)), rows, rng


def test_what_single_images_cannot_tell_the_sequence_can(aliased):
    gallery, rows, rng = aliased
    truth = list(range(20, 120))
    views = [likelihood(rows, i, rng, 0.1) for i in truth]
    alone = _drive(Matcher(gallery, Calibration(0.5), SINGLE), views)
    together = _drive(Matcher(gallery, None, FILTER), views)
    assert not any(result.accepted for result in alone)
    assert _wrong(together, truth) == 0
    assert np.mean(_right(together, truth)[30:]) > 0.7
    # The filter's keyframe leads, the image's own first choice is reported behind it.
    led = next(r for r in together if r.accepted and 'ranks keyframe' in r.text)
    scores = [candidate.similarity for candidate in led.candidates]
    assert max(scores[1:]) == scores[1] > scores[0]
    assert len(led.candidates) == 10
    assert len({candidate.row for candidate in led.candidates}) == 10
    assert f'ranks keyframe {led.candidates[1].keyframe_id} first' in led.text
    assert led.candidates[1].reason is Reason.LOWER_RANK
    assert led.score == led.log_odds > 0


def test_a_rejection_says_what_is_missing(aliased):
    gallery, rows, _ = aliased
    result = Matcher(gallery, None, FILTER).match(Query(rows[20], 0, 'front'))
    assert result.reason is result.candidates[0].reason is Reason.TEMPORAL_INCONSISTENCY
    keyframe = result.candidates[0].keyframe_id
    assert result.text.startswith('waiting for a consistent sequence: mass 0.')
    assert result.text.endswith(f'< 0.95 at keyframe {keyframe}')


def test_a_drive_outside_the_map_is_never_accepted(make_gallery):
    rows, rng = world(600)
    gallery = make_gallery(rows[:200].astype(np.float32), _straight(200))
    results = _drive(
        Matcher(gallery, None, FILTER), [likelihood(rows, i, rng, 0.02) for i in range(200, 600)]
    )
    assert {result.reason for result in results} == {Reason.TEMPORAL_INCONSISTENCY}


def test_a_kidnapped_robot_is_found_again(make_gallery):
    rows, rng = world(200)
    gallery = make_gallery(rows.astype(np.float32), _straight(200))
    truth = [*range(40), *range(140, 180)]
    results = _drive(Matcher(gallery, None, FILTER), [likelihood(rows, i, rng) for i in truth])
    assert all(_right(results, truth)[20:40])
    assert all(_right(results, truth)[60:])
    assert _wrong(results, truth) <= 4


@pytest.mark.parametrize('why', ['earlier stamp', 'long pause', 'forget'])
def test_time_that_does_not_go_on_starts_anew(make_gallery, why):
    rows, rng = world(100)
    gallery = make_gallery(rows.astype(np.float32), _straight(100))
    matcher = Matcher(gallery, None, FILTER)
    views = [likelihood(rows, i, rng) for i in range(41)]
    assert _drive(matcher, views[:40])[-1].accepted
    next_s = {'earlier stamp': 10, 'long pause': 39 + 10.5, 'forget': 40}[why]
    if why == 'forget':
        matcher.forget()
    result = matcher.match(Query(views[40], int(next_s * SECOND_NS), 'front'))
    fresh = Matcher(gallery, None, FILTER).match(Query(views[40], 0, 'front'))
    assert (result.text, result.log_odds) == (fresh.text, fresh.log_odds)


def test_a_short_pause_is_no_reason_to_forget(make_gallery):
    rows, rng = world(100)
    gallery = make_gallery(rows.astype(np.float32), _straight(100))
    matcher = Matcher(gallery, None, FILTER)
    _drive(matcher, [likelihood(rows, i, rng) for i in range(40)])
    assert matcher.match(Query(likelihood(rows, 40, rng), int(48.9 * SECOND_NS), 'front')).accepted


def test_bad_descriptors_in_between_change_nothing(make_gallery):
    rows, rng = world(100)
    gallery = make_gallery(rows.astype(np.float32), _straight(100))
    views = [likelihood(rows, i, rng) for i in range(40)]
    clean, spoilt = Matcher(gallery, None, FILTER), Matcher(gallery, None, FILTER)
    bad = [np.full(64, np.nan), np.zeros(64), np.full(64, 1e30), np.full(63, 0.1)]
    for i, view in enumerate(views):
        result = spoilt.match(Query(bad[i % 4], i * SECOND_NS, 'front'))
        assert result.reason is Reason.BAD_DESCRIPTOR
        ours, theirs = (m.match(Query(view, i * SECOND_NS, 'front')) for m in (clean, spoilt))
        assert (ours.text, ours.log_odds) == (theirs.text, theirs.log_odds)


def test_cameras_are_followed_each_by_itself(make_gallery):
    rows, rng = world(200)
    cameras = tuple(Camera(name, f'/{name}', None, None) for name in ('front', 'back'))
    poses = [Pose.from_xy_yaw(float(i // 2), 0, np.pi * (i % 2)) for i in range(200)]
    gallery = make_gallery(rows.astype(np.float32), poses, cameras=cameras)
    matcher = Matcher(gallery, None, FILTER)
    for i in range(60):
        front = matcher.match(Query(likelihood(rows, 2 * i, rng), i * SECOND_NS, 'front'))
        back = matcher.match(Query(likelihood(rows, 2 * i + 1, rng), i * SECOND_NS, 'back'))
    assert front.accepted and back.accepted
    assert (front.candidates[0].row, back.candidates[0].row) == (118, 119)


def test_a_threshold_that_is_given_holds_for_the_filters_keyframe(make_gallery):
    rows, rng = world(100)
    gallery = make_gallery(rows.astype(np.float32), _straight(100))
    settings = MatchSettings(temporal_filter='bayes', min_similarity=0.99)
    result = _drive(
        Matcher(gallery, None, settings), [likelihood(rows, i, rng) for i in range(40)]
    )[-1]
    assert result.reason is Reason.LOW_SIMILARITY


@pytest.mark.parametrize('size', [1, 2, 40])
@pytest.mark.slow
def test_random_input_never_raises_and_is_never_accepted(make_gallery, size):
    """2,000 images in all: unit garbage, equal scores, special numbers, jumps in time."""
    rng = np.random.default_rng(size)
    rows = unit(rng.normal(size=(size, 6)))
    rows[size // 2 :] = rows[size // 2]
    poses = [Pose.from_xy_yaw(*rng.choice([0.0, 1e6, rng.normal()], size=2), 0) for _ in rows]
    matcher = Matcher(make_gallery(rows.astype(np.float32), poses), Calibration(0.0), FILTER)
    specials = np.array([np.nan, np.inf, -np.inf, 1e38, 1e-38, 0.0])
    stamp_ns = 0
    for k in range(667):
        query = unit(rng.normal(size=6))
        if k % 3 == 1:
            query[rng.integers(6)] = rng.choice(specials)
        if k % 7 == 2:
            query = rows[size - 1]  # equal scores for half the map
        stamp_ns += int(rng.choice([0, 1, SECOND_NS, -SECOND_NS, 10**12, -(10**15)]))
        result = matcher.match(Query(query, stamp_ns, str(rng.choice(['front', 'other']))))
        assert not result.accepted
        assert result.text
        assert all(np.isfinite(candidate.similarity) for candidate in result.candidates)


@pytest.mark.slow
def test_steady_random_images_are_not_accepted(make_gallery):
    rows, rng = world(100, 6)
    gallery = make_gallery(rows.astype(np.float32), _straight(100))
    matcher = Matcher(gallery, None, FILTER)
    results = _drive(matcher, unit(rng.normal(size=(2000, 6))))
    assert sum(result.accepted for result in results) == 0


def test_odometry_moves_the_filter_of_a_matcher(make_gallery):
    """Between two parts of the drive nothing is seen: only odometry knows how far it was."""
    rows, rng = world(150)
    gallery = make_gallery(rows.astype(np.float32), _straight(150))
    last = {}
    for odometry in (True, False):
        matcher = Matcher(
            gallery, None, MatchSettings(temporal_filter='bayes', use_odometry=odometry)
        )
        results = []
        for i in [*range(40), 60, 61]:
            pose = Pose.from_xy_yaw(3.0, float(i), np.pi / 2)  # odometry has a frame of its own
            query = Query(
                likelihood(rows, i, rng), i * SECOND_NS // 4, 'front', odom_from_base=pose
            )
            results.append(matcher.match(query))
        last[odometry] = results[-1]
        assert not odometry or _wrong(results, [*range(40), 60, 61]) == 0
    assert last[True].accepted
    assert last[True].log_odds > last[False].log_odds
