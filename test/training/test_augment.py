# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.runtime.preprocess import squash
from avpr_ros.training.augmentation.augment import STRONG, Augmentation
from avpr_ros.training.augmentation.geometric import occlude, warp
from avpr_ros.training.augmentation.light import NIGHT, WINTER, changed
from avpr_ros.training.augmentation.photometric import (
    add_noise,
    blur,
    compress,
    relight,
    shade,
)

OFF = Augmentation(
    plain_share=0,
    zoom=0,
    shift=0,
    rotation_rad=0,
    perspective=0,
    exposure_stops=0,
    gamma=0,
    white_balance=0,
    saturation=0,
    each_share=0,
)


def picture() -> np.ndarray:
    y, x = np.mgrid[0:60, 0:80]
    return np.stack([3 * x, 4 * y, 128 + 60 * np.sin(x / 7)], axis=2).astype(np.uint8)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize('augmentation', [Augmentation(), STRONG])
@pytest.mark.parametrize('size_px', [32, 96])
def test_views_are_repeatable_and_differ_between_draws(augmentation, size_px):
    views = [augmentation.view(picture(), size_px, rng(seed)) for seed in (1, 1, 2)]
    assert views[0].shape == (size_px, size_px, 3)
    assert views[0].dtype == np.uint8
    assert np.array_equal(views[0], views[1])
    assert not np.array_equal(views[0], views[2])


def test_everything_off_is_the_image_itself():
    view = OFF.view(picture(), 60, rng())
    assert np.abs(view.astype(int) - squash(picture(), 60)).mean() < 1


@pytest.mark.parametrize(
    'one',
    [
        {'zoom': 0.4},
        {'shift': 0.2},
        {'rotation_rad': 0.3},
        {'perspective': 0.1},
        {'exposure_stops': 1.0},
        {'gamma': 0.5},
        {'white_balance': 0.3},
        {'saturation': 0.9},
        {'night': 1.0},
        {'winter': 1.0},
        {'grey': 1.0},
    ],
    ids=lambda one: next(iter(one)),
)
def test_each_switch_alone_changes_the_view(one):
    off = OFF.view(picture(), 60, rng(5)).astype(int)
    assert np.abs(replace(OFF, **one).view(picture(), 60, rng(5)) - off).mean() > 2


@pytest.mark.parametrize('kind', ['shading', 'occluder', 'blur_px', 'noise', 'jpeg_quality'])
def test_the_occasional_changes_can_be_switched_off(kind):
    kinds = ('shading', 'occluder', 'blur_px', 'noise', 'jpeg_quality')
    none = replace(OFF, each_share=1.0, **dict.fromkeys(kinds, 0))
    alone = replace(none, **{kind: getattr(STRONG, kind)})
    plain = OFF.view(picture(), 60, rng(3)).astype(int)
    assert np.array_equal(none.view(picture(), 60, rng(3)), plain)
    assert np.abs(alone.view(picture(), 60, rng(3)) - plain).max() > 0


def test_the_caller_keeps_its_image():
    image = picture()
    for change in (
        lambda i: occlude(i, rng(), 0.9),
        lambda i: shade(i, rng(), 0.9),
        lambda i: changed(i, NIGHT, rng()),
        lambda i: changed(i, WINTER, rng()),
        lambda i: blur(i, rng(), 3.0),
        lambda i: add_noise(i, rng(), 30.0),
        lambda i: compress(i, rng(), 20),
        lambda i: relight(i, rng(), exposure_stops=1, gamma=1, white_balance=1, saturation=1),
    ):
        change(image)
        assert np.array_equal(image, picture())


def test_a_zoom_shows_a_part_of_the_image():
    seen = warp(picture(), 60, rng(1), zoom=0.5, shift=0.0, rotation_rad=0.0, perspective=0.0)
    # The left-to-right ramp of the red channel spans less where the window is narrower.
    assert np.ptp(seen[30, :, 0].astype(int)) < 0.95 * np.ptp(picture()[30, :, 0].astype(int))


def test_ranges_can_be_changed_by_name():
    changed = Augmentation.changed(['night=0.2', 'jpeg_quality=0', 'zoom=0'])
    assert changed == replace(Augmentation(), night=0.2, jpeg_quality=0, zoom=0.0)
    assert Augmentation.changed([]) == Augmentation()


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('fog=1', "no augmentation 'fog'.*'blur_px'"),
        ('zoom', 'has no number'),
        ('zoom=much', 'has no number'),
        ('zoom=-1', 'out of range'),
        ('zoom=nan', 'out of range'),
    ],
)
def test_a_change_without_sense_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        Augmentation.changed([text])
