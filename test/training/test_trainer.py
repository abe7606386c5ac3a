# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from avpr_ros.errors import TrainingError
from avpr_ros.gallery.describer import no_progress
from avpr_ros.training.settings import TrainSettings
from avpr_ros.training.trainer import Trainer

SETTINGS = TrainSettings(steps=6, batch_size=4, checkpoint_every=2, seed=3)


def state_of(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.network.state_dict().items()}


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


class StoppedError(Exception):
    pass


@pytest.fixture
def trained(small_network, small_task, tmp_path):
    """Return a function that trains in a fresh folder or goes on, and may be stopped."""

    def train(name: str, settings: TrainSettings = SETTINGS, stop_after: int = 99) -> Trainer:
        trainer = Trainer(small_network(), *small_task, settings)

        def progress(stage: str, done: int, total: int) -> None:
            if done == stop_after:
                raise StoppedError

        trainer.run(tmp_path / f'{name}.checkpoint', 'it', lambda: 0.5, progress)
        return trainer

    return train


@pytest.mark.parametrize('stop_after', [3, 4])
def test_a_stopped_training_goes_on_to_the_same_bits(trained, stop_after):
    whole = trained('whole')
    with pytest.raises(StoppedError):
        trained('stopped', stop_after=stop_after)
    resumed = trained('stopped')
    assert resumed.step == whole.step == 6
    assert equal(state_of(resumed), state_of(whole))
    assert resumed.history == whole.history


def test_the_same_seed_gives_the_same_network_and_another_seed_another(trained):
    state = state_of(trained('one'))
    assert equal(state, state_of(trained('two')))
    assert not equal(state, state_of(trained('three', replace(SETTINGS, seed=4))))


def test_the_history_has_the_start_and_each_checkpoint(trained):
    history = trained('one').history
    assert [row['step'] for row in history] == [0, 2, 4, 6]
    assert 'loss' not in history[0]
    assert all(np.isfinite(row['loss']) for row in history[1:])


def test_training_lowers_the_loss(small_network, small_task, tmp_path):
    images, targets, bank = small_task
    trainer = Trainer(small_network(), images, targets, bank, replace(SETTINGS, steps=25))
    rows = np.arange(10)
    plain = [trainer.network.describe([images.read(row) for row in rows])]
    trainer.run(tmp_path / 'c.checkpoint', 'it', lambda: 0.0, no_progress)
    plain.append(trainer.network.describe([images.read(row) for row in rows]))
    before, after = ((found * targets).sum(axis=1).mean() for found in plain)
    assert after > before + 0.1


def test_every_image_is_seen_once_an_epoch(small_network, small_task):
    settings = replace(SETTINGS, steps=5, batch_size=4)
    trainer = Trainer(small_network(), *small_task, settings)
    seen = []
    for trainer.step in range(5):
        seen += trainer._rows_of_step().tolist()
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))
    assert seen[:10] != seen[10:]


def test_the_mean_loss_does_not_depend_on_the_batches(small_network, small_task):
    images, targets, bank = small_task
    rows = np.arange(10)
    views = np.stack([images.read(row)[:32, :32] for row in rows])
    losses = [
        Trainer(
            small_network(), images, targets, bank, replace(SETTINGS, batch_size=batch)
        ).mean_loss(views, rows)
        for batch in (3, 10)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_loss_that_is_not_finite_ends_in_one_sentence(small_network, small_task, tmp_path):
    images, targets, bank = small_task
    targets = targets.copy()
    targets[:] = np.nan
    trainer = Trainer(small_network(), images, targets, bank, SETTINGS)
    with pytest.raises(TrainingError, match='the loss is nan after step 1'):
        trainer.run(tmp_path / 'c.checkpoint', 'it', lambda: 0.0, no_progress)
