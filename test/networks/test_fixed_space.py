# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The vocabularies of the package, and spaces that take over those of another map."""

from __future__ import annotations

from pathlib import Path

from block_pictures import pictures
import numpy as np
import pytest

from avpr_ros.errors import ConfigError, SpaceMismatchError
from avpr_ros.gallery.describer import ChunkDescriber, no_progress
from avpr_ros.gallery.descriptor_space import BASIS, DescriptorSpace
from avpr_ros.networks.embedded.fixed_space import FILE, FIXED, fixed_space
from avpr_ros.networks.registry import (
    chunk_describer_by_name,
    describer_by_name,
    load_gallery_network,
)


def described(
    network: str, images: list[np.ndarray], like: DescriptorSpace | None = None
) -> tuple[DescriptorSpace, np.ndarray]:
    describer = describer_by_name(network, like=like)
    return describer.describe_gallery(lambda: iter(images), len(images), no_progress)


def in_chunks(
    describer: ChunkDescriber, images: list[np.ndarray], size: int
) -> tuple[DescriptorSpace, np.ndarray]:
    fitted = describer.fit({})
    rows = [
        describer.pool(
            describer.parts([describer.prepare(i) for i in images[at : at + size]]), fitted
        )
        for at in range(0, len(images), size)
    ]
    return describer.shorten(np.concatenate(rows), fitted)


def test_maps_share_the_space_before_the_projection() -> None:
    one, rows = described(FIXED, pictures(5, 1))
    other, _ = described(FIXED, pictures(6, 2))
    assert one.id != other.id
    assert one.base_id == other.base_id == fixed_space().id
    assert len(one.arrays[BASIS]) == fixed_space().dim
    again = load_gallery_network(one).describe(pictures(5, 1))
    assert np.allclose(again, rows, atol=1e-4)


@pytest.mark.parametrize('damage', ['changed', 'missing'])
def test_damaged_package_file_is_refused(tmp_path: Path, damage: str) -> None:
    file = tmp_path / 'fixed_space.npz'
    if damage == 'changed':
        data = bytearray(FILE.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    with pytest.raises(ConfigError, match='install avpr_ros again'):
        fixed_space(file)


@pytest.mark.parametrize('network', ['embedded-light', FIXED])
def test_space_of_another_map_is_taken_over(network: str) -> None:
    first, images = pictures(5, 1), pictures(4, 2)
    space, _ = described(network, first)
    again, rows = described(network, images, like=space)
    assert again.id == space.id
    assert np.allclose(load_gallery_network(space).describe(images), rows, atol=1e-4)
    chunked, same = in_chunks(chunk_describer_by_name(network, like=space), images, 2)
    assert chunked.id == space.id
    assert np.allclose(same, rows, atol=1e-4)


def test_space_of_a_map_of_another_network_is_refused() -> None:
    space, _ = described('embedded-light', pictures(5, 1))
    with pytest.raises(SpaceMismatchError, match='--gallery-network embedded-light'):
        describer_by_name('embedded', like=space)


def test_settings_of_shards_depend_on_the_space_that_is_taken_over() -> None:
    spaces = [described('embedded-light', pictures(5, seed))[0] for seed in (1, 2)]
    describers = [chunk_describer_by_name('embedded-light', like=like) for like in (None, *spaces)]
    assert len({describer.space_fingerprint() for describer in describers}) == 3
