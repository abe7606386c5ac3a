# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A small gallery with places of one to four images, and queries near their targets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from avpr_ros.training.memory_bank.bank import build_bank
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.places import Places

LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 4, 4])
DIM = 12


def unit_rows(*shape: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(*shape, DIM))
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def places_with_neighbours() -> Places:
    """Places 0 to 4 of which 1 and 2 are too near each other."""
    members = [[0], [1, 2], [1, 2], [3], [4]]
    offsets = np.cumsum([0, *map(len, members)])
    return Places(LABELS, offsets, np.concatenate(members), 1.0, 1.0)


def make_side(views: np.ndarray | None = None) -> GallerySide:
    places = places_with_neighbours()
    centres = unit_rows(5, seed=5)
    rows = centres[LABELS] + 0.4 * unit_rows(len(LABELS))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return GallerySide(rows, build_bank(rows, places, views), views)


@pytest.fixture
def side() -> GallerySide:
    return make_side()


@pytest.fixture
def side_with() -> Callable[[np.ndarray], GallerySide]:
    return make_side


@pytest.fixture
def asked(side: GallerySide) -> tuple[torch.Tensor, np.ndarray]:
    """Unit queries in double precision, and the rows they are views of."""
    rows = np.array([0, 4, 6, 9, 11])
    noise = torch.randn(5, DIM, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return F.normalize(side.targets(rows).double() + 0.15 * noise, dim=1), rows
