# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.hog import HogDescriptors, hog_descriptor

COUNT = 30


def picture(seed: int) -> np.ndarray:
    """A scene of coarse shapes, (96, 160, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 10, 3)).astype(np.uint8)
    return cv2.resize(coarse, (160, 96), interpolation=cv2.INTER_CUBIC)


def in_another_light(image: np.ndarray) -> np.ndarray:
    return (255 * (image / 255.0) ** 2 * 0.5 + 40).astype(np.uint8)


@pytest.fixture(scope='module')
def layout() -> HogDescriptors:
    return HogDescriptors.fit(np.stack([hog_descriptor(picture(seed)) for seed in range(COUNT)]))


def test_a_picture_is_found_again_in_another_light_and_size(layout: HogDescriptors) -> None:
    rows = layout.rows.astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for seed in range(COUNT):
        image = cv2.resize(in_another_light(picture(seed)), (320, 192))
        scores = rows @ layout.project(image)
        assert int(scores.argmax()) == seed


def test_rows_are_what_the_pictures_project_to(layout: HogDescriptors) -> None:
    assert layout.rows.shape == (COUNT, min(COUNT, 128))
    np.testing.assert_allclose(layout.project(picture(3)), layout.rows[3], atol=0.05)


def test_a_map_of_one_picture_and_black_ones_give_finite_numbers() -> None:
    black = np.zeros((48, 64, 3), np.uint8)
    for pictures in ([black], [black] * 3, [picture(0)]):
        fitted = HogDescriptors.fit(np.stack([hog_descriptor(one) for one in pictures]))
        assert np.isfinite(fitted.rows).all()
        assert np.isfinite(fitted.project(picture(1))).all()


def test_what_is_saved_is_loaded(layout: HogDescriptors, tmp_path) -> None:
    layout.save(tmp_path / 'layout.npz')
    loaded = HogDescriptors.load(tmp_path / 'layout.npz', COUNT)
    np.testing.assert_array_equal(loaded.rows, layout.rows)
    np.testing.assert_array_equal(loaded.project(picture(5)), layout.project(picture(5)))


@pytest.mark.parametrize('damage', ['count', 'nan', 'type', 'dim', 'cut', 'missing'])
def test_what_does_not_fit_is_refused_in_one_sentence(
    layout: HogDescriptors, tmp_path, damage
) -> None:
    path, count = tmp_path / 'layout.npz', COUNT + (damage == 'count')
    mean, basis, rows = layout.mean.copy(), layout.basis, layout.rows
    if damage == 'nan':
        mean[0] = np.nan
    if damage == 'type':
        rows = rows.astype(np.float32)
    if damage == 'dim':
        basis = np.ascontiguousarray(basis[:, 1:])
    HogDescriptors(mean, basis, rows).save(path)
    if damage == 'cut':
        path.write_bytes(path.read_bytes()[:1000])
    if damage == 'missing':
        path.unlink()
    with pytest.raises(MapError, match='build the map again'):
        HogDescriptors.load(path, count)
