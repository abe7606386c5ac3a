# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From a map to a trained query network on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import time
from typing import Any

import numpy as np
import torch

from avpr_ros.errors import TrainingError
from avpr_ros.gallery.describer import Progress, no_progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.places import default_distinct_radius_m
from avpr_ros.networks.gallery_network import EmbeddedGalleryNetwork
from avpr_ros.networks.learned_query import LearnedQueryNetwork
from avpr_ros.networks.query_network import VladQueryNetwork
from avpr_ros.networks.registry import query_network_for
from avpr_ros.training.calibration.network_calibration import CalibrationMap, calibrate_network
from avpr_ros.training.curve import write_curve
from avpr_ros.training.deliver import TrainResult, check_output, deliver, locked_output
from avpr_ros.training.held_out import (
    VIEWS,
    WHAT,
    HeldOutViews,
    recalls,
)
from avpr_ros.training.images import TrainingImages
from avpr_ros.training.initialisation.head import initialise_head
from avpr_ros.training.initialisation.network import initialise_by_ridge
from avpr_ros.training.initialisation.projection import initialise_projection
from avpr_ros.training.inputs import FreshViews
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.methods import objective_by_name
from avpr_ros.training.places import Places
from avpr_ros.training.settings import TrainSettings
from avpr_ros.training.split import split_places
from avpr_ros.training.trainer import Trainer
from avpr_ros.training.training_gallery import TrainingGallery


def train_query_network(
    maps: GalleryMap | Sequence[GalleryMap],
    output: Path,
    settings: TrainSettings,
    progress: Progress = no_progress,
) -> TrainResult:
    """Train a query network for a map, calibrate it and export it.

    The query network is the one that suits the map's descriptor space unless the settings name
    another. Closed-form start, then the chosen objective over the stored gallery descriptors (by
    default the asymmetric contrastive loss over the bank and a regression) on augmented views of
    the map's thumbnails. The bank is kept beside the map.

    Args:
        maps: a map with thumbnails, or several of one descriptor
            space that show different places; the threshold is then one for all of them.
        output: the ONNX file; its manifest gets the same name with ``.json``, the curves with
            ``.csv``, the checkpoint with ``.checkpoint``, which is deleted when all is done.
        settings: of the training.
        progress: called with stage, done, total.

    Raises:
        ConfigError: no such method.
        TrainingError: no thumbnails, no variance for a method that needs it, a checkpoint of
            another training, a loss that is not finite, or files that cannot be written.
        SpaceMismatchError: no query network of this package has the map's descriptor space.
        MapError: a file of the map is damaged.
        OutputBusyError: another process is writing the output.
    """
    check_output(output)
    with locked_output(output):
        return _train(maps, output, settings, progress)


def _train(
    maps: GalleryMap | Sequence[GalleryMap],
    output: Path,
    settings: TrainSettings,
    progress: Progress,
) -> TrainResult:
    started = time.monotonic()
    checkpoint = output.with_suffix('.checkpoint')
    if not settings.resume:
        _forget(checkpoint)
    gallery = TrainingGallery.from_maps(
        [maps] if isinstance(maps, GalleryMap) else maps, settings.places
    )
    space = gallery.maps[0].space()
    weights = None if settings.backbone_weights is None else Path(settings.backbone_weights)
    network = query_network_for(space, settings.query_network, weights)
    copied = initialise_head(network, space) if settings.gallery_head else ()
    trainer = _trainer(network, gallery, settings)
    held_out = HeldOutViews.draw(gallery.images, network.input_px, settings.seed)
    _initialise(network, space, gallery, progress)
    before = held_out.similarities(network, gallery.descriptors)
    watched = _watched(held_out, trainer, gallery.images, settings.seed)

    def held_out_loss() -> float:
        return trainer.mean_loss(torch.from_numpy(watched.views), watched.rows)

    trainer.run(checkpoint, gallery.identity(settings.to_json()), held_out_loss, progress)
    write_curve(trainer.history, output.with_suffix('.csv'))
    progress('calibration', 0, 1)
    on = CalibrationMap(
        gallery.images,
        gallery.descriptors,
        gallery.keyframes,
        gallery.places,
        max(default_distinct_radius_m(gallery_map) for gallery_map in gallery.maps),
        [len(gallery_map) for gallery_map in gallery.maps],
    )
    found = calibrate_network(network, on, settings.seed, held_out)
    progress('calibration', 1, 1)
    training = {
        **_record(trainer, settings, gallery.places),
        'taken_from_gallery_head': list(copied),
        'held_out': {
            'what': WHAT,
            'views': VIEWS,
            'before': recalls(before, held_out.rows, gallery.places),
            'after': found.recalls,
        },
        'seconds': round(time.monotonic() - started, 1),
    }
    of, size_px = gallery.maps[0], network.input_px
    result = deliver(
        network, network.name, size_px, of, gallery.images, output, training, found.calibration
    )
    _forget(checkpoint)
    return result


def _trainer(
    network: VladQueryNetwork | LearnedQueryNetwork,
    gallery: TrainingGallery,
    settings: TrainSettings,
) -> Trainer:
    """Set a training up; what cannot work is refused here, before any image is read."""
    network.backbone.freeze(settings.frozen_blocks)
    side = GallerySide(gallery.descriptors, gallery.bank, gallery.views)
    objective = objective_by_name(settings.method, side)
    kept, _ = split_places(gallery.places, settings.hold_out_share, settings.seed)
    views = FreshViews(gallery.images, network.input_px, settings.augmentation, settings.seed)
    return Trainer(network, views, objective, settings, rows=kept)


def _initialise(
    network: VladQueryNetwork | LearnedQueryNetwork,
    space: DescriptorSpace,
    gallery: TrainingGallery,
    progress: Progress,
) -> None:
    if isinstance(network, LearnedQueryNetwork):
        initialise_projection(network, gallery.descriptors, gallery.images, progress)
        return
    heavy = EmbeddedGalleryNetwork.from_space(space)
    initialise_by_ridge(network, heavy, gallery.images, progress)


def _watched(
    held_out: HeldOutViews, trainer: Trainer, images: TrainingImages, seed: int
) -> HeldOutViews:
    """Return the views that the held-out loss is of: those of places not trained on, if any."""
    left_out = np.setdiff1d(np.arange(len(images)), trainer.rows)
    if not len(left_out):
        return held_out
    return HeldOutViews.draw(images, held_out.views.shape[1], seed, left_out)


def _record(trainer: Trainer, settings: TrainSettings, places: Places) -> dict[str, Any]:
    return {
        'method': settings.method,
        'settings': settings.to_json(),
        'images': len(places.labels),
        'places': places.count,
        'steps': trainer.step,
        'history': trainer.history,
    }


def _forget(checkpoint: Path) -> None:
    try:
        checkpoint.unlink(missing_ok=True)
    except OSError as error:
        raise TrainingError(
            f'the checkpoint {checkpoint} cannot be deleted ({error.strerror}); delete it by hand'
        ) from error
