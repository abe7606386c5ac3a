# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A memory bank on disk, beside its map and tied to it by hash."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpr_ros.errors import TrainingError
from avpr_ros.gallery.array_files import read_npz
from avpr_ros.gallery.augmented_views import load_views
from avpr_ros.gallery.gallery_map import DESCRIPTORS, KEYFRAMES, VIEWS, GalleryMap
from avpr_ros.storage.files import atomic_file
from avpr_ros.training.memory_bank.bank import Bank, build_bank
from avpr_ros.training.places import Places, PlaceSettings, places_of

_FILES = (DESCRIPTORS, KEYFRAMES, VIEWS)


def bank_path(gallery: GalleryMap) -> Path:
    """Return where the bank of a map lies: beside the map, which itself is never written to."""
    path = gallery.path.resolve()
    return path.with_name(f'{path.name}.bank.npz')


def open_bank(gallery: GalleryMap, settings: PlaceSettings) -> Bank:
    """Read the memory bank of a map, or build it and store it in the map's parent folder.

    Building takes seconds, so a folder that cannot be written is no error.

    Args:
        gallery: the map; its views, where it has any, count for the spread.
        settings: how keyframes become places.

    Raises:
        TrainingError: a descriptor is not finite.
        MapError: the map's views are damaged.
    """
    path, identity = bank_path(gallery), bank_identity(gallery, settings)
    bank = load_bank(path, identity)
    if bank is None:
        places = places_of(gallery.keyframes, settings)
        bank = build_bank(gallery.descriptors, places, load_views(gallery))
        with suppress(TrainingError):
            save_bank(bank, path, identity)
    return bank


def bank_identity(gallery: GalleryMap, settings: PlaceSettings) -> str:
    """Hash what a bank is of: descriptors, poses, views and how places are made."""
    files = gallery.manifest.files
    facts = {
        'files': {name: files[name].sha256 for name in _FILES if name in files},
        'space': gallery.manifest.descriptor_space.id,
        'places': asdict(settings),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def save_bank(bank: Bank, path: Path, identity: str) -> None:
    """Write a bank, whole or not at all; raises ``TrainingError`` where it cannot be written."""
    places = bank.places
    arrays: dict[str, NDArray[Any]] = {
        'identity': np.array(identity),
        'centroids': bank.centroids,
        'sigma': bank.sigma,
        'samples': bank.samples,
        'pooled_sigma': bank.pooled_sigma,
        'labels': places.labels,
        'exclusion_offsets': places.exclusion_offsets,
        'exclusion_members': places.exclusion_members,
        'lengths_m': np.array([places.cell_m, places.exclusion_m]),
    }
    try:
        with atomic_file(path) as temporary, temporary.open('wb') as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise TrainingError(
            f'the memory bank {path} cannot be written ({error.strerror or error}); make room or '
            'copy the map to a folder that can be written to'
        ) from error


def load_bank(path: Path, identity: str) -> Bank | None:
    """Read a bank back; None where there is none, it is damaged, or it is of another map."""
    try:
        arrays = read_npz(path)
        if str(arrays.pop('identity')) != identity:
            return None
        cell_m, exclusion_m = arrays.pop('lengths_m').tolist()
        places = Places(
            arrays.pop('labels'),
            arrays.pop('exclusion_offsets'),
            arrays.pop('exclusion_members'),
            cell_m,
            exclusion_m,
        )
        return Bank(**arrays, places=places)
    # It is made again, whatever its bytes raise.
    except Exception:
        return None
