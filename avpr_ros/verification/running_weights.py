# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Weights of the kinds of local features that follow the light of a drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.verification.layer_likelihood import LayerLikelihoods

#: Images that the weights of the map stand for, and that are remembered.
_PRIOR_IMAGES, _MEMORY_IMAGES = 5.0, 50.0
#: No kind has a smaller weight: the light may change again.
_MIN_WEIGHT = 0.1


class RunningWeights:
    """Share of the images of a drive that each kind of features has recognised.

    The expectation-maximisation step for the weights of a mixture (Dempster et al., J. R. Stat.
    Soc. B 39, 1977), image by image, beginning with the weights of the map: a kind that another
    light has blinded loses its weight along the drive.

    Attributes:
        layers: of the map, with the weights so far.
    """

    def __init__(self, layers: Sequence[FeatureLayer]) -> None:
        """Begin with the weights of the map.

        Args:
            layers: of the map, one of each kind.
        """
        self._images = _PRIOR_IMAGES * np.array([layer.weight for layer in layers])
        self.layers = tuple(layers)

    def update(self, kinds: Sequence[LayerLikelihoods], candidate: int) -> None:
        """Add an image that was matched above the background.

        Args:
            kinds: of each kind or of the first ones; one that was not needed adds nothing.
            candidate: number of the keyframe that it was matched with.
        """
        if len(self.layers) == 1:
            return
        excess = np.full(len(self.layers), -np.inf)
        for number, (kind, layer) in enumerate(zip(kinds, self.layers, strict=False)):
            llr = float(kind.llr_place[candidate]) - layer.background_llr
            excess[number] = np.log(layer.weight) + llr / layer.llr_scale
        shares = np.exp(excess - np.logaddexp.reduce(excess))
        self._images *= min(1.0, _MEMORY_IMAGES / (self._images.sum() + 1.0))
        self._images += shares
        weights = np.maximum(self._images / self._images.sum(), _MIN_WEIGHT)
        weights /= weights.sum()
        weighted = zip(self.layers, weights.tolist(), strict=True)
        self.layers = tuple(replace(layer, weight=weight) for layer, weight in weighted)
