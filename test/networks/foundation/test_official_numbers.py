# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Descriptors of the publishers' own code with seeded weights, kept as numbers.

They were computed with serizba/salad e593005, amaralibey/Bag-of-Queries 1a4965e, gmberton/MegaLoc
1af071c, gmberton/CosPlace 33ce8d0, amaralibey/MixVPR 4043915 and facebookresearch/dinov2 b8931f7.
Transformers are cut after two blocks of ViT-S so that this takes seconds.
"""

from __future__ import annotations

import json
from pathlib import Path

from filling import images
import numpy as np
from official import published, shallow
import pytest
import torch

from avpr_ros.networks.checkpoints.layouts import renamed

pytestmark = pytest.mark.slow

GOLDEN = json.loads((Path(__file__).parent / 'golden.json').read_text())


@pytest.mark.parametrize('name', GOLDEN)
def test_descriptors_are_those_of_the_published_code(name):
    network = shallow(name)
    layout = network.kind.layout
    network.load_state_dict(renamed(published(network, layout), layout), strict=True)
    for row in GOLDEN[name]:
        pixels = images(1, row['height'], row['width'], 7)
        with torch.inference_mode():
            found = network.describe_pixels(pixels)[0]
        assert np.allclose(found[:: row['step']], row['values'], atol=1e-5), row['height']
        assert abs(float(found.norm()) - 1) < 1e-5
