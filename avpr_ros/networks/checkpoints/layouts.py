# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How published files name their tensors, and our names for the same.

Ours are ``backbone.`` and ``head.``, with the children's names of DINOv2, torchvision and the
heads' publishers below. What a network does not use is dropped by name (a mask token, a final norm
that the head leaves out); whatever else does not fit is left for the strict check to find.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import re

from torch import Tensor

#: Around the tensors of files that were saved in training.
WRAPPERS = ('state_dict', 'model_state_dict', 'model')
_STAGES = ('conv1', 'bn1', 'relu', 'maxpool', 'layer1', 'layer2', 'layer3', 'layer4')
#: Conv1 and bn1 stand in the stem of older BoQ files, the first stage is number 4 here.
_FIRST_STAGE = 4


def renamed(tensors: Mapping[str, Tensor], layout: str) -> dict[str, Tensor]:
    """Rename the tensors of a published file to our names.

    Args:
        tensors: by published name, out of their wrapper.
        layout: ``salad``, ``boq-dinov2``, ``boq-resnet``, ``megaloc``, ``cosplace``, ``mixvpr``
            or ``timm``.
    """
    plain = _without(tensors, 'module.')
    frozen = _frozen_stages(plain)
    rename = _LAYOUTS[layout]
    pairs = ((rename(name, frozen), tensor) for name, tensor in plain.items())
    return {name: tensor for name, tensor in pairs if name}


def _without(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Drop a prefix that all names share."""
    names = list(tensors)
    while names and all(name.startswith(prefix) for name in names):
        names = [name[len(prefix) :] for name in names]
    return dict(zip(names, tensors.values(), strict=True))


def _frozen_stages(tensors: Mapping[str, Tensor]) -> int:
    """Count the stages that an older BoQ file holds as frozen; the others follow on."""
    found = [re.match(r'backbone\.frozen_layers\.(\d+)\.', name) for name in tensors]
    return 1 + max((int(match[1]) for match in found if match), default=-1)


def _head(name: str) -> str:
    return re.sub(r'^aggregator\.', 'head.', name)


def _salad(name: str, frozen: int) -> str:
    name = re.sub(r'^backbone\.model\.', 'backbone.', name)
    return '' if name == 'backbone.mask_token' else _head(name)


def _boq_dinov2(name: str, frozen: int) -> str:
    name = re.sub(r'^backbone\.dino\.', 'backbone.', name)
    unused = name == 'backbone.mask_token' or name.startswith('backbone.norm.')
    return '' if unused else _head(name)


def _boq_resnet(name: str, frozen: int) -> str:
    name = re.sub(r'^backbone\.net\.', 'backbone.', name)
    older = re.match(r'backbone\.(frozen|unfrozen)_layers\.(\d+)\.(.*)', name)
    if older is None:
        return _head(name)
    stage = int(older[2]) + (frozen if older[1] == 'unfrozen' else 0)
    number = f'{_FIRST_STAGE - 1 + stage}.' if stage else ''
    return f'backbone.{number}{older[3]}'


def _megaloc(name: str, frozen: int) -> str:
    return '' if name == 'backbone.mask_token' else _head(name)


def _cosplace(name: str, frozen: int) -> str:
    return re.sub(r'^aggregation\.', 'head.', name)


def _mixvpr(name: str, frozen: int) -> str:
    stage = re.match(r'backbone\.model\.(\w+)\.(.*)', name)
    if stage is None or stage[1] not in _STAGES:
        return _head(name)
    return f'backbone.{_STAGES.index(stage[1])}.{stage[2]}'


def _timm(name: str, frozen: int) -> str:
    return f'backbone.network.{name}'


_LAYOUTS: Mapping[str, Callable[[str, int], str]] = {
    'salad': _salad,
    'boq-dinov2': _boq_dinov2,
    'boq-resnet': _boq_resnet,
    'megaloc': _megaloc,
    'cosplace': _cosplace,
    'mixvpr': _mixvpr,
    'timm': _timm,
}
