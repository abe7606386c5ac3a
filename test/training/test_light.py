# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.training.augmentation.light import (
    NIGHT,
    WINTER,
    AutoExposure,
    ColourCast,
    DarkSky,
    Greyscale,
    Haze,
    Headlights,
    Lamps,
    SensorNoise,
    Snow,
    changed,
)


def flat(level: float, colour: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> np.ndarray:
    return np.full((60, 80, 3), level, np.float32) * np.array(colour, np.float32)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize('change', [*NIGHT, *WINTER, Greyscale()], ids=lambda c: type(c).__name__)
def test_changes_repeat_with_the_seed_and_leave_the_image_alone(change) -> None:
    image = rng(9).random((60, 80, 3), np.float32)
    kept = image.copy()
    one, again = change(image, rng(1)), change(image, rng(1))
    others = [change(image, rng(seed)) for seed in range(2, 12)]

    assert np.array_equal(image, kept)
    assert (one.dtype, one.shape) == (np.float32, image.shape)
    assert np.array_equal(one, again)
    assert isinstance(change, Greyscale) or any(not np.array_equal(one, o) for o in others)


def test_noise_has_the_variance_of_read_out_and_light() -> None:
    noise = SensorNoise(read=(0.03, 0.03), shot=(0.1, 0.1))

    for level in (0.0, 0.25, 1.0):
        found = noise(flat(level), rng()).std()
        assert found == pytest.approx(np.sqrt(0.03**2 + 0.1**2 * level), rel=0.05)


def test_light_of_lamps_is_warm_and_dark_between() -> None:
    nights = np.stack([Lamps()(flat(0.5), rng(seed)) for seed in range(40)])

    assert np.median(nights) < 0.3
    assert nights.max() > 0.5
    assert nights[..., 0].mean() > 1.2 * nights[..., 2].mean()


def test_headlights_light_the_lower_middle() -> None:
    lit = Headlights(strength=(1.0, 1.0))(flat(0.2), rng())

    assert lit[40, 40].mean() > 2 * lit[0, 0].mean() >= 0.4


def test_exposure_reaches_its_level_as_far_as_the_gain_allows() -> None:
    exposure = AutoExposure(mean_level=(0.4, 0.4), largest_gain=8.0, gamma=(1.0, 1.0))

    assert exposure(flat(0.1), rng()).mean() == pytest.approx(0.4)
    assert exposure(flat(0.01), rng()).mean() == pytest.approx(0.08)


def test_grey_images_have_no_colour_and_the_share_is_kept() -> None:
    image = flat(0.8, (1.0, 0.5, 0.2))
    grey = [np.ptp(Greyscale(0.25)(image, rng(seed))[0, 0]) == 0 for seed in range(200)]

    assert np.mean(grey) == pytest.approx(0.25, abs=0.08)


def test_a_cast_scales_channels_alone() -> None:
    cast = ColourCast(0.3)(flat(0.5), rng())

    assert np.ptp(cast.reshape(-1, 3), axis=0).max() < 1e-6
    assert np.abs(np.log(cast[0, 0] / 0.5)).max() <= 0.3


def test_the_sky_alone_goes_dark() -> None:
    image = flat(0.3)
    image[:20] = 0.9
    image[25:28, 10:14] = 0.9
    dark = DarkSky(share=1.0)(image, rng())

    assert dark[:20].max() <= 0.1
    assert np.array_equal(dark[20:], image[20:])


def test_haze_takes_contrast_at_the_horizon_most() -> None:
    image = flat(0.1)
    image[:, ::2] = 0.9
    hazy = Haze(density=(0.6, 0.6))(image, rng())
    contrast = np.ptp(hazy[..., 0], axis=1)

    assert contrast.min() < 0.5 * 0.8
    assert 15 < int(contrast.argmin()) < 40
    assert contrast[-1] > contrast.min() + 0.2


def test_snow_whitens_the_ground_not_the_sky() -> None:
    snowy = Snow(cover=(0.95, 0.95))(flat(0.2), rng())

    assert snowy[-10:].mean() > 0.6
    assert snowy[:20].mean() == pytest.approx(0.2, abs=1e-3)


def test_the_night_of_an_8_bit_image_is_one() -> None:
    image = (255 * rng(2).random((60, 80, 3))).astype(np.uint8)
    night = changed(image, NIGHT, rng(3))

    assert (night.dtype, night.shape) == (np.uint8, image.shape)
    assert np.array_equal(night, changed(image, NIGHT, rng(3)))
