# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The way from a published dataset's folder to a query network: built like any drive, trained."""

from __future__ import annotations

from pathlib import Path

import cv2
from layouts import write_gsv_city, write_msls_part, write_vg_folder
import numpy as np
import pytest

from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.networks.registry import describer_by_name
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from avpr_ros.training import held_out
from avpr_ros.training.places import PlaceSettings, places_from_poses, places_of
from avpr_ros.training.query_training import train_query_network
from avpr_ros.training.settings import TrainSettings

pytestmark = pytest.mark.slow

SETTINGS = TrainSettings(
    steps=1, batch_size=2, learning_rate=1e-5, places=PlaceSettings(cell_m=15.0)
)


def gsv_cities(root: Path) -> Path:
    write_gsv_city(root, 'London', [3, 8, 9])
    write_gsv_city(root, 'Boston', [3, 4], north_of_lat=-42.3)
    return root


def msls(root: Path) -> Path:
    part = root / 'train_val' / 'cph' / 'database'
    write_msls_part(part, [f'key{number}' for number in range(8)], step_m=20.0)
    return part


def vg_folder(root: Path) -> Path:
    write_vg_folder(root / 'database', [500_000.0 + 20 * number for number in range(8)])
    return root / 'database'


@pytest.mark.parametrize('write', [gsv_cities, msls, vg_folder])
def test_a_dataset_becomes_a_map_and_the_map_a_query_network(
    tmp_path, monkeypatch, made_up_images, write
):
    monkeypatch.setattr(held_out, 'VIEWS', 10)
    folder = write(tmp_path / 'dataset')
    files = sorted((tmp_path / 'dataset').rglob('*.jpg'))
    for number, file in enumerate(files):
        cv2.imwrite(str(file), made_up_images(99).read(number))
    source = open_source(folder, SourceOptions())
    settings = BuildSettings(min_distance_m=0.0)
    gallery = build_map(source, describer_by_name('embedded-light'), tmp_path / 'map', settings)
    assert len(gallery) == len(files) - (write is msls)  # the last image of MSLS is a panorama
    result = train_query_network(gallery, tmp_path / 'query.onnx', SETTINGS)
    assert result.output.is_file()
    assert result.manifest.training['images'] == len(gallery)


def test_images_of_one_place_of_gsv_cities_are_never_negatives_of_each_other(tmp_path):
    source = open_source(gsv_cities(tmp_path / 'gsv'), SourceOptions())
    settings = BuildSettings(min_distance_m=0.0)

    class Anything:
        network = 'anything'

        def describe_gallery(self, images, count, progress):
            from avpr_ros.gallery.descriptor_space import DescriptorSpace

            return DescriptorSpace.create('anything', 2, 8, {}), np.tile([[1.0, 0.0]], (count, 1))

    gallery = build_map(source, Anything(), tmp_path / 'map', settings)
    places = places_from_poses(gallery.keyframes, SETTINGS.places)
    mask = places.exclusion_mask(places.labels)[:, places.labels]
    # Rows come in pairs of one place, hundreds of metres apart.
    assert np.array_equal(mask, np.kron(np.eye(5, dtype=bool), np.ones((2, 2), dtype=bool)))
    # The map keeps the labels; with them no grid is needed.
    assert GalleryMap.open(gallery.path).keyframes.places.tolist() == [
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
    ]
    assert places_of(gallery.keyframes, SETTINGS.places).labels.tolist() == [
        *(0, 0, 1, 1, 2, 2, 3, 3, 4, 4)
    ]
