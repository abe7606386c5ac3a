# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""On a processor a large gallery is described by ONNX Runtime: any batch, the same numbers."""

from __future__ import annotations

import numpy as np
from official import published, shallow
import pytest

from avpr_ros.networks.checkpoints.layouts import renamed
from avpr_ros.networks.export import export_onnx
from avpr_ros.networks.inference import OnnxNetwork, TorchNetwork

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    'name',
    [
        'dinov2-s-salad',
        'dinov2-s-boq',
        'megaloc-small',
        'cosplace-resnet18-64',
    ],
)
def test_an_exported_network_describes_batches_of_any_size(name, tmp_path):
    network = shallow(name)
    layout = network.kind.layout
    network.load_state_dict(renamed(published(network, layout), layout), strict=True)
    network.input_px = 126
    network.fix_size()
    export_onnx(network, 126, tmp_path / 'gallery.onnx', [])
    exported, plain = OnnxNetwork(tmp_path / 'gallery.onnx'), TorchNetwork(network)
    images = np.random.default_rng(2).integers(0, 255, (3, 126, 126, 3), dtype=np.uint8)
    for count in (1, 3):
        assert np.allclose(exported(images[:count]), plain(images[:count]), atol=1e-4)
