# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from worlds import unit, world

from avpr_ros.gallery.hog import HogDescriptors, hog_descriptor
from avpr_ros.localization.query import Query
from avpr_ros.localization.temporal.appearance import (
    Appearance,
    DescriptorChannel,
    RunningNormalizer,
)
from avpr_ros.localization.temporal.settings import SequenceSettings

COUNT, SETTINGS = 40, SequenceSettings()


def picture(seed):
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 10, 3)).astype(np.uint8)
    return cv2.resize(coarse, (160, 96), interpolation=cv2.INTER_CUBIC)


PICTURES = [picture(seed) for seed in range(COUNT)]
LAYOUT = HogDescriptors.fit(np.stack([hog_descriptor(image) for image in PICTURES]))


def appearance_of(rows, layout=LAYOUT):
    gallery = SimpleNamespace(descriptors=rows.astype(np.float16), hog=lambda: layout)
    return Appearance(gallery, np.arange(len(rows)))


def test_where_the_descriptor_says_nothing_the_layout_decides():
    rows, rng = world(COUNT)
    appearance = appearance_of(rows)
    for seed in range(COUNT):
        query = Query(unit(rng.normal(size=64)), 0, 'front', PICTURES[seed])
        scores = appearance.similarities(query, appearance.normalizers(SETTINGS))
        assert int(scores.argmax()) == seed


def test_without_a_layout_or_an_image_the_descriptor_decides():
    rows, _ = world(COUNT)
    for appearance in (appearance_of(rows), appearance_of(rows, None)):
        query = Query(rows[7], 0, 'front')
        scores = appearance.similarities(query, appearance.normalizers(SETTINGS))
        assert int(scores.argmax()) == 7
        assert scores.shape == (COUNT,)
    assert appearance_of(rows).needs_image
    assert not appearance_of(rows, None).needs_image


def test_both_kinds_spread_as_much_over_the_map():
    rows = unit(np.ones(64) + 0.2 * world(COUNT)[0])  # all nearly alike
    appearance = appearance_of(rows)
    learned = appearance.rows[:, :64] @ appearance.rows[:, :64].T
    layouts = appearance.rows[:, 64:] @ appearance.rows[:, 64:].T
    off = ~np.eye(COUNT, dtype=bool)
    assert learned[off].std() == pytest.approx(layouts[off].std(), rel=0.5)
    np.testing.assert_allclose(np.linalg.norm(appearance.rows, axis=1), 1.0, atol=1e-4)


def test_long_descriptors_are_compared_along_their_leading_directions():
    rows, _ = world(300, 512)
    appearance = appearance_of(rows, None)
    assert appearance.rows.shape == (300, 128)
    query = Query(rows[11], 0, 'front')
    assert int(appearance.similarities(query, appearance.normalizers(SETTINGS)).argmax()) == 11


def test_what_all_images_of_today_share_is_lost():
    rows, rng = world(200)
    part = DescriptorChannel.from_descriptors(rows.astype(np.float32))
    gaze, light = RunningNormalizer.of_channel(part, SETTINGS), 2.0 * rng.normal(size=64) / 8
    scores = [gaze.normalize(part.project(rows[i] + light)) @ part.rows[i] for i in range(200)]
    assert np.mean(scores[:5]) < 0.8
    assert np.mean(scores[-50:]) > 0.9


def test_a_standing_robot_does_not_take_the_place_for_the_light():
    rows, _ = world(200)
    part = DescriptorChannel.from_descriptors(rows.astype(np.float32))
    gaze = RunningNormalizer.of_channel(part, SETTINGS)
    scores = [gaze.normalize(part.project(rows[3])) @ part.rows[3] for _ in range(500)]
    assert min(scores) > 0.95
