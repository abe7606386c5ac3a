# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch
from torch import nn

from avpr_ros.networks.backbone import DEVIATION, MEAN, STRIDE_PX, Backbone
from avpr_ros.networks.weights import embedded_classifier


@pytest.mark.parametrize(
    ('name', 'channels', 'side_px'),
    [('tf_efficientnet_lite0', 112, 96), ('tf_efficientnet_lite2', 120, 160)],
)
def test_folding_and_fixed_padding_change_nothing(name, channels, side_px):
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(
        0, 256, (2, side_px, side_px, 3), dtype=torch.uint8, generator=generator
    )
    whole = embedded_classifier(name)
    pixels = images.permute(0, 3, 1, 2) / 255
    pixels = (pixels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
    backbone = Backbone(name)
    with torch.inference_mode():
        expected = whole.blocks[:5](whole.bn1(whole.conv_stem(pixels)))
        features = backbone(images)
    assert features.shape == (2, channels, side_px // STRIDE_PX, side_px // STRIDE_PX)
    assert backbone.channels == channels
    assert (features - expected).abs().max() < 1e-4 * expected.abs().max()


def test_no_batch_norm_is_left_to_drift_in_training():
    backbone = Backbone('tf_efficientnet_lite0', embedded=False)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in backbone.modules())
    images = torch.full((1, 64, 64, 3), 90, dtype=torch.uint8)
    with torch.inference_mode():
        assert torch.equal(backbone.train()(images), backbone.eval()(images))


def test_frozen_blocks_stay_and_the_rest_is_trained():
    backbone = Backbone('tf_efficientnet_lite0', embedded=False)
    backbone.freeze(2)
    backbone(torch.zeros(1, 64, 64, 3, dtype=torch.uint8)).sum().backward()
    got = {name: value.grad is not None for name, value in backbone.named_parameters()}
    assert not any(got[name] for name in got if name.startswith(('stem.', 'blocks.0', 'blocks.1')))
    assert all(got[name] for name in got if name.startswith(('blocks.2', 'blocks.3', 'blocks.4')))
