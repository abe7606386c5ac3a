# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The training loop: a query network learns the stored gallery descriptors of augmented views."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

from avpr_ros.arrays import Descriptors, IntArray
from avpr_ros.errors import TrainingError
from avpr_ros.gallery.describer import Progress
from avpr_ros.networks.query_network import VladQueryNetwork
from avpr_ros.training.bank import Bank
from avpr_ros.training.checkpoint import Checkpoint
from avpr_ros.training.images import TrainingImages, views_of
from avpr_ros.training.losses import asymmetric_contrastive, regression
from avpr_ros.training.settings import TrainSettings

#: First numbers of the seeds of what is drawn, so that no two share a stream.
_ORDER, _VIEWS = 1, 2


class Trainer:
    """One training of one query network.

    Attributes:
        network: what is trained, in place.
        step: steps done.
        steps: steps in all.
        history: one row a checkpoint, the start among them.
    """

    def __init__(
        self,
        network: VladQueryNetwork,
        images: TrainingImages,
        targets: Descriptors,
        bank: Bank,
        settings: TrainSettings,
    ) -> None:
        """Set up.

        Args:
            network: already initialised.
            images: N images of the map.
            targets: (N, d) stored gallery descriptors of the same rows.
            bank: place centroids and exclusions of the same rows.
            settings: steps, rates, losses.
        """
        self.network = network
        self.step = 0
        self.steps = settings.steps_for(len(images))
        self.history: list[dict[str, float]] = []
        self._images = images
        self._targets = targets
        self._bank = bank
        self._centroids = torch.from_numpy(bank.centroids)
        self._settings = settings
        network.backbone.freeze(settings.frozen_blocks)
        trained = [value for value in network.parameters() if value.requires_grad]
        self._optimizer = torch.optim.AdamW(
            trained, lr=settings.learning_rate, weight_decay=settings.weight_decay
        )

    def run(
        self,
        checkpoint_path: Path,
        identity: str,
        held_out_loss: Callable[[], float],
        progress: Progress,
    ) -> None:
        """Train to the end, from the checkpoint where there is one.

        Args:
            checkpoint_path: written at the start, every so many steps and at the end.
            identity: ties a checkpoint to this training.
            held_out_loss: measures the network as it is.
            progress: called with stage, done, total.

        Raises:
            TrainingError: the loss is not finite, a checkpoint cannot be read or written, or an
                image is missing.
            MapError: an image is damaged.
        """
        if checkpoint_path.is_file():
            self._restore(Checkpoint.load(checkpoint_path, identity))
        else:
            self._record(float('nan'), held_out_loss)
            self._save(checkpoint_path, identity)
        losses: list[float] = []
        while self.step < self.steps:
            losses.append(self._train_step())
            progress('training', self.step, self.steps)
            if self.step % self._settings.checkpoint_every == 0 or self.step == self.steps:
                self._record(float(np.mean(losses)), held_out_loss)
                self._save(checkpoint_path, identity)
                losses.clear()

    def loss(self, views: Tensor, rows: IntArray) -> Tensor:
        """Return the training loss of views (B, S, S, 3) of rows (B,) of the map."""
        queries = self.network(views)
        targets = torch.from_numpy(np.asarray(self._targets[rows], dtype=np.float32))
        places = self._bank.places
        excluded = torch.from_numpy(places.exclusion_mask(places.labels[rows]))
        contrastive = asymmetric_contrastive(
            queries, targets, self._centroids, excluded, self._settings.temperature
        )
        return contrastive + self._settings.regression_weight * regression(queries, targets)

    def mean_loss(self, views: NDArray[np.uint8], rows: IntArray) -> float:
        """Return the loss of many views without gradients, a batch at a time."""
        batch = self._settings.batch_size
        total = 0.0
        with torch.inference_mode():
            for start in range(0, len(rows), batch):
                part = slice(start, start + batch)
                loss = self.loss(torch.from_numpy(views[part]), rows[part])
                total += float(loss) * len(rows[part])
        return total / len(rows)

    def _train_step(self) -> float:
        settings = self._settings
        rows = self._rows_of_step()
        seed = (settings.seed, _VIEWS, self.step)
        views = views_of(self._images, rows, self.network.input_px, settings.augmentation, seed)
        for group in self._optimizer.param_groups:
            group['lr'] = settings.learning_rate_at(self.step, self.steps)
        self._optimizer.zero_grad(set_to_none=True)
        loss = self.loss(torch.from_numpy(views), rows)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self.step += 1
        value = float(loss.detach())
        if not np.isfinite(value):
            raise TrainingError(
                f'the loss is {value} after step {self.step}; train with a lower learning rate'
            )
        return value

    def _rows_of_step(self) -> IntArray:
        """Walk through a new random order of all rows each epoch; batches run across epochs."""
        count, batch = len(self._images), self._settings.batch_size
        wanted = np.arange(self.step * batch, (self.step + 1) * batch)
        orders = {
            epoch: np.random.default_rng((self._settings.seed, _ORDER, epoch)).permutation(count)
            for epoch in np.unique(wanted // count).tolist()
        }
        return np.array([orders[n // count][n % count] for n in wanted.tolist()], dtype=np.int64)

    def _record(self, loss: float, held_out_loss: Callable[[], float]) -> None:
        row = {'step': float(self.step), 'held_out_loss': held_out_loss()}
        self.history.append(row if np.isnan(loss) else {**row, 'loss': loss})

    def _save(self, path: Path, identity: str) -> None:
        Checkpoint(
            identity,
            self.step,
            self.network.state_dict(),
            self._optimizer.state_dict(),
            self.history,
        ).save(path)

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.network.load_state_dict(checkpoint.network, strict=True)
        self._optimizer.load_state_dict(dict(checkpoint.optimizer))
        self.step = checkpoint.step
        self.history = list(checkpoint.history)
