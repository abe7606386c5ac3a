# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Recalibrate a query network for an extended map and check its recall on the new session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.runtime.map_network import in_space_of
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.runtime.query_network import QueryNetwork
from avpr_ros.training.calibration.network_calibration import CalibrationMap, calibrate_network
from avpr_ros.training.deliver import locked_output
from avpr_ros.training.held_out import HeldOutViews, recall

#: Seed of the views, other than those of the training.
_SEED = 1
#: Loss of recall@1 on the views of a new session from which on training is advised.
_WEAKER = 0.1


class _Describing:
    """Describes batches of held-out views with an exported network."""

    def __init__(self, network: QueryNetwork) -> None:
        self.input_px = network.manifest.input_px
        self._network = network

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        return np.stack([self._network.describe(image) for image in images])


@dataclass(frozen=True)
class Recalibration:
    """The new calibration with the old one.

    Attributes:
        before: previous calibration; None if uncalibrated.
        after: calibration on the extended map, written to the network's manifest unless that
            network serves several maps.
        recall_at_1_old: recall@1 of held-out views of the earlier sessions.
        recall_at_1_new: recall@1 of held-out views of the last session.
        standardize: whether the matcher standardises the descriptors of this map.
    """

    before: Calibration | None
    after: Calibration
    recall_at_1_old: float
    recall_at_1_new: float
    standardize: bool = True

    @property
    def text(self) -> str:
        """A summary in one sentence, with advice where the recall is low."""
        after = self.after.in_use(self.standardize)
        was = 'none'
        if self.before is not None:
            was = f'{self.before.in_use(self.standardize).min_similarity:.3f}'
        text = (
            f'threshold {was} -> {after.min_similarity:.3f}; recall@1 of held-out views '
            f'{self.recall_at_1_old:.2f} in the earlier sessions, {self.recall_at_1_new:.2f} in '
            'the last one'
        )
        if self.recall_at_1_new < self.recall_at_1_old - _WEAKER:
            text += f', lower by more than {_WEAKER:g}: train again with avpr train'
        if (power := after.power) is not None:
            text += f'; {power}'
        return text


def recalibrate(gallery: GalleryMap, query: Path) -> Recalibration:
    """Calibrate a query network and write the calibration to its manifest.

    Args:
        gallery: the extended map, with thumbnails.
        query: the ONNX file, of the map's descriptor space, with its manifest.

    Raises:
        QueryNetworkError: the network is missing, damaged or cannot be run.
        TrainingError: the map has no thumbnails.
        OutputBusyError: another process is writing the network.
    """
    with locked_output(query):
        return _recalibrate(gallery, query)


def _recalibrate(gallery: GalleryMap, query: Path) -> Recalibration:
    network = OnnxQueryNetwork.open(query)
    in_map = in_space_of(network, gallery)
    describing = _Describing(in_map)
    on = CalibrationMap.of(gallery)
    after = calibrate_network(describing, on, _SEED).calibration
    last = gallery.keyframes.sessions == gallery.keyframes.sessions.max()
    recalls = []
    for among in (np.flatnonzero(~last), np.flatnonzero(last)):
        some = HeldOutViews.draw(on.images, describing.input_px, _SEED, among)
        found = some.similarities(describing, on.descriptors)
        recalls.append(recall(found, some.rows, on.places, 1))
    if in_map is network:  # else it serves several maps, and each has a calibration of its own
        replace(network.manifest, calibration=after).save(query.with_suffix('.json'))
    old, new = recalls
    standardize = gallery.landmarks() is None
    return Recalibration(network.manifest.calibration, after, old, new, standardize)
