# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from avpr_ros.sources.images.visible_structure import nothing_visible

SHAPE = (240, 320, 3)


def scene(shape: tuple[int, ...] = SHAPE, brightness: float = 1.0) -> Any:
    """Return overlapping rectangles of many sizes."""
    rng = np.random.default_rng(0)
    image = np.full(shape, 90, np.uint8)
    for _ in range(60):
        x, y = rng.integers(0, shape[1]), rng.integers(0, shape[0])
        width, height = rng.integers(4, shape[1] // 4, 2)
        colour = rng.integers(0, 255, 3).tolist()
        cv2.rectangle(image, (int(x), int(y)), (int(x + width), int(y + height)), colour, -1)
    return (image * brightness).astype(np.uint8)


def noise(mean: float, sigma: float) -> Any:
    levels = np.random.default_rng(1).normal(mean, sigma, SHAPE)
    return np.clip(levels, 0, 255).astype(np.uint8)


def light_leak() -> Any:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] / SHAPE[1]
    glow = 100 * np.exp(-8 * (x**2 + y**2))[..., np.newaxis]
    return np.clip(noise(4, 2) + glow, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ('image', 'fault'),
    [
        pytest.param(np.zeros(SHAPE, np.uint8), 'dark', id='black'),
        pytest.param(noise(4, 4), 'dark', id='black with noise'),
        pytest.param(light_leak(), 'dark', id='light leak'),
        pytest.param(noise(254, 2), 'overexposed', id='white'),
        pytest.param(noise(130, 3), 'uniform', id='wall'),
        pytest.param(noise(128, 60), 'noise', id='noise'),
        pytest.param(cv2.GaussianBlur(scene(), (0, 0), 16.0), 'blurred', id='defocus'),
        pytest.param(cv2.blur(scene(), (80, 1)), 'blurred', id='motion'),
    ],
)
def test_nothing_is_visible_in_spoiled_images(image: Any, fault: str) -> None:
    found = nothing_visible(image)
    assert found is not None
    assert found.startswith(f'it is {fault}')
    assert ('at least' in found or 'at most' in found) and ';' in found


@pytest.mark.parametrize(
    'image',
    [
        pytest.param(scene(), id='scene'),
        pytest.param(scene(brightness=0.1), id='night'),
        pytest.param(cv2.resize(scene(), (64, 48), interpolation=cv2.INTER_AREA), id='small'),
        pytest.param(np.clip(scene(brightness=0.4) + noise(10, 8), 0, 255), id='noisy'),
        pytest.param(cv2.GaussianBlur(scene(), (0, 0), 3.0), id='slight blur'),
    ],
)
def test_scenes_are_visible(image: Any) -> None:
    assert nothing_visible(image.astype(np.uint8)) is None


@pytest.mark.parametrize('size', [(1, 1), (1, 300), (300, 1), (2, 3)])
def test_tiny_images_have_no_structure(size: tuple[int, int]) -> None:
    assert nothing_visible(np.full((*size, 3), 128, np.uint8)) is not None
