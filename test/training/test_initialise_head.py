# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.foundation.space import CHECKPOINT, FoundationGalleryNetwork
from avpr_ros.networks.heads.boq import BoqHead
from avpr_ros.networks.heads.salad import SaladHead
from avpr_ros.networks.learned_query import LearnedQueryKind, LearnedQueryNetwork
from avpr_ros.training.initialisation.head import initialise_head

WIDTH, GALLERY_CHANNELS = 64, 48


@pytest.fixture
def network() -> LearnedQueryNetwork:
    kind = LearnedQueryKind('embedded', 'boq', 64, 16, head_width=WIDTH)
    return LearnedQueryNetwork(kind, 32 * WIDTH)


def space(monkeypatch: pytest.MonkeyPatch, head: nn.Module) -> DescriptorSpace:
    """Return the space of a published network whose head this is."""
    found = SimpleNamespace(whole=SimpleNamespace(head=head))
    monkeypatch.setattr(FoundationGalleryNetwork, 'from_space', lambda _: found)
    return DescriptorSpace.create(
        'some-boq', 32 * WIDTH, 322, {CHECKPOINT: np.zeros(32, np.uint8)}
    )


def test_initialise_head_copies_all_but_input_layers(monkeypatch, network):
    torch.manual_seed(5)
    gallery = BoqHead(GALLERY_CHANNELS, width=WIDTH)
    own = {name: value.clone() for name, value in network.head.state_dict().items()}
    taken = initialise_head(network, space(monkeypatch, gallery))
    given, now = gallery.state_dict(), network.head.state_dict()
    left = {name for name in now if name not in taken}
    assert left == {'proj_c.weight'}
    assert torch.equal(now['proj_c.weight'], own['proj_c.weight'])
    assert all(torch.equal(now[name], given[name]) for name in taken)
    # From the same projected features on, both heads are the same function.
    network.head.proj_c, gallery.proj_c = nn.Identity(), nn.Identity()
    features = torch.randn(2, WIDTH, 4, 4)
    with torch.inference_mode():
        assert torch.allclose(network.head(features), gallery(features), atol=1e-6)


def test_a_head_of_another_kind_is_refused(monkeypatch, network):
    with pytest.raises(ConfigError, match='nothing in common'):
        initialise_head(network, space(monkeypatch, SaladHead(GALLERY_CHANNELS)))


def test_a_map_of_the_embedded_network_has_no_head_to_give(network):
    with pytest.raises(ConfigError, match='leave out --gallery-head'):
        initialise_head(network, DescriptorSpace.create('embedded', 8, 192, {}))
