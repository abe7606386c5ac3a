# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The training loop: a query network learns the stored gallery descriptors of augmented views."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from avpr_ros.arrays import IntArray
from avpr_ros.errors import TrainingError
from avpr_ros.gallery.describer import Progress
from avpr_ros.storage.reading import reading
from avpr_ros.training.checkpoint import Checkpoint
from avpr_ros.training.inputs import Inputs
from avpr_ros.training.objectives.objective import Objective
from avpr_ros.training.settings import TrainSettings

#: First number of the seed of the order of rows; views use another.
_ORDER = 1


class Trainer:
    """One training of one query network.

    Where torch finds a GPU, network and objective are there while ``run`` lasts, the network in
    bfloat16 under autocast, the objective in float32.

    Attributes:
        network: what is trained, in place.
        step: steps done.
        steps: steps at most.
        history: one row a checkpoint, the start among them.
    """

    def __init__(
        self,
        network: nn.Module,
        inputs: Inputs,
        objective: Objective,
        settings: TrainSettings,
        *,
        rows: IntArray | None = None,
        forward: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        """Set up.

        Args:
            network: already initialised; parameters that require gradients are trained.
            inputs: of the N rows of the gallery.
            objective: over the same rows.
            settings: steps, rates and the like.
            rows: which rows to train on; None: all.
            forward: from inputs to (B, d) unit rows; None: the network itself.
        """
        self.network = network
        self.step = 0
        self.rows = np.arange(len(inputs), dtype=np.int64) if rows is None else rows
        self.steps = settings.steps_for(len(self.rows))
        self.history: list[dict[str, float]] = []
        self._inputs = inputs
        self._objective = objective
        self._settings = settings
        self._forward = forward or network
        self._best: dict[str, Tensor] | None = None
        self._device = torch.device('cpu')
        trained = [value for value in network.parameters() if value.requires_grad]
        self._optimizer = torch.optim.AdamW(
            trained, lr=settings.learning_rate, weight_decay=settings.weight_decay
        )

    def run(
        self,
        checkpoint_path: Path | None,
        identity: str,
        held_out_loss: Callable[[], float],
        progress: Progress,
    ) -> None:
        """Train to the end, from the checkpoint where there is one.

        Stops early where ``settings.patience`` checkpoints in a row bring no lower held-out loss;
        the network of the lowest one is kept.

        Args:
            checkpoint_path: written at the start, every so many steps and at the end; None: not.
            identity: ties a checkpoint to this training.
            held_out_loss: measures the network as it is.
            progress: called with stage, done, total.

        Raises:
            TrainingError: the loss is not finite, a checkpoint cannot be read or written, or an
                image is missing.
            MapError: an image is damaged.
        """
        self._move_to('cuda' if torch.cuda.is_available() else 'cpu')
        if checkpoint_path is not None and checkpoint_path.is_file():
            with reading(checkpoint_path, TrainingError, 'delete it or train without --resume'):
                self._restore(Checkpoint.load(checkpoint_path, identity))
        else:
            self._record(float('nan'), held_out_loss)
            self._save(checkpoint_path, identity)
        losses: list[float] = []
        while self.step < self.steps and not self._out_of_patience():
            losses.append(self._train_step())
            progress('training', self.step, self.steps)
            if self.step % self._settings.checkpoint_every == 0 or self.step == self.steps:
                self._record(float(np.mean(losses)), held_out_loss)
                self._save(checkpoint_path, identity)
                losses.clear()
        if self._best is not None:
            self.network.load_state_dict(self._best)
        self._move_to('cpu')

    def mean_loss(self, inputs: Tensor, rows: IntArray) -> float:
        """Return the loss of many inputs without gradients, a batch at a time."""
        batch = self._settings.batch_size
        self._objective.eval()
        total = 0.0
        with torch.inference_mode():
            for start in range(0, len(rows), batch):
                part = slice(start, start + batch)
                total += float(self._loss(inputs[part], rows[part])) * len(rows[part])
        self._objective.train()
        return total / len(rows)

    def _move_to(self, device: str) -> None:
        self._device = torch.device(device)
        # Numbers of a pixel side by side: a step costs a quarter less on a processor.
        self.network.to(self._device).to(memory_format=torch.channels_last)
        self._objective.to(self._device)

    def _loss(self, inputs: Tensor, rows: IntArray) -> Tensor:
        """Return the objective of inputs of rows (B,) of the gallery."""
        on_gpu = self._device.type == 'cuda'
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=on_gpu):
            queries = self._forward(inputs.to(self._device))
        loss: Tensor = self._objective(queries, rows)
        return loss

    def _train_step(self) -> float:
        settings = self._settings
        for group in self._optimizer.param_groups:
            group['lr'] = settings.learning_rate_at(self.step, self.steps)
        self._optimizer.zero_grad(set_to_none=True)
        rows = self._rows_of_step()
        inputs = self._inputs.batch(self.step, rows)
        value = 0.0
        for part in range(settings.accumulate):
            own = slice(part * settings.batch_size, (part + 1) * settings.batch_size)
            loss = self._loss(inputs[own], rows[own]) / settings.accumulate
            loss.backward()  # type: ignore[no-untyped-call]
            value += float(loss.detach())
        self._optimizer.step()
        self.step += 1
        if not np.isfinite(value):
            raise TrainingError(
                f'the loss is {value} after step {self.step}; train with a lower learning rate'
            )
        return value

    def _rows_of_step(self) -> IntArray:
        """Walk through a new random order of all rows each epoch; batches run across epochs."""
        count, batch = len(self.rows), self._settings.batch_size * self._settings.accumulate
        wanted = np.arange(self.step * batch, (self.step + 1) * batch)
        orders = {
            epoch: np.random.default_rng((self._settings.seed, _ORDER, epoch)).permutation(count)
            for epoch in np.unique(wanted // count).tolist()
        }
        picked = [orders[n // count][n % count] for n in wanted.tolist()]
        return self.rows[np.array(picked, dtype=np.int64)]

    def _record(self, loss: float, held_out_loss: Callable[[], float]) -> None:
        row = {'step': float(self.step), 'held_out_loss': held_out_loss()}
        self.history.append(row if np.isnan(loss) else {**row, 'loss': loss})
        if self._settings.patience is not None and self._best_record() == len(self.history) - 1:
            state = self.network.state_dict()
            self._best = {name: value.detach().clone() for name, value in state.items()}

    def _best_record(self) -> int:
        return int(np.argmin([row['held_out_loss'] for row in self.history]))

    def _out_of_patience(self) -> bool:
        patience = self._settings.patience
        return patience is not None and len(self.history) - 1 - self._best_record() >= patience

    def _save(self, path: Path | None, identity: str) -> None:
        if path is None:
            return
        Checkpoint(
            identity=identity,
            step=self.step,
            network=self.network.state_dict(),
            objective=self._objective.state_dict(),
            optimizer=self._optimizer.state_dict(),
            best=self._best,
            history=self.history,
        ).save(path)

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.network.load_state_dict(checkpoint.network, strict=True)
        self._objective.load_state_dict(checkpoint.objective, strict=True)
        self._optimizer.load_state_dict(dict(checkpoint.optimizer))
        self._best = None if checkpoint.best is None else dict(checkpoint.best)
        self.step = checkpoint.step
        self.history = list(checkpoint.history)
