# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.features import ROOT_SIFT, XFEAT, FeatureKind, Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.mapping.kind_weights import with_kind_weights

#: Two keyframes a place, all places far from one another.
PLACES, FEATURES = 60, 40


def descriptors(rng: np.random.Generator, kind: FeatureKind) -> np.ndarray:
    spread = rng.uniform(1, 60, (FEATURES, kind.width))
    return spread if kind is ROOT_SIFT else spread / 5 - 6


def images(kind: FeatureKind, telling: bool) -> list[Features]:
    """Return features of two keyframes a place; those that are not telling are of everywhere."""
    rng = np.random.default_rng(5)
    noise = (2 if telling else 6) / (1 if kind is ROOT_SIFT else 5)
    everywhere = descriptors(rng, kind), rng.uniform(0, 240, (FEATURES, 2))
    found = []
    for _ in range(PLACES):
        fresh = descriptors(rng, kind), rng.uniform(0, 240, (FEATURES, 2))
        own, points_px = fresh if telling else everywhere
        disparities_px = np.stack([rng.uniform(0, 5, FEATURES), np.zeros(FEATURES)], axis=1)
        for number in range(2):
            looks = (own + rng.normal(0, noise, own.shape)).astype(kind.dtype)
            seen_px = points_px + number * disparities_px
            found.append(Features(seen_px.astype(np.float32), looks, kind))
    return found


def keyframes() -> Keyframes:
    count = 2 * PLACES
    poses = np.zeros((count, 7))
    poses[:, 0] = np.repeat(100.0 * np.arange(PLACES), 2)
    poses[1::2, 0] += 1.0
    poses[:, 6] = 1.0
    zeros = np.zeros(count, np.int64)
    return Keyframes(np.arange(count), 10**9 * np.arange(count), zeros, zeros, poses)


def weigh(first: bool, second: bool) -> tuple[float, ...]:
    landmarks = Landmarks.without_points([images(ROOT_SIFT, first), images(XFEAT, second)], 1)
    descriptors = np.repeat(np.eye(PLACES, dtype=np.float32), 2, axis=0)
    weighted = with_kind_weights(landmarks, descriptors, keyframes(), 5.0)
    assert [layer.kind for layer in weighted.layers] == [ROOT_SIFT, XFEAT]
    assert sum(layer.weight for layer in weighted.layers) == pytest.approx(1.0)
    return tuple(layer.weight for layer in weighted.layers)


def test_kind_that_recognises_places_has_the_larger_weight() -> None:
    assert weigh(True, False)[0] > 0.85
    assert weigh(False, True)[1] > 0.85


def test_equally_good_kinds_have_equal_weights() -> None:
    assert abs(weigh(True, True)[0] - 0.5) < 0.1


def weigh_few(points: bool) -> Landmarks:
    few = [of_kind[:10] for of_kind in (images(ROOT_SIFT, True), images(XFEAT, True))]
    frames = keyframes().first(10)
    descriptors = np.repeat(np.eye(5, dtype=np.float32), 2, axis=0)
    landmarks = Landmarks.without_points(few, 1)
    if points:
        layers = (
            replace(layer, points_m=np.zeros_like(layer.points_m)) for layer in landmarks.layers
        )
        landmarks = replace(landmarks, layers=tuple(layers))
    return with_kind_weights(landmarks, descriptors, frames, 5.0)


def test_few_keyframes_keep_the_first_kind_alone() -> None:
    assert [layer.kind for layer in weigh_few(points=False).layers] == [ROOT_SIFT]


def test_few_keyframes_with_points_keep_the_other_kind_for_poses(tmp_path: Path) -> None:
    weighted = weigh_few(points=True)

    assert [layer.kind for layer in weighted.layers] == [ROOT_SIFT, XFEAT]
    assert [layer.kind for layer in weighted.recognition_layers] == [ROOT_SIFT]
    weighted.save(tmp_path / 'landmarks.npz')
    again = Landmarks.load(tmp_path / 'landmarks.npz', 10, 1)
    assert [layer.weight for layer in again.layers] == [1.0, 0.0]


def test_landmarks_whose_first_kind_recognises_nothing_are_refused(tmp_path: Path) -> None:
    weighted = weigh_few(points=True)
    replace(weighted, layers=weighted.layers[::-1]).save(tmp_path / 'landmarks.npz')
    with pytest.raises(MapError, match='build the map again'):
        Landmarks.load(tmp_path / 'landmarks.npz', 10, 1)
