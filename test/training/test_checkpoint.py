# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import pytest
import torch

from avpr_ros.errors import TrainingError
from avpr_ros.training.checkpoint import Checkpoint


def checkpoint() -> Checkpoint:
    return Checkpoint(
        identity='abc',
        step=7,
        network={'w': torch.arange(3.0)},
        objective={'queue': torch.arange(2)},
        optimizer={'state': {0: {'m': torch.ones(2)}}},
        best=None,
        history=[{'loss': 1.5}],
    )


def test_save_and_load_round_trip(tmp_path):
    checkpoint().save(tmp_path / 'c.checkpoint')
    back = Checkpoint.load(tmp_path / 'c.checkpoint', 'abc')
    assert (back.step, back.history) == (7, [{'loss': 1.5}])
    assert torch.equal(back.network['w'], torch.arange(3.0))
    assert torch.equal(back.objective['queue'], torch.arange(2))
    assert back.best is None


def test_another_training_is_refused(tmp_path):
    checkpoint().save(tmp_path / 'c.checkpoint')
    with pytest.raises(TrainingError, match='of another map or of other settings'):
        Checkpoint.load(tmp_path / 'c.checkpoint', 'abd')


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / 'c.checkpoint'
    checkpoint().save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(TrainingError, match='without --resume'):
        Checkpoint.load(path, 'abc')


class Malicious:
    def __reduce__(self):
        return os.mkdir, ('should-not-exist',)


def test_code_inside_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({'identity': 'abc', 'step': Malicious()}, tmp_path / 'c.checkpoint')
    with pytest.raises(TrainingError, match='cannot be read'):
        Checkpoint.load(tmp_path / 'c.checkpoint', 'abc')
    assert not (tmp_path / 'should-not-exist').exists()


def test_unwritable_checkpoint_is_named(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(TrainingError, match='cannot be written'):
        checkpoint().save(tmp_path / 'file' / 'c.checkpoint')
