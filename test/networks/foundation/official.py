# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Our random networks, saved under the names that the publishers use."""

from __future__ import annotations

import re

from filling import seeded
import torch
from torch import Tensor, nn

from avpr_ros.networks.foundation.kinds import FoundationKind, kind_by_name
from avpr_ros.networks.foundation.network import FoundationNetwork

STAGES = ('conv1', 'bn1', 'relu', 'maxpool', 'layer1', 'layer2', 'layer3')
PREFIXES = {
    'salad': ('backbone.model.', 'aggregator.'),
    'boq-dinov2': ('backbone.dino.', 'aggregator.'),
    'boq-resnet': ('backbone.net.', 'aggregator.'),
    'megaloc': ('backbone.', 'aggregator.'),
    'cosplace': ('backbone.', 'aggregation.'),
    'mixvpr': ('backbone.model.', 'aggregator.'),
}


def shallow(name: str) -> FoundationNetwork:
    """The network, a transformer cut after two blocks; MegaLoc on ViT-S with 64 numbers."""
    if name == 'megaloc-small':
        kind = FoundationKind(name, 'dinov2-s', 'megaloc', 322, 64, 'megaloc')
    else:
        kind = kind_by_name(name)
    return FoundationNetwork(kind, depth=2)


def published(network: nn.Module, layout: str, seed: int = 5) -> dict[str, Tensor]:
    backbone, head = PREFIXES[layout]
    names = {}
    for name, value in network.state_dict().items():
        renamed = re.sub('^head\\.', head, re.sub('^backbone\\.', backbone, name))
        if layout == 'mixvpr':
            renamed = re.sub(r'model\.(\d)\.', lambda m: f'model.{STAGES[int(m[1])]}.', renamed)
        names[renamed] = value
    if layout in ('salad', 'boq-dinov2'):
        names[f'{backbone}mask_token'] = torch.zeros(1, 384)
    if layout == 'boq-dinov2':
        names[f'{backbone}norm.weight'] = names[f'{backbone}norm.bias'] = torch.zeros(384)
    return seeded(names, seed)
