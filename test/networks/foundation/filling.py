# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Weights that depend on a seed, a tensor's name and its shape only, not on torch's version."""

from __future__ import annotations

from collections.abc import Mapping
import zlib

import numpy as np
import torch
from torch import Tensor


def seeded(tensors: Mapping[str, Tensor], seed: int) -> dict[str, Tensor]:
    """Fill tensors by name: spread weights, norms about one, variances above zero."""
    return {name: _filled(name, value, seed) for name, value in tensors.items()}


def images(count: int, height: int, width: int, seed: int) -> Tensor:
    rng = np.random.RandomState(seed)
    return torch.from_numpy(rng.standard_normal((count, 3, height, width)).astype(np.float32))


def _filled(name: str, value: Tensor, seed: int) -> Tensor:
    if not value.is_floating_point():
        return torch.zeros_like(value)
    rng = np.random.RandomState(zlib.crc32(f'{seed} {name}'.encode()))
    shape = tuple(value.shape)
    if name.endswith('running_var'):
        numbers = rng.uniform(0.5, 1.5, shape)
    elif name.endswith('.p'):
        numbers = np.full(shape, 2.7)
    elif value.dim() > 1:
        scale = 0.3 if shape[0] == 1 else 1.2 / np.sqrt(np.prod(shape[1:]))
        numbers = rng.standard_normal(shape) * scale
    elif name.endswith(('gamma', 'norm.weight', 'norm1.weight', 'norm2.weight', 'bn1.weight')):
        numbers = rng.uniform(0.5, 1.0, shape)
    else:
        numbers = rng.standard_normal(shape) * 0.3
    return torch.from_numpy(np.asarray(numbers, dtype=np.float32).reshape(shape))
