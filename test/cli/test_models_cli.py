# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A published file becomes a network, the network a map, its space the space of another map."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from avpr_ros.cli.main import main
from avpr_ros.errors import SpaceMismatchError
from avpr_ros.gallery.describer import no_progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.foundation.kinds import kind_by_name
from avpr_ros.networks.foundation.network import FoundationNetwork
from avpr_ros.networks.registry import (
    chunk_describer_by_name,
    describer_by_name,
    load_gallery_network,
)

NAME = 'cosplace-resnet18-64'
ROOMS = {'backbone': 'backbone', 'head': 'aggregation'}


@pytest.fixture(scope='module')
def published(tmp_path_factory):
    torch.manual_seed(4)
    state = FoundationNetwork(kind_by_name(NAME)).state_dict()
    rooms = {key: key.split('.', 1) for key in state}
    path = tmp_path_factory.mktemp('published') / 'weights.pth'
    torch.save({f'{ROOMS[a]}.{b}': state[key] for key, (a, b) in rooms.items()}, path)
    return path


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('AVPR_MODELS', str(tmp_path / 'models'))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    monkeypatch.setenv('COLUMNS', '200')

    def command(*words):
        monkeypatch.setattr(sys, 'argv', ['avpr', 'models', *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, ''.join(capsys.readouterr())

    return command


def test_import_list_verify(run, published):
    assert 'imported' not in run('list')[1].replace('avpr models import', '')
    code, text = run('import', published, '--as', NAME)
    assert code == 0
    assert f'--gallery-network {NAME}' in text
    assert 'imported' in run('list')[1]
    code, text = run('verify', NAME)
    assert code == 0
    assert '64 dimensions, norm 1.0000' in text


def test_missing_files_are_reported_in_one_line(run, published):
    for words in (('verify', NAME), ('import', published, '--as', 'nothing'), ('verify', 'x')):
        code, text = run(*words)
        assert code != 0
        assert 'Traceback' not in text
    code, text = run('import', published, '--as', 'dinov2-s-salad')
    assert code != 0
    assert 'is not dinov2-s-salad' in text


@pytest.mark.slow
def test_the_space_of_another_map(run, published):
    assert run('import', published, '--as', NAME)[0] == 0
    rng = np.random.default_rng(1)
    images = [rng.integers(0, 255, (40, 60, 3), dtype=np.uint8) for _ in range(6)]
    space, rows = described(describer_by_name(NAME, dim=4), images)
    other, again = described(describer_by_name(NAME, like=space), images[:3])
    assert other.id == space.id
    assert np.allclose(again, rows[:3], atol=1e-5)
    assert np.allclose(load_gallery_network(space).describe(images), rows, atol=1e-4)
    embedded = DescriptorSpace.create('embedded', 4, 320, {})
    with pytest.raises(SpaceMismatchError, match='not of a foundation network'):
        describer_by_name(NAME, like=embedded)
    # An embedded network cannot take over the space of another network.
    with pytest.raises(SpaceMismatchError, match='--space-of'):
        describer_by_name('embedded', like=space)


def test_chunks_of_a_published_network_give_its_space(run, published):
    assert run('import', published, '--as', NAME)[0] == 0
    rng = np.random.default_rng(1)
    images = [rng.integers(0, 255, (40, 60, 3), dtype=np.uint8) for _ in range(6)]
    space, rows = described(describer_by_name(NAME, dim=4), images)
    chunked = chunk_describer_by_name(NAME, 4)
    parts = [
        chunked.parts([chunked.prepare(image) for image in some])
        for some in (images[:4], images[4:])
    ]
    pooled = np.concatenate([chunked.pool(part, chunked.fit({})) for part in parts])
    other, again = chunked.shorten(pooled, {})
    assert (other.network, other.dim) == (space.network, space.dim)
    assert np.allclose(again @ again.T, rows @ rows.T, atol=1e-4)


def described(describer, images):
    return describer.describe_gallery(lambda: iter(images), len(images), no_progress)
