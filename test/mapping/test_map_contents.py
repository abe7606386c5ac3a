# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.describer import no_progress
from avpr_ros.gallery.gallery_map import XFEAT_NETWORK, GalleryMap
from avpr_ros.gallery.local_features.features import XFEAT, Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.mapping.map_contents import MapContents
from avpr_ros.verification.extractors import open_extractors


def like(gallery: GalleryMap) -> MapContents:
    return MapContents.like(gallery, lambda *_: None, lambda *_: None)


def test_next_revision_takes_the_network_of_the_map(gallery: GalleryMap, tmp_path: Path) -> None:
    (gallery.path / XFEAT_NETWORK).write_bytes(b'the network')
    assert like(gallery).write_xfeat is None  # not of the map: the manifest does not list it
    names = [*gallery.manifest.files, XFEAT_NETWORK]
    gallery.manifest.sealed(gallery.path, names).save(gallery.path)
    write = like(GalleryMap.open(gallery.path)).write_xfeat
    assert write is not None
    write(tmp_path / XFEAT_NETWORK)
    assert (tmp_path / XFEAT_NETWORK).read_bytes() == b'the network'


def test_next_revision_of_a_map_without_learned_features_has_none(gallery: GalleryMap) -> None:
    assert like(gallery).write_xfeat is None


def test_report_has_the_content_hash_of_the_whole_map(straight_drive, describer, tmp_path):
    reported: list[str] = []
    contents = MapContents(
        lambda *_: np.empty(0),
        lambda made, _: reported.append(made.manifest.content_hash),
        landmarks=False,
    )
    made = build_map(
        straight_drive,
        describer,
        tmp_path / 'map',
        BuildSettings(),
        finish=lambda draft: contents.add_to(draft, no_progress),
    )
    assert reported == [made.manifest.content_hash]


def test_map_without_its_network_is_refused(gallery: GalleryMap) -> None:
    landmarks = Landmarks.without_points([[Features.empty(XFEAT)]], 1)
    with pytest.raises(MapError, match=r'xfeat\.onnx is missing, .* kind .xfeat.; copy the map'):
        open_extractors(gallery, landmarks)
