# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Damaged maps whose hashes were made anew over the damage."""

from __future__ import annotations

from dataclasses import replace
import hashlib
import json

import cv2
from mutations import CASES, mutations, outcome
import numpy as np
import pytest

from avpr_ros.gallery.augmented_views import load_views, save_views
from avpr_ros.gallery.gallery_map import (
    DESCRIPTORS,
    HOG,
    INDEX,
    KEYFRAMES,
    LANDMARKS,
    SPACE,
    VIEWS,
    WARNINGS,
    GalleryMap,
)
from avpr_ros.gallery.index.faiss_index import GalleryIndex
from avpr_ros.gallery.index.inverted_file import build_inverted_file
from avpr_ros.gallery.local_features.features import XFEAT, Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.manifest import NAME
from avpr_ros.gallery.thumbnails import SUMS
from avpr_ros.mapping.map_contents import build_hog_descriptors
from avpr_ros.storage.json_hash import with_hash

PARTS = (DESCRIPTORS, KEYFRAMES, INDEX, SPACE, VIEWS, LANDMARKS, HOG, WARNINGS, SUMS)


@pytest.fixture
def whole(gallery):
    """A map with all parts but networks."""
    rng = np.random.default_rng(0)
    save_views(gallery.path, rng.normal(size=(20, 2, 32)))
    build_hog_descriptors(gallery).save(gallery.path / HOG)
    points = rng.uniform(0, 24, (5, 2)).astype(np.float32)
    words = rng.integers(-9, 9, (5, XFEAT.width)).astype(np.int8)
    features = [[Features(points, words, XFEAT)] * 20]
    landmarks = Landmarks.without_points(features, 1)
    replace(landmarks, min_accumulated_llr=1.0, min_single_image_llr=1.0).save(
        gallery.path / LANDMARKS
    )
    (gallery.path / WARNINGS).write_text('["text"]\n')
    gallery.manifest.sealed(gallery.path, list(PARTS)).save(gallery.path)
    return GalleryMap.open(gallery.path)


def use(folder):
    """Open a map and read everything in it."""
    gallery = GalleryMap.open(folder)
    gallery.space()
    gallery.hog()
    gallery.warnings  # noqa: B018 - read for its errors
    if (landmarks := gallery.landmarks()) is not None:
        landmarks.features(len(gallery) - 1)
    load_views(gallery)
    list(gallery.iter_thumbnails('fuzz'))
    gallery.index.search(np.asarray(gallery.descriptors[:2], np.float32), 5)
    gallery.keyframes.headings_rad()


@pytest.mark.parametrize('name', PARTS)
def test_a_sealed_damaged_part_is_refused_or_read(whole, name):
    file = whole.path / name
    content = file.read_bytes()
    outcomes = []
    for changed in mutations(content, max(CASES // 4, 1)):
        file.write_bytes(changed)
        whole.manifest.sealed(whole.path, list(PARTS)).save(whole.path)
        outcomes.append(outcome(lambda: use(whole.path)))
    assert 'refused' in outcomes


def test_a_damaged_manifest_is_refused(whole):
    content = (whole.path / NAME).read_bytes()
    for changed in mutations(content):
        (whole.path / NAME).write_bytes(changed)
        outcome(lambda: GalleryMap.open(whole.path, verify=False))


def test_a_sealed_manifest_with_other_values_is_refused_or_read(whole):
    data = json.loads((whole.path / NAME).read_text())
    rng = np.random.default_rng(1)
    values = [None, True, -1, 0, 1e400, 10**400, 'x', '../x', [], {}, [[]], 2**70, float('nan')]
    for _ in range(CASES):
        changed = json.loads(json.dumps(data))
        place = changed
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = keys[int(rng.integers(len(keys)))]
            if not isinstance(place[key], dict | list) or not place[key] or rng.random() < 0.3:
                place[key] = values[int(rng.integers(len(values)))]
                break
            place = place[key]
        (whole.path / NAME).write_text(json.dumps(with_hash(changed)))
        outcome(lambda: use(whole.path))


@pytest.mark.parametrize(
    'text', ['[' * 100_000, '{"a":' * 100_000, '{"a": ' + '9' * 100_000 + '}']
)
def test_deep_and_huge_json_is_refused(whole, text):
    (whole.path / NAME).write_text(text)
    assert outcome(lambda: GalleryMap.open(whole.path)) == 'refused'


def test_sealed_damaged_thumbnails_are_refused_or_read(whole):
    file, sums = whole.path / 'thumbnails' / '000003.jpg', whole.path / SUMS
    content, lines = file.read_bytes(), sums.read_text()
    old = hashlib.sha256(content).hexdigest()
    for changed in mutations(content):
        file.write_bytes(changed)
        sums.write_text(lines.replace(old, hashlib.sha256(changed).hexdigest()))
        outcome(lambda: whole.thumbnail(3))


def test_a_bomb_among_the_thumbnails_is_refused(whole):
    bomb = cv2.imencode('.png', np.zeros((9000, 9000), np.uint8))[1].tobytes()
    assert len(bomb) < 200_000
    (whole.path / 'thumbnails' / '000003.jpg').write_bytes(bomb)
    lines = [f'{hashlib.sha256(bomb).hexdigest()}  000003.jpg\n']
    (whole.path / SUMS).write_text(''.join(lines))
    assert outcome(lambda: whole.thumbnail(3)) == 'refused'


@pytest.mark.parametrize('kind', ['ivf-sq8', 'ivf-pq32'])
def test_damaged_approximate_indexes_are_refused_or_read(tmp_path, kind):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 64)).astype(np.float32)
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    GalleryIndex(build_inverted_file(kind, rows), lambda r: rows[r].astype(np.float32)).save(
        tmp_path / 'index'
    )
    content = (tmp_path / 'index').read_bytes()

    def search() -> None:
        index = GalleryIndex.load(tmp_path / 'index', lambda r: rows[r].astype(np.float32))
        if index.dim == 64:
            index.search(np.asarray(rows[:3], np.float32), 7)

    outcomes = []
    for changed in mutations(content):
        (tmp_path / 'index').write_bytes(changed)
        outcomes.append(outcome(search))
    assert set(outcomes) == {'read', 'refused'}
