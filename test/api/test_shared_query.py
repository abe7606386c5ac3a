# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One query network for several maps of ``embedded-fixed``, without training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
import shutil

import cv2
import numpy as np
import pytest

from avpr_ros.api.evaluation import evaluate
from avpr_ros.api.maps import append_to_map, build_map
from avpr_ros.api.recognition import PlaceRecognizer, localize
from avpr_ros.cli.bench import bench
from avpr_ros.errors import MapError, QueryNetworkError, SpaceMismatchError
from avpr_ros.gallery.gallery_map import GALLERY_NETWORK, GalleryMap
from avpr_ros.localization.recognizer import Recognizer, map_calibration
from avpr_ros.networks.embedded.fixed_space import fixed_space
from avpr_ros.runtime.query_manifest import QueryManifest
from avpr_ros.training import held_out
from avpr_ros.training.recalibrate import recalibrate
from avpr_ros.training.symmetric import export_gallery_network

pytestmark = pytest.mark.slow
FIXED = 'embedded-fixed'
IMAGES = 8


def view(number: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng((seed, number))
    image = np.full((120, 160, 3), rng.integers(0, 256, 3), dtype=np.uint8)
    for _ in range(10):
        y, x = rng.integers(0, 90), rng.integers(0, 120)
        image[y : y + 40, x : x + 40] = rng.integers(0, 256, 3)
    return image


def write_walk(folder: Path, seed: int) -> Path:
    """Images four metres apart along x."""
    folder.mkdir()
    lines = ['image,x_m,y_m,z_m,qx,qy,qz,qw']
    for number in range(IMAGES):
        cv2.imwrite(str(folder / f'{number:03d}.png'), view(number, seed)[..., ::-1])
        lines.append(f'{number:03d}.png,{4 * number},0,0,0,0,0,1')
    (folder / 'poses.csv').write_text('\n'.join(lines) + '\n')
    return folder


@pytest.fixture(scope='module', autouse=True)
def few_views() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held_out, 'VIEWS', 10)
        yield


@pytest.fixture(scope='module')
def maps(tmp_path_factory: pytest.TempPathFactory) -> list[GalleryMap]:
    folder = tmp_path_factory.mktemp('maps')
    return [
        build_map(
            write_walk(folder / f'walk{seed}', seed),
            folder / f'map{seed}',
            network=FIXED,
            landmarks=False,
        )
        for seed in (1, 2)
    ]


@pytest.fixture(scope='module')
def query(maps: list[GalleryMap], tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp('query') / 'query.onnx'
    return export_gallery_network(maps[0], output).output


def test_one_query_network_serves_two_maps(maps: list[GalleryMap], query: Path) -> None:
    assert maps[0].manifest.descriptor_space.id != maps[1].manifest.descriptor_space.id
    manifest = QueryManifest.load(query.with_suffix('.json'))
    assert (manifest.space_id, manifest.dim) == (fixed_space().id, fixed_space().dim)
    assert manifest.calibration is None
    for seed, gallery in enumerate(maps, start=1):
        opened = PlaceRecognizer.open(gallery, query)
        best = [opened.recognize(view(n, seed)).candidates[0] for n in range(IMAGES)]
        assert [one.row for one in best] == list(range(IMAGES))
        assert min(one.similarity for one in best) > 0.95


def test_thresholds_are_those_of_each_map(maps: list[GalleryMap], query: Path) -> None:
    opened = [Recognizer.of_map(gallery, query) for gallery in maps]
    found = [map_calibration(one.gallery, one.network.manifest) for one in opened]
    assert found == [gallery.manifest.calibration for gallery in maps]
    assert None not in found
    assert found[0] != found[1]


def test_map_without_query_network_argument_is_matched_by_its_own(
    maps: list[GalleryMap], query: Path
) -> None:
    own, given = Recognizer.of_map(maps[1], None), Recognizer.of_map(maps[1], query)
    image = view(3, 2)
    assert np.allclose(own.network.describe(image), given.network.describe(image), atol=1e-5)
    (walk,) = maps[1].path.parent.glob('walk2')
    best = [one.candidates[0].row for one in localize(walk, maps[1])]
    assert best == list(range(IMAGES))


def test_drive_is_evaluated_and_timed_by_the_network_in_the_map(
    maps: list[GalleryMap], capsys: pytest.CaptureFixture[str]
) -> None:
    walk = maps[0].path.parent / 'walk1'
    found = evaluate(walk, maps[0], radius_m=0.5)
    assert found.pairs[0].score.recall[1] == 1.0
    assert found.costs[0].gmac > 0
    assert found.acceptance is not None
    assert found.acceptance.queries == IMAGES
    bench(maps[0].path, count=2)
    assert f'network {FIXED}' in capsys.readouterr().out


def test_maps_hold_the_same_network_file(maps: list[GalleryMap]) -> None:
    first, second = (gallery.manifest.files[GALLERY_NETWORK].sha256 for gallery in maps)
    assert first == second


def test_map_of_another_network_needs_a_query_network(gallery: GalleryMap) -> None:
    with pytest.raises(QueryNetworkError, match='holds none'):
        Recognizer.of_map(gallery, None)


def test_query_network_of_another_vocabulary_is_refused(
    maps: list[GalleryMap], query: Path, tmp_path: Path
) -> None:
    other = tmp_path / 'other.onnx'
    other.write_bytes(query.read_bytes())
    manifest = QueryManifest.load(query.with_suffix('.json'))
    replace(manifest, space_id='ab' * 32).save(other.with_suffix('.json'))
    with pytest.raises(SpaceMismatchError, match='abababab'):
        Recognizer.of_map(maps[0], other)


def test_damaged_network_of_a_map_is_refused(maps: list[GalleryMap], tmp_path: Path) -> None:
    folder = shutil.copytree(maps[0].path, tmp_path / 'map')
    data = bytearray((folder / GALLERY_NETWORK).read_bytes())
    data[1000] ^= 1
    (folder / GALLERY_NETWORK).write_bytes(data)
    with pytest.raises(MapError, match=GALLERY_NETWORK):
        GalleryMap.open(folder)


def test_appended_drive_renews_the_calibration_of_the_map_alone(
    maps: list[GalleryMap], query: Path, tmp_path: Path
) -> None:
    before = GalleryMap.open(shutil.copytree(maps[0].path, tmp_path / 'map'))
    manifest = query.with_suffix('.json').read_bytes()
    after = append_to_map(before, write_walk(tmp_path / 'walk6', 6))
    assert after.manifest.calibration not in (None, before.manifest.calibration)
    assert after.manifest.files[GALLERY_NETWORK] == before.manifest.files[GALLERY_NETWORK]
    assert recalibrate(after, query).after.min_similarity > 0
    assert query.with_suffix('.json').read_bytes() == manifest
