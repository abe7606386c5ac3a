# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from worlds import filter_of, likelihood, places_of, unit, world

from avpr_ros.localization.temporal.bayes_filter import SequenceFilter


def _drive(sut: SequenceFilter, gallery, truth, rng, noise=0.15):
    """Return (accepted, error in keyframes) of each image."""
    answers = [sut.update(gallery @ likelihood(gallery, i, rng, noise)) for i in truth]
    accepted = np.array([sut.accepts(a) for a in answers])
    return accepted, np.abs(np.array([a.index for a in answers]) - np.asarray(truth))


@pytest.mark.parametrize('step', [0.5, 1.0, 2.0])
def test_converges_and_accepts_at_any_steady_speed(step):
    gallery, rng = world()
    accepted, errors = _drive(
        filter_of(gallery), gallery, np.arange(0, 290, step).astype(int), rng
    )
    assert (accepted & (errors > 1)).mean() <= 0.005
    assert accepted[20:].mean() > 0.8


@pytest.mark.parametrize('pace', [0.05, 0.2])
def test_a_robot_slower_than_every_speed_is_placed_and_never_wrongly(pace):
    gallery, rng = world(60)
    sut = filter_of(gallery)
    accepted, errors = [], []
    for x in np.arange(0, 55, pace):  # views turn gradually from one keyframe into the next
        i, part = int(x), x - int(x)
        view = unit((1 - part) * gallery[i] + part * gallery[i + 1])
        estimate = sut.update(gallery @ unit(view + rng.normal(size=64) * 0.03))
        accepted.append(sut.accepts(estimate))
        errors.append(abs(estimate.index - x))
    assert not (np.array(accepted) & (np.array(errors) > 2)).any()
    assert np.mean(accepted[len(accepted) // 5 :]) > 0.6


def test_look_alikes_are_told_apart_by_where_the_robot_came_from():
    rng = np.random.default_rng(1)
    kinds = unit(rng.normal(size=(8, 64)))  # eight looks make a whole town
    gallery = unit(kinds[rng.integers(8, size=200)] + rng.normal(size=(200, 64)) * 0.02)
    truth = np.arange(20, 120)
    alone = [
        int(np.argmax(gallery @ likelihood(gallery, i, np.random.default_rng(i), 0.1)))
        for i in truth
    ]
    accepted, errors = _drive(filter_of(gallery), gallery, truth, rng, 0.1)
    assert (np.abs(np.array(alone) - truth) > 1).mean() > 0.6
    assert not (accepted & (errors > 1)).any()
    assert accepted[30:].mean() > 0.7


def test_nothing_is_accepted_outside_the_map():
    gallery, rng = world(600)
    inside, outside = gallery[:200], gallery[200:]
    sut = filter_of(inside)
    answers = [sut.update(inside @ likelihood(outside, i, rng, 0.02)) for i in range(400)]
    assert not any(sut.accepts(answer) for answer in answers)
    assert answers[-1].not_in_map > 0.5


def test_recovers_from_a_kidnapping():
    gallery, rng = world()
    sut = filter_of(gallery)
    _drive(sut, gallery, range(40), rng)
    accepted, errors = _drive(sut, gallery, range(200, 240), rng)
    assert accepted[15:].all() and (errors[15:] <= 1).all()
    # Until the evidence has outweighed the past.
    assert (accepted & (errors > 1)).sum() <= 4


def test_the_same_image_again_changes_nothing():
    gallery, rng = world()
    sut = filter_of(gallery)
    row = gallery @ likelihood(gallery, 5, rng)
    first, second = sut.update(row), sut.update(row)
    assert second.index == first.index
    # Not exactly: the column means have taken the view in.
    assert second.mass == pytest.approx(first.mass, abs=0.05)
    assert all(sut.update(row) == second for _ in range(20))


def test_a_standing_robot_is_never_accepted_elsewhere():
    gallery, rng = world()
    sut = filter_of(gallery)
    _drive(sut, gallery, range(60), rng)
    view = likelihood(gallery, 59, rng, 0.1)
    for _ in range(200):  # camera noise only
        answer = sut.update(gallery @ unit(view + rng.normal(size=64) * 0.003))
        assert not sut.accepts(answer) or abs(answer.index - 59) <= 1


def test_scale_and_offset_of_similarities_do_not_matter():
    gallery, rng = world()
    places = places_of(gallery)
    flat = replace(places, views=replace(places.views, column_mean=np.zeros(300)))
    one, two = SequenceFilter(flat), SequenceFilter(flat)
    for i in range(30):
        row = gallery @ likelihood(gallery, i, rng)
        a, b = one.update(row), two.update(7.0 * row - 3.0)
        assert a.index == b.index
        assert a.log_odds == pytest.approx(b.log_odds, abs=1e-4)


def test_mass_leaves_at_the_end_of_a_chain_and_crosses_at_shared_places():
    gallery, rng = world(100)
    chain = np.repeat([0, 1], 50)
    apart = filter_of(gallery, chain)
    _, errors = _drive(apart, gallery, range(30, 50), rng)
    assert errors[-1] <= 1
    other, _ = world(3, seed=9)
    answers = [apart.update(gallery @ row) for row in other]
    assert not any(apart.accepts(answer) for answer in answers)
    # The second chain's keyframes 50 to 79 show what the first's 20 to 49 do.
    pairs = np.stack([np.arange(20, 50), np.arange(50, 80)], axis=1)
    joined = filter_of(gallery, chain, pairs)
    way = [*range(10, 30), *range(60, 90)]
    accepted, errors = _drive(joined, gallery, way, rng)
    assert errors[-1] == 0 and accepted[-1]


@pytest.mark.parametrize('size', [1, 2, 3, 50])
def test_senseless_numbers_are_no_image(size):
    gallery, rng = world(size)
    sut = filter_of(gallery)
    senseless = [np.full(size, value) for value in (np.nan, np.inf, -np.inf, 1e300)]
    for k in range(200):
        row = senseless[k % 4] if k % 5 else np.full(size, rng.normal())
        answer = sut.update(row)
        assert not sut.accepts(answer)
        assert np.isfinite(answer.mass)


def test_senseless_numbers_in_between_move_nothing():
    gallery, _ = world()
    one, two = filter_of(gallery), filter_of(gallery)
    for i in range(30):
        row = gallery @ likelihood(gallery, i, np.random.default_rng(i))
        estimate = two.update(np.where(np.arange(300) == 7, np.nan, row))
        assert not two.accepts(estimate)
        assert one.update(row) == two.update(row)


def test_the_posterior_stays_normalised():
    gallery, rng = world()
    sut = filter_of(gallery)
    for i in range(50):
        sut.update(gallery @ likelihood(gallery, i, rng, 0.5))
        total = sut._belief.lost + float(sut._belief.of_keyframes().sum())
        assert total == pytest.approx(1.0, abs=1e-5)


def test_odometry_leads_through_a_stretch_that_shows_nothing():
    gallery, rng = world()
    blank = gallery[0]
    with_way, without = filter_of(gallery), filter_of(gallery)
    way = np.concatenate([np.arange(10, 60, 1.0), np.arange(60, 100, 2.5)])
    estimates = []
    for x, travelled in zip(way, np.diff(way, prepend=way[0]), strict=True):
        view = (
            likelihood(gallery, int(x), rng) if x < 60 else likelihood(gallery[:1], 0, rng, 0.05)
        )
        row = gallery @ (view if x < 60 else unit(blank + 0.02 * rng.normal(size=64)))
        row[0] = np.median(row) if x >= 60 else row[0]  # nothing stands out
        estimates.append((with_way.update(row, travelled), without.update(row)))
    known, guessed = estimates[-1]
    assert abs(known.index - way[-1]) <= 4
    assert abs(guessed.index - way[-1]) > 8


def test_by_odometry_a_standing_robot_takes_no_step_whatever_it_sees():
    gallery, rng = world()
    sut = filter_of(gallery)
    for i in range(40):
        sut.update(gallery @ likelihood(gallery, i, rng), 1.0)
    before = sut._belief.of_keyframes()
    for _ in range(20):  # people walk by
        sut.update(gallery @ likelihood(gallery, 39, rng, 0.6), 0.0)
    np.testing.assert_array_equal(sut._belief.of_keyframes(), before)
    for _ in range(5):  # steps too small to tell are summed up
        sut.update(gallery @ likelihood(gallery, 40, rng), 0.2)
    assert not np.array_equal(sut._belief.of_keyframes(), before)
    assert sut.accepts(sut.update(gallery @ likelihood(gallery, 40, rng), 0.0))


@pytest.mark.parametrize('pace', [0.05, 0.3, 1.0, 3.0])
def test_with_odometry_any_pace_is_placed(pace):
    gallery, rng = world(120)
    sut = filter_of(gallery)
    accepted, errors = [], []
    for x in np.arange(0, 115, pace):
        i, part = int(x), x - int(x)
        view = unit((1 - part) * gallery[i] + part * gallery[i + 1])
        estimate = sut.update(gallery @ unit(view + rng.normal(size=64) * 0.05), pace)
        accepted.append(sut.accepts(estimate))
        errors.append(abs(estimate.index - x))
    assert not (np.array(accepted) & (np.array(errors) > 2)).any()
    assert np.mean(accepted[len(accepted) // 4 :]) > 0.8
