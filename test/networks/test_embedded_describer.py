# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from block_pictures import pictures
import numpy as np
import pytest

from avpr_ros.errors import ConfigError, MapError, SpaceMismatchError
from avpr_ros.gallery.describer import no_progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.embedded.kinds import EMBEDDED_KINDS
from avpr_ros.networks.registry import describer_by_name, load_gallery_network


@pytest.fixture(scope='module')
def described():
    images = pictures(11, seed=5)
    stages: list[tuple[str, int, int]] = []
    describer = describer_by_name('embedded-light')
    space, rows = describer.describe_gallery(
        lambda: iter(images), len(images), lambda *stage: stages.append(stage)
    )
    return images, space, rows, stages


def test_described_rows_match_loaded_network(described):
    images, space, rows, _ = described
    assert rows.shape == (11, space.dim)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    network = load_gallery_network(space)
    again = network.describe(images)
    assert np.allclose(again, rows, atol=1e-4)
    # Other pictures are other descriptors.
    assert np.abs(rows @ rows.T - np.eye(11)).max() < 0.98


def test_descriptor_space_records_network(described):
    _, space, _, _ = described
    kind = EMBEDDED_KINDS['embedded-light']
    assert (space.network, space.input_px) == ('embedded-light', kind.input_px)
    assert space.arrays['vocabulary'].shape == (32, 112)
    assert space.arrays['basis'].shape == (32 * 112, space.dim)


def test_progress_reaches_the_end_of_every_stage(described):
    *_, stages = described
    assert {name for name, done, total in stages if done == total} == {
        'vocabulary',
        'descriptors',
        'projection',
    }


@pytest.mark.parametrize('expected', [2, 4])
def test_another_number_of_images_than_announced_is_refused(expected):
    images = pictures(3, seed=5)
    with pytest.raises(MapError, match=r'instead of the expected|more than the expected'):
        describer_by_name('embedded-light').describe_gallery(
            lambda: iter(images), expected, no_progress
        )


def test_no_images_are_refused():
    with pytest.raises(MapError, match='no images'):
        describer_by_name('embedded-light').describe_gallery(lambda: iter(()), 0, no_progress)


def test_unknown_names_and_sizes_are_refused():
    with pytest.raises(ConfigError, match='dinov9'):
        describer_by_name('dinov9')
    with pytest.raises(ConfigError, match='dim is 0'):
        describer_by_name('embedded', dim=0)
    foreign = DescriptorSpace.create('dinov9', 8, 320, {})
    with pytest.raises(SpaceMismatchError, match='dinov9'):
        load_gallery_network(foreign)
