# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from avpr_ros.errors import TrainingError
from avpr_ros.gallery.describer import no_progress
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.methods import objective_by_name
from avpr_ros.training.settings import TrainSettings
from avpr_ros.training.trainer import Trainer

pytestmark = pytest.mark.slow

SETTINGS = TrainSettings(steps=6, batch_size=4, checkpoint_every=2, seed=3)


def state_of(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.network.state_dict().items()}


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


class StoppedError(Exception):
    pass


@pytest.fixture
def make(small_network, small_task):
    """Return a function that sets a training up."""

    def make(settings: TrainSettings = SETTINGS, rows: np.ndarray | None = None) -> Trainer:
        views, side = small_task
        network = small_network()
        network.backbone.freeze(2)
        return Trainer(
            network, views, objective_by_name(settings.method, side), settings, rows=rows
        )

    return make


@pytest.fixture
def trained(make, tmp_path):
    """Return a function that trains in a fresh folder or goes on, and may be stopped."""

    def train(
        name: str,
        settings: TrainSettings = SETTINGS,
        stop_after: int = 99,
        held_out=lambda trainer: 0.5,
    ) -> Trainer:
        trainer = make(settings)

        def progress(stage: str, done: int, total: int) -> None:
            if done == stop_after:
                raise StoppedError

        path = tmp_path / f'{name}.checkpoint'
        trainer.run(path, 'it', lambda: held_out(trainer), progress)
        return trainer

    return train


@pytest.mark.parametrize('stop_after', [1, 3, 4])
@pytest.mark.parametrize('method', ['without_iea', 'queue', 'explicit'])
def test_a_stopped_training_goes_on_to_the_same_bits(trained, stop_after, method):
    settings = replace(SETTINGS, method=method)
    whole = trained('whole', settings)
    with pytest.raises(StoppedError):
        trained('stopped', settings, stop_after)
    resumed = trained('stopped', settings)
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


def test_it_stops_when_patience_is_out_and_keeps_the_best(trained):
    losses = {0: 5.0, 2: 3.0, 4: 4.0, 6: 3.5, 8: 3.2}
    settings = replace(SETTINGS, steps=8, patience=2)
    stopped = trained('patient', settings, held_out=lambda trainer: losses[trainer.step])
    assert stopped.step == 6
    without = trained('two', replace(SETTINGS, steps=8), stop_after=99)
    assert without.step == 8
    best = trained('best', replace(settings, patience=9), held_out=lambda t: losses[t.step])
    assert best.step == 8
    assert equal(state_of(stopped), state_of(best))
    assert not equal(state_of(stopped), state_of(without))


def test_a_stopped_training_remembers_its_best(trained):
    losses = {0: 5.0, 2: 3.0, 4: 4.0, 6: 3.5}
    settings = replace(SETTINGS, patience=5)

    def held_out(trainer):
        return losses[trainer.step]

    whole = trained('whole', settings, held_out=held_out)
    with pytest.raises(StoppedError):
        trained('stopped', settings, 5, held_out)
    resumed = trained('stopped', settings, held_out=held_out)
    assert equal(state_of(resumed), state_of(whole))


def test_two_half_batches_have_the_gradient_of_the_whole(make):
    states = []
    for batch, accumulate in ((8, 1), (4, 2)):
        settings = replace(SETTINGS, batch_size=batch, accumulate=accumulate, steps=1)
        trainer = make(settings)
        trainer.run(None, 'it', lambda: 0.0, no_progress)
        states.append(
            [value.grad for value in trainer.network.parameters() if value.grad is not None]
        )
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(*states, strict=True))


def test_training_lowers_the_loss(make, small_task):
    views, side = small_task
    trainer = make(replace(SETTINGS, steps=25))
    rows = np.arange(10)
    plain = views.batch(999, rows)

    def cosine() -> float:
        with torch.inference_mode():
            return float((trainer.network(plain) * side.targets(rows)).sum(1).mean())

    before = cosine()
    trainer.run(None, 'it', lambda: 0.0, no_progress)
    assert cosine() > before + 0.1


def test_every_row_is_seen_once_an_epoch(make):
    trainer = make(replace(SETTINGS, steps=5))
    seen = []
    for trainer.step in range(5):
        seen += trainer._rows_of_step().tolist()
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))
    assert seen[:10] != seen[10:]


def test_only_the_given_rows_are_trained_on(make):
    trainer = make(SETTINGS, rows=np.array([2, 5, 7]))
    assert set(trainer._rows_of_step().tolist()) <= {2, 5, 7}


def test_the_mean_loss_does_not_depend_on_the_batches(make, small_task):
    rows = np.arange(10)
    inputs = small_task[0].batch(0, rows)
    losses = [
        make(replace(SETTINGS, batch_size=batch)).mean_loss(inputs, rows) for batch in (3, 10)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_loss_that_is_not_finite_ends_in_one_sentence(make, small_task, monkeypatch):
    nothing = torch.full((10, 12), float('nan'))
    monkeypatch.setattr(GallerySide, 'targets', lambda self, rows: nothing[: len(rows)])
    with pytest.raises(TrainingError, match='the loss is nan after step 1'):
        make().run(None, 'it', lambda: 0.0, no_progress)
