# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How a query network is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
import math
from typing import Any

from avpr_ros.errors import ConfigError
from avpr_ros.training.augmentation.augment import Augmentation
from avpr_ros.training.places import PlaceSettings

_FEWEST_STEPS, _MOST_STEPS = 60, 2000
_STEPS_PER_ROOT_IMAGE = 12


@dataclass(frozen=True)
class TrainSettings:
    """Settings of the trainer.

    Attributes:
        steps: optimiser steps; None for twelve times the square root of the number of images
            (126 for 111 images, 268 for 500, 1,697 for 20,000).
        batch_size: images a step.
        seed: of everything random; the same seed gives the same network on one machine.
        learning_rate: largest, after the warm-up.
        final_learning_rate: at the end of the cosine.
        warm_up_share: share of the steps with a rising learning rate.
        weight_decay: of AdamW.
        frozen_blocks: the stem and this many blocks of the backbone keep their ImageNet weights:
            edges and colours are the same everywhere, and a step costs 40 % less.
        query_network: a preset of ``networks/learned_query.py``; None: the embedded network,
            with the aggregator that suits the map's descriptor space.
        backbone_weights: a weights file of timm for the preset's backbone.
        gallery_head: initialise the head with the gallery network's, where shapes agree.
        method: name of the objective, see ``objectives/methods.py``.
        accumulate: batches whose gradients are summed up before the optimiser steps.
        hold_out_share: share of the places that no training view comes from; the held-out loss
            is then of these. 0: of all places, under stronger changes.
        patience: checkpoints without a lower held-out loss after which training stops; None:
            all steps.
        checkpoint_every: steps between checkpoints.
        resume: resume from the checkpoint of the output, if any.
        augmentation: of the training views.
        places: how keyframes become places.
    """

    steps: int | None = None
    batch_size: int = 16
    seed: int = 0
    learning_rate: float = 3e-4
    final_learning_rate: float = 1e-5
    warm_up_share: float = 0.1
    weight_decay: float = 1e-2
    frozen_blocks: int = 2
    query_network: str | None = None
    backbone_weights: str | None = None
    gallery_head: bool = False
    method: str = 'without_iea'
    accumulate: int = 1
    hold_out_share: float = 0.0
    patience: int | None = None
    checkpoint_every: int = 50
    resume: bool = False
    augmentation: Augmentation = field(default_factory=Augmentation)
    places: PlaceSettings = field(default_factory=PlaceSettings)

    def __post_init__(self) -> None:
        """Check what a user can set; raises ``ConfigError``."""
        for name in ('steps', 'batch_size', 'checkpoint_every', 'accumulate', 'patience'):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f'{name} is {value}; use 1 or more')
        if self.seed < 0:
            raise ConfigError(f'seed is {self.seed}; use 0 or more')
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ConfigError(f'learning_rate is {self.learning_rate}; use a number above 0')
        if not 0 <= self.hold_out_share < 1:
            raise ConfigError(f'hold_out_share is {self.hold_out_share}; use 0 to less than 1')

    def steps_for(self, images: int) -> int:
        """Return the number of steps for a map of so many images."""
        if self.steps is not None:
            return self.steps
        wanted = round(_STEPS_PER_ROOT_IMAGE * math.sqrt(images))
        return min(max(wanted, _FEWEST_STEPS), _MOST_STEPS)

    def learning_rate_at(self, step: int, steps: int) -> float:
        """Return the rate of step 0 to steps - 1: linear warm-up, then a cosine."""
        warm_up = max(1, round(self.warm_up_share * steps))
        if step < warm_up:
            return self.learning_rate * (step + 1) / warm_up
        phase = (step - warm_up) / max(1, steps - warm_up)
        swing = 0.5 * (1 + math.cos(math.pi * phase))
        return self.final_learning_rate + (self.learning_rate - self.final_learning_rate) * swing

    def to_json(self) -> dict[str, Any]:
        """Return what determines the result, as JSON values."""
        data = asdict(self)
        del data['resume'], data['checkpoint_every']
        return data
