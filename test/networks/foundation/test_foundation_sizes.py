# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avpr_ros.errors import ConfigError
from avpr_ros.evaluation.metrics import network_cost as cost
from avpr_ros.evaluation.metrics.network_cost import torch_macs
from avpr_ros.networks.foundation.kinds import kind_by_name
from avpr_ros.networks.foundation.network import FoundationNetwork
from avpr_ros.networks.heads.salad import SaladHead, transport
from avpr_ros.networks.learned_query import QUERY_PRESETS, LearnedQueryNetwork
from avpr_ros.networks.registry import with_head_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ('name', 'millions'),
    [
        ('dinov2-salad', 88.0),
        ('dinov2-boq', 95.2),
        ('boq-resnet50', 23.8),
        ('megaloc', 228.6),
        ('cosplace-resnet50-2048', 27.7),
        ('mixvpr-resnet50-4096', 10.9),
    ],
)
def test_parameters_are_those_of_the_papers(name, millions):
    with torch.device('meta'):
        network = FoundationNetwork(kind_by_name(name))
    found = sum(value.numel() for value in network.parameters()) / 1e6
    assert found == pytest.approx(millions, rel=0.01)


@pytest.mark.parametrize(
    ('preset', 'gmac', 'millions'), [('accurate-322', 4.36, 22.28), ('balanced-322', 4.19, 12.13)]
)
def test_query_network_macs_match_paper(preset, gmac, millions):
    network = LearnedQueryNetwork(QUERY_PRESETS[preset], 12288)
    assert network.projection is None
    assert sum(v.numel() for v in network.parameters()) / 1e6 == pytest.approx(millions, rel=0.01)
    image = torch.zeros(1, 322, 322, 3, dtype=torch.uint8)
    assert torch_macs(network, image) / 1e9 == pytest.approx(gmac, rel=0.01)


@pytest.mark.parametrize('preset', ['accurate', 'balanced'])
def test_presets_are_the_papers_networks_at_a_smaller_input(preset):
    whole = QUERY_PRESETS[f'{preset}-322']
    assert QUERY_PRESETS[preset] == replace(whole, input_px=256)
    network = LearnedQueryNetwork(QUERY_PRESETS[preset], 12288)
    image = torch.zeros(1, 256, 256, 3, dtype=torch.uint8)
    assert torch_macs(network, image) < 0.08 * 50.9e9
    assert network(image).shape == (1, 12288)


def test_a_head_of_salad_gets_more_cells_than_it_has_clusters():
    kind = with_head_of(QUERY_PRESETS['accurate'], 'dinov2-salad')
    assert kind.input_px == 288
    image = torch.zeros(1, kind.input_px, kind.input_px, 3, dtype=torch.uint8)
    assert LearnedQueryNetwork(kind, 8448)(image).shape == (1, 8448)


@pytest.mark.parametrize(('name', 'gmac'), [('dinov2-salad', 45.8), ('dinov2-boq', 49.1)])
def test_gallery_network_macs_match_papers(name, gmac, monkeypatch):
    # Those counts know no fused attention; ours adds its two matrix products, a tenth more.
    fused: list[float] = []

    def set_apart(count):
        return lambda *shapes: fused.append(count(*shapes)) or 0.0

    apart = {name: set_apart(count) for name, count in cost._FUSED.items()}
    monkeypatch.setattr(cost, '_FUSED', apart)
    with torch.device('meta'):
        network = FoundationNetwork(kind_by_name(name))
    network.to_empty(device='cpu').fix_size()
    whole = torch.zeros(1, 322, 322, 3, dtype=torch.uint8)
    assert torch_macs(network, whole) / 1e9 == pytest.approx(gmac, rel=0.01)
    cells = (322 // 14) ** 2
    attention = 12 * 2 * (cells + 1) ** 2 * 768
    if name == 'dinov2-boq':
        attention += 2 * 2 * (cells**2 + 64 * 64 + 64 * cells) * 384
    assert sum(fused) == pytest.approx(attention)


def test_salad_refuses_no_more_cells_than_clusters():
    with pytest.raises(ConfigError, match='more than 64'):
        SaladHead(8)(torch.zeros(1, 8, 8, 8))


def test_a_plan_gives_each_feature_away_once():
    scores = torch.randn(2, 5, 40, generator=torch.Generator().manual_seed(1))
    plan = transport(scores, torch.tensor(1.0), rounds=100)
    assert torch.allclose(plan.sum(dim=2), torch.ones(2, 5), atol=1e-4)
    assert (plan.sum(dim=1) < 1).all()


def test_sizes_that_no_patch_fits_are_refused():
    network = FoundationNetwork(kind_by_name('dinov2-s-salad'), depth=1)
    with pytest.raises(ConfigError, match='multiples of 14'):
        network(torch.zeros(1, 230, 224, 3, dtype=torch.uint8))
    with pytest.raises(ConfigError, match='timm has no network'):
        FoundationNetwork(kind_by_name('gem-nothing'))
