# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What all trainings of a set share, computed once and kept in ``build/training``.

The gallery side (heavy descriptors, their views, what both networks alone can do), the closed-form
start of the query network, and the frozen features of a fixed pool of augmented views.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from rich.console import Console
import torch

from avpr_ros.gallery.describer import no_progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.describer import EmbeddedDescriber
from avpr_ros.networks.embedded.kinds import EMBEDDED_KINDS
from avpr_ros.networks.gallery_network import EmbeddedGalleryNetwork, image_batches
from avpr_ros.networks.query_network import VladQueryNetwork
from avpr_ros.storage.files import atomic_file
from avpr_ros.training.augmentation.augment import Augmentation
from avpr_ros.training.gallery_views import describe_views
from avpr_ros.training.images import views_of
from avpr_ros.training.initialisation.network import initialise_by_ridge
from avpr_ros.training.memory_bank.bank import build_bank
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.settings import TrainSettings
from benchmarks.frozen_start import FrozenStart
from benchmarks.results import ROOT
from benchmarks.training_sets import ImageList, TrainingSet

WORK = ROOT / 'build' / 'training'
#: Augmented views that the gallery network describes, for the spread of a place: in all, and of
#: a keyframe (2 to 4).
MOST_DESCRIBED, MOST_OF_A_KEYFRAME = 3000, 4
#: Augmented views that training draws from: in all, and of a keyframe (3 to 12).
MOST_POOLED, MOST_VIEWS = 4200, 12
_POOL_SEED = 77


@dataclass(frozen=True, eq=False)
class Prepared:
    """A set, ready for any number of trainings.

    Attributes:
        data: the set.
        folder: where all this is kept.
        space: of the heavy gallery network.
        gallery: (N, d) its descriptors of the gallery.
        queries: (Q, d) its descriptors of the queries; for the row ``gallery`` only.
        views: (N, V, d) its descriptors of augmented views of the gallery.
        pool: (N, P, C, h, w) frozen features of the query network.
        asked: (Q, C, h, w) frozen features of the queries.
    """

    data: TrainingSet
    folder: Path
    space: DescriptorSpace
    gallery: NDArray[np.floating]
    queries: NDArray[np.floating]
    views: NDArray[np.floating]
    pool: NDArray[np.floating]
    asked: NDArray[np.floating]

    def side(self, *, with_views: bool = True) -> GallerySide:
        """Return the frozen side of the objectives."""
        views = self.views if with_views else None
        return GallerySide(self.gallery, build_bank(self.gallery, self.data.places, views), views)

    def network(self) -> VladQueryNetwork:
        """Return the query network at its closed-form start, the same for every method."""
        network = VladQueryNetwork.for_space(self.space)
        start = torch.load(self.folder / 'start.pt', weights_only=True)
        network.load_state_dict(start)
        return network


def prepare(data: TrainingSet, console: Console) -> Prepared:
    """Compute or read what the trainings of a set share."""
    folder = WORK / data.name
    folder.mkdir(parents=True, exist_ok=True)
    space = _heavy(data, folder, console)
    heavy = EmbeddedGalleryNetwork.from_space(space)

    def cached(name: str, make: Callable[[], NDArray[np.floating]]) -> NDArray[np.floating]:
        path = folder / f'{name}.npy'
        if not path.is_file():
            console.print(f'{data.name}: {name}')
            with atomic_file(path) as temporary, temporary.open('wb') as stream:
                np.save(stream, make(), allow_pickle=False)
        return np.asanyarray(np.load(path, mmap_mode='r', allow_pickle=False))

    queries = cached('queries', lambda: _described(heavy, data.queries))
    wanted = min(MOST_OF_A_KEYFRAME, max(2, MOST_DESCRIBED // len(data.gallery)))
    views = cached('views', lambda: describe_views(heavy, data.gallery, wanted, 0, no_progress))
    if not (folder / 'start.pt').is_file():
        network = VladQueryNetwork.for_space(space)
        initialise_by_ridge(network, heavy, data.gallery, no_progress)
        with atomic_file(folder / 'start.pt') as temporary:
            torch.save(network.state_dict(), temporary)
    start = FrozenStart(VladQueryNetwork.for_space(space), TrainSettings().frozen_blocks)
    _fill_pool(data, folder / 'pool.npy', start, console)
    asked = cached('asked', lambda: np.concatenate(list(_frozen(data.queries, start))))
    gallery = np.load(folder / 'gallery.npy', mmap_mode='r', allow_pickle=False)
    pool = np.load(folder / 'pool.npy', mmap_mode='r', allow_pickle=False)
    return Prepared(data, folder, space, gallery, queries, views, pool, asked)


def light(prepared: Prepared) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Describe gallery and queries with the light network alone, in its own space."""
    path = prepared.folder / 'light.npz'
    if not path.is_file():
        space, gallery = _describe(EmbeddedDescriber('embedded-light'), prepared.data.gallery)
        network = EmbeddedGalleryNetwork.from_space(space)
        queries = _described(network, prepared.data.queries)
        with atomic_file(path) as temporary, temporary.open('wb') as stream:
            np.savez(stream, gallery=gallery, queries=queries)
    with np.load(path, allow_pickle=False) as stored:
        return stored['gallery'], stored['queries']


def _heavy(data: TrainingSet, folder: Path, console: Console) -> DescriptorSpace:
    arrays = folder / 'space.npz'
    if not arrays.is_file():
        console.print(f'{data.name}: gallery')
        space, rows = _describe(EmbeddedDescriber('embedded'), data.gallery)
        np.save(folder / 'gallery.npy', rows.astype(np.float16), allow_pickle=False)
        with atomic_file(arrays) as temporary:
            space.save_arrays(temporary)
    with np.load(arrays, allow_pickle=False) as stored:
        loaded = {name: stored[name] for name in stored.files}
    input_px = EMBEDDED_KINDS['embedded'].input_px
    return DescriptorSpace.create('embedded', loaded['basis'].shape[1], input_px, loaded)


def _describe(
    describer: EmbeddedDescriber, images: ImageList
) -> tuple[DescriptorSpace, NDArray[np.floating]]:
    walk = lambda: (images.read(row) for row in range(len(images)))  # noqa: E731
    return describer.describe_gallery(walk, len(images), no_progress)


def _described(network: EmbeddedGalleryNetwork, images: ImageList) -> NDArray[np.floating]:
    rows = [network.describe([images.read(row)]) for row in range(len(images))]
    return np.concatenate(rows)


def _frozen(images: ImageList, start: FrozenStart) -> Iterator[NDArray[np.float16]]:
    for batch in image_batches((images.read(row) for row in range(len(images))), start.input_px):
        yield start.features(batch).numpy().astype(np.float16)


def _fill_pool(data: TrainingSet, path: Path, start: FrozenStart, console: Console) -> None:
    if path.is_file():
        return
    count = len(data.gallery)
    views = min(MOST_VIEWS, max(3, MOST_POOLED // count))
    console.print(f'{data.name}: pool of {views} views each')
    shape = start.features(torch.zeros(1, start.input_px, start.input_px, 3, dtype=torch.uint8))
    with atomic_file(path) as temporary:
        pool = open_memmap(  # type: ignore[no-untyped-call]
            temporary, 'w+', np.float16, (count, views, *shape.shape[1:])
        )
        for row in range(count):
            rows = np.full(views, row, dtype=np.int64)
            seed = (_POOL_SEED, row)
            images = views_of(data.gallery, rows, start.input_px, Augmentation(), seed)
            pool[row] = start.features(torch.from_numpy(images)).numpy()
        pool.flush()
