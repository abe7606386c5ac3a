# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A map has grown: does its query network still find the way, and from which score on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.places import default_distinct_radius_m
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.training.calibrate import calibrate
from avpr_ros.training.held_out import HeldOutViews, recall
from avpr_ros.training.images import MapImages
from avpr_ros.training.places import PlaceSettings, places_of

#: Views are drawn from another stream than those of the training.
_SEED = 1
#: A new session whose views are found this much less often needs another training.
_WEAKER = 0.1


class _Describing:
    """An exported network as held-out views want it."""

    def __init__(self, network: OnnxQueryNetwork) -> None:
        self.input_px = network.manifest.input_px
        self._network = network

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        return np.stack([self._network.describe(image) for image in images])


@dataclass(frozen=True)
class Recalibration:
    """What the new calibration says beside the old one.

    Attributes:
        before: calibration until now, where there was one.
        after: estimated on the map as it is now; stands in the network's manifest.
        recall_at_1_old: share of held-out views of the earlier sessions that are found.
        recall_at_1_new: the same for the last session.
    """

    before: Calibration | None
    after: Calibration
    recall_at_1_old: float
    recall_at_1_new: float

    @property
    def text(self) -> str:
        """The outcome in words, with advice where it is due."""
        was = 'none' if self.before is None else f'{self.before.min_similarity:.3f}'
        text = (
            f'threshold {was} -> {self.after.min_similarity:.3f}; held-out views found at first '
            f'try: {self.recall_at_1_old:.2f} of the earlier sessions, {self.recall_at_1_new:.2f} '
            'of the last one'
        )
        if self.recall_at_1_new < self.recall_at_1_old - _WEAKER:
            text += '; it does not know the new session well: train again with avpr train'
        if self.after.power is not None:
            text += f'; {self.after.power}'
        return text


def recalibrate(gallery: GalleryMap, query: Path) -> Recalibration:
    """Estimate a query network's calibration anew and write it into its manifest.

    Args:
        gallery: the map as it is now, with thumbnails.
        query: the ONNX file, of the map's descriptor space; of the manifest beside it the
            calibration is replaced.

    Raises:
        QueryNetworkError: the network is missing, damaged or cannot be run.
        TrainingError: the map has no thumbnails.
    """
    network = OnnxQueryNetwork.open(query)
    describing = _Describing(network)
    places = places_of(gallery.keyframes, PlaceSettings())
    images = MapImages(gallery)
    views = HeldOutViews.draw(images, describing.input_px, _SEED)
    similarities = views.similarities(describing, gallery.descriptors)
    after = calibrate(
        similarities,
        views.rows,
        gallery.descriptors,
        gallery.keyframes,
        places,
        default_distinct_radius_m(gallery),
    )
    last = gallery.keyframes.sessions == gallery.keyframes.sessions.max()
    recalls = []
    for among in (np.flatnonzero(~last), np.flatnonzero(last)):
        some = HeldOutViews.draw(images, describing.input_px, _SEED, among)
        found = some.similarities(describing, gallery.descriptors)
        recalls.append(recall(found, some.rows, places, 1))
    replace(network.manifest, calibration=after).save(query.with_suffix('.json'))
    return Recalibration(network.manifest.calibration, after, *recalls)
