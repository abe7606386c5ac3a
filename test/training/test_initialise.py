# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
import torch

from avpr_ros.gallery.describer import no_progress
from avpr_ros.networks.backbone import Backbone
from avpr_ros.networks.embedded.dense_features import DenseFeatures
from avpr_ros.networks.embedded.fitted_parts import FittedParts
from avpr_ros.networks.embedded.kinds import EmbeddedKind, EmbeddedPart
from avpr_ros.networks.gallery_network import EmbeddedGalleryNetwork
from avpr_ros.networks.query_network import VladQueryNetwork
from avpr_ros.networks.vlad import unit_features
from avpr_ros.runtime.preprocess import squash
from avpr_ros.training.initialisation.network import initialise_by_ridge


@pytest.mark.parametrize(('gallery_px', 'likeness'), [(64, 0.99), (96, 0.5)])
def test_the_light_features_predict_the_heavy_ones(made_up_images, gallery_px, likeness):
    """The same backbone on both sides must be found again; at another size, nearly."""
    backbone = Backbone('tf_efficientnet_lite0')
    rng = np.random.default_rng(0)
    words = rng.normal(size=(2, 112)).astype(np.float32)
    basis = np.eye(224, 8, dtype=np.float32)
    fitted = FittedParts([words], basis)
    network = VladQueryNetwork(fitted, input_px=64)
    dense_features = DenseFeatures(EmbeddedKind((EmbeddedPart('lite0', gallery_px),)), [backbone])
    gallery_network = EmbeddedGalleryNetwork(dense_features, gallery_px, fitted)
    images = made_up_images(24)
    initialise_by_ridge(network, gallery_network, images, no_progress)
    pixels = torch.from_numpy(np.stack([squash(images.read(row), 64) for row in range(4)]))
    with torch.inference_mode():
        found = unit_features(network.widen[0](network.backbone(pixels)))
        wanted = unit_features(backbone(pixels))
    assert (found * wanted).sum(2).mean() > likeness
