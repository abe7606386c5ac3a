# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Real walks as maps and query networks, made once and kept in ``build/onboard``."""

from __future__ import annotations

from collections.abc import Sequence
import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avpr_ros.arrays import IntArray, RgbImage
from avpr_ros.evaluation.metrics.positives import positives_within
from avpr_ros.evaluation.metrics.recall import recall_at
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.sources.images.decode import decode_encoded
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from benchmarks.results import ROOT, require_data

WORK = ROOT / 'build' / 'onboard'
LIGHT, HEAVY = 'embedded-light', 'embedded'


@dataclass(frozen=True)
class Walk:
    """A mapping walk and a second walk of the same places, frame by frame.

    Attributes:
        name: the set's folder.
        gallery: its sub-folder of the mapping walk.
        query: its sub-folder of the second walk; query frame i shows gallery frame i.
        tolerance_frames: a match this many frames off is right.
        query_step: every so many images of the second walk are asked.
    """

    name: str
    gallery: str
    query: str
    tolerance_frames: int
    query_step: int = 1

    def gallery_images(self) -> list[Path]:
        """Return the mapping walk's files in order."""
        return sorted((require_data(self.name) / self.gallery).iterdir())

    def query_images(self) -> list[Path]:
        """Return the second walk's files in order, those that are asked."""
        return sorted((require_data(self.name) / self.query).iterdir())[:: self.query_step]

    def recall_at_1(self, rows: Sequence[int] | IntArray) -> float:
        """Return the share of queries whose best row is right; frame i stands at i metres."""
        at = self.query_step * np.arange(len(rows), dtype=float)[:, np.newaxis] * [[1.0, 0.0, 0.0]]
        places = np.arange(len(self.gallery_images()), dtype=float)
        gallery = places[:, np.newaxis] * [[1.0, 0.0, 0.0]]
        positives = positives_within(at, gallery, self.tolerance_frames + 0.25)
        return recall_at([np.array([row]) for row in rows], positives, 1, 'missed')


WALKS = (Walk('corridor', 'gallery', 'query', 2), Walk('nordland', 'summer', 'winter', 1, 4))


def read_image(path: Path) -> RgbImage:
    """Decode a file as the robot decodes a message."""
    return decode_encoded(np.frombuffer(path.read_bytes(), np.uint8), path.name)


def map_of(name: str, images: Sequence[Path], network: str = HEAVY) -> GalleryMap:
    """Build a map of images, one metre apart on a line; one that is there is opened."""
    # imported late: the methods of the robot are measured without torch
    from avpr_ros.networks.registry import describer_by_name

    folder = WORK / f'{name}-{network}'
    if folder.exists():
        return GalleryMap.open(folder)
    source = WORK / f'{name}-images'
    source.mkdir(parents=True, exist_ok=True)
    with (source / 'poses.csv').open('w', newline='', encoding='utf-8') as stream:
        table = csv.writer(stream)
        table.writerow(('image', 'stamp_s', 'x_m', 'y_m', 'qx', 'qy', 'qz', 'qw'))
        for number, image in enumerate(images):
            link = source / f'{number:06d}{image.suffix}'
            if not link.exists():
                link.symlink_to(image.resolve())
            table.writerow((link.name, 1000 + number, number, 0, 0, 0, 0, 1))
    drive = open_source(source, SourceOptions())
    return build_map(drive, describer_by_name(network), folder, BuildSettings(min_distance_m=0.0))


def query_of(name: str, gallery: GalleryMap, symmetric: bool = False) -> Path:
    """Train a query network for a map, or export the map's own; one that is there is taken."""
    from avpr_ros.training.query_training import train_query_network
    from avpr_ros.training.settings import TrainSettings
    from avpr_ros.training.symmetric import export_gallery_network

    network = gallery.manifest.descriptor_space.network
    path = WORK / f'{name}-{network}{"-symmetric" if symmetric else ""}.onnx'
    if not path.exists():
        if symmetric:
            export_gallery_network(gallery, path)
        else:
            train_query_network(gallery, path, TrainSettings(resume=True))
    return path
