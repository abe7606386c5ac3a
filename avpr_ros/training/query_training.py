# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From a map to a trained query network on disk."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
import time
from typing import Any

import torch

from avpr_ros.errors import TrainingError
from avpr_ros.gallery.describer import Progress, no_progress
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.views import load_views
from avpr_ros.networks.query_network import VladQueryNetwork
from avpr_ros.networks.registry import load_gallery_network
from avpr_ros.training.bank_file import open_bank
from avpr_ros.training.calibrate import calibrate
from avpr_ros.training.curve import write_curve
from avpr_ros.training.deliver import TrainResult, check_output, deliver
from avpr_ros.training.held_out import VIEWS, WHAT, HeldOutViews, recalls
from avpr_ros.training.images import MapImages
from avpr_ros.training.initialise import initialise_by_ridge
from avpr_ros.training.inputs import FreshViews
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.methods import objective_by_name
from avpr_ros.training.places import Places
from avpr_ros.training.settings import TrainSettings
from avpr_ros.training.split import split_places
from avpr_ros.training.trainer import Trainer


def train_query_network(
    gallery: GalleryMap,
    output: Path,
    settings: TrainSettings,
    progress: Progress = no_progress,
) -> TrainResult:
    """Train the embedded query network for a map, calibrate it and export it.

    Closed-form start, then the chosen objective over the stored gallery descriptors (by default
    the asymmetric contrastive loss over the bank and a regression) on augmented views of the
    map's thumbnails. The bank is kept beside the map.

    Args:
        gallery: a map with thumbnails, of an embedded gallery network.
        output: the ONNX file; its manifest gets the same name with ``.json``, the curves with
            ``.csv``, the checkpoint with ``.checkpoint``, which is deleted when all is done.
        settings: of the training.
        progress: called with stage, done, total.

    Raises:
        ConfigError: no such method.
        TrainingError: no thumbnails, no variance for a method that needs it, a checkpoint of
            another training, a loss that is not finite, or files that cannot be written.
        SpaceMismatchError: the map's descriptor space is not of the embedded kind.
        MapError: a file of the map is damaged.
    """
    started = time.monotonic()
    check_output(output)
    checkpoint = output.with_suffix('.checkpoint')
    if not settings.resume:
        _forget(checkpoint)
    images = MapImages(gallery)
    network = VladQueryNetwork.for_space(gallery.space())
    network.backbone.freeze(settings.frozen_blocks)
    bank = open_bank(gallery, settings.places)
    places = bank.places
    side = GallerySide(gallery.descriptors, bank, load_views(gallery))
    objective = objective_by_name(settings.method, side)
    kept, left_out = split_places(places, settings.hold_out_share, settings.seed)
    held_out = HeldOutViews.draw(images, network.input_px, settings.seed)
    watched = held_out
    if len(left_out):
        watched = HeldOutViews.draw(images, network.input_px, settings.seed, left_out)
    initialise_by_ridge(network, load_gallery_network(gallery.space()), images, progress)
    before = held_out.similarities(network, gallery.descriptors)

    views = FreshViews(images, network.input_px, settings.augmentation, settings.seed)
    trainer = Trainer(network, views, objective, settings, rows=kept)

    def held_out_loss() -> float:
        return trainer.mean_loss(torch.from_numpy(watched.views), watched.rows)

    trainer.run(checkpoint, _identity(gallery, settings), held_out_loss, progress)
    write_curve(trainer.history, output.with_suffix('.csv'))
    progress('calibration', 0, 1)
    after = held_out.similarities(network, gallery.descriptors)
    calibration = calibrate(after, held_out.rows, gallery.descriptors, gallery.keyframes, places)
    progress('calibration', 1, 1)
    training = {
        **_evidence(trainer, settings, places),
        'held_out': {
            'what': WHAT,
            'views': VIEWS,
            'before': recalls(before, held_out.rows, places),
            'after': recalls(after, held_out.rows, places),
        },
        'seconds': round(time.monotonic() - started, 1),
    }
    result = deliver(
        network, network.name, network.input_px, gallery, images, output, training, calibration
    )
    _forget(checkpoint)
    return result


def _evidence(trainer: Trainer, settings: TrainSettings, places: Places) -> dict[str, Any]:
    return {
        'method': settings.method,
        'settings': settings.to_json(),
        'images': len(places.labels),
        'places': places.count,
        'steps': trainer.step,
        'history': trainer.history,
    }


def _identity(gallery: GalleryMap, settings: TrainSettings) -> str:
    """Hash what a checkpoint must agree on: the map, its space and every setting that matters."""
    manifest = gallery.manifest
    facts = {
        'map_id': manifest.map_id,
        'revision': manifest.revision,
        'space_id': manifest.descriptor_space.id,
        'settings': settings.to_json(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _forget(checkpoint: Path) -> None:
    try:
        checkpoint.unlink(missing_ok=True)
    except OSError as error:
        raise TrainingError(
            f'the checkpoint {checkpoint} cannot be deleted ({error.strerror}); delete it by hand'
        ) from error
