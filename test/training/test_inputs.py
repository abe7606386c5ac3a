# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import torch

from avpr_ros.training.augmentation.augment import Augmentation
from avpr_ros.training.inputs import FreshViews, PooledViews
from benchmarks.frozen_start import FrozenStart

ROWS = np.array([3, 0, 2])


def test_fresh_views_depend_on_seed_and_step_only(made_up_images):
    views = FreshViews(made_up_images(5), 32, Augmentation(), seed=1)
    first = views.batch(4, ROWS)
    assert first.shape == (3, 32, 32, 3)
    assert first.dtype == torch.uint8
    views.batch(0, ROWS)
    assert torch.equal(views.batch(4, ROWS), first)
    assert not torch.equal(views.batch(5, ROWS), first)
    assert not torch.equal(
        FreshViews(made_up_images(5), 32, Augmentation(), 2).batch(4, ROWS), first
    )


def test_pooled_views_are_of_the_row_and_of_all_its_views():
    pool = (10 * np.arange(5)[:, None] + np.arange(3))[:, :, None].astype(np.float16)
    views = PooledViews(pool, seed=0)
    drawn = torch.stack([views.batch(step, ROWS) for step in range(40)])[:, :, 0]
    assert torch.equal(drawn // 10, torch.tensor([3.0, 0, 2]).expand(40, 3))
    assert set((drawn % 10).flatten().tolist()) == {0, 1, 2}
    assert torch.equal(views.batch(7, ROWS)[:, 0], drawn[7])


def test_a_network_cut_in_two_is_the_network(small_network):
    network = small_network()
    images = torch.randint(0, 256, (2, 32, 32, 3), dtype=torch.uint8)
    start = FrozenStart(network, 2)
    assert torch.allclose(start.finish(start.features(images)), network(images), atol=1e-6)
    trained = {name for name, value in network.named_parameters() if value.requires_grad}
    assert not any(name.startswith(('backbone.stem', 'backbone.blocks.1.')) for name in trained)
    assert any(name.startswith('backbone.blocks.2.') for name in trained)
