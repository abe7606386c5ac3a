# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A linear query network learns synthetic places from the bank, implicit augmentation included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from avpr_ros.gallery.describer import no_progress
from avpr_ros.training.inputs import PooledViews
from avpr_ros.training.memory_bank.bank import build_bank
from avpr_ros.training.objectives.asymmetric import Asymmetric
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.methods import objective_by_name
from avpr_ros.training.places import places_from_labels
from avpr_ros.training.settings import TrainSettings
from avpr_ros.training.trainer import Trainer

PLACES, IMAGES, DIM, WIDTH, VIEWS = 60, 4, 24, 40, 6
LABELS = np.repeat(np.arange(PLACES), IMAGES)
#: A place's descriptors move along the first numbers only: that is what sigma has to find.
SPREAD = np.where(np.arange(DIM) < 4, 0.5, 0.02)


class Linear(nn.Module):
    """From features to unit rows."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(WIDTH, DIM)

    def forward(self, features: Tensor) -> Tensor:
        return F.normalize(self.layer(features), dim=1)


@dataclass
class Toy:
    """A gallery whose light features are a noisy linear image of its descriptors.

    ``drawn`` are the gallery network's descriptors of what is ``asked``.
    """

    side: GallerySide
    pool: np.ndarray
    drawn: Tensor
    asked: Tensor


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.fixture(scope='module')
def toy() -> Toy:
    rng = np.random.default_rng(4)
    centres = unit(rng.normal(size=(PLACES, DIM)))
    draw = lambda: unit(centres[LABELS] + SPREAD * rng.normal(size=(len(LABELS), DIM)))  # noqa: E731
    gallery = draw().astype(np.float32)
    light = rng.normal(size=(DIM, WIDTH))
    seen = lambda rows: rows @ light + 0.2 * rng.normal(size=(*rows.shape[:-1], WIDTH))  # noqa: E731
    pool = seen(np.repeat(gallery[:, np.newaxis], VIEWS, axis=1))
    bank = build_bank(gallery, places_from_labels(LABELS))
    drawn = draw()
    asked = torch.from_numpy(seen(drawn).astype(np.float32))
    return Toy(
        GallerySide(gallery, bank),
        pool.astype(np.float16),
        torch.from_numpy(drawn.astype(np.float32)),
        asked,
    )


def recall(queries: Tensor, toy: Toy) -> float:
    """Share of new descriptors, each another draw from a place, with a right place at 1."""
    best = (queries @ toy.side.targets(np.arange(len(LABELS))).T).argmax(dim=1)
    return float((LABELS[best.numpy()] == LABELS).mean())


@dataclass
class Trained:
    """What a method made of the toy."""

    trainer: Trainer
    objective: Asymmetric
    queries: Tensor


def train(method: str, toy: Toy) -> Trained:
    objective = objective_by_name(method, toy.side)
    assert isinstance(objective, Asymmetric)
    settings = TrainSettings(steps=200, learning_rate=5e-3, checkpoint_every=50, seed=1)
    trainer = Trainer(Linear(), PooledViews(toy.pool, 1), objective, settings)
    trainer.run(None, '', lambda: 0.0, no_progress)
    with torch.inference_mode():
        return Trained(trainer, objective, trainer.network(toy.asked))


@pytest.fixture(scope='module')
def trained(toy) -> dict[str, Trained]:
    return {method: train(method, toy) for method in ('asymvpr', 'without_iea', 'constant_margin')}


def test_implicit_augmentation_trains_from_the_banks_sigma_and_does_not_hurt(toy, trained):
    with_iea = trained['asymvpr']
    losses = [row['loss'] for row in with_iea.trainer.history if 'loss' in row]
    assert with_iea.objective.gamma > 0
    assert losses[-1] < 0.5 * losses[0]
    reached = recall(with_iea.queries, toy)
    assert reached > 0.6 * recall(toy.drawn, toy)
    assert reached >= recall(trained['without_iea'].queries, toy) - 0.02


def test_queries_lean_less_on_the_numbers_in_which_their_place_varies(trained):
    """Against the same mean margin for all: only sigma knows which numbers these are."""

    def share(method: str) -> float:
        return float(trained[method].queries[:, :4].square().sum(dim=1).mean())

    assert share('asymvpr') < share('constant_margin') - 0.005
