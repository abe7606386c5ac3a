# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
import pytest
import torch
from torch import Tensor, nn

from avpr_ros.errors import ConfigError, QueryNetworkError
from avpr_ros.evaluation.metrics.network_cost import onnx_cost, torch_cost, torch_macs
from avpr_ros.evaluation.metrics.onnx_macs import count_onnx
from avpr_ros.networks.export import export_onnx


class Small(nn.Module):
    """A grouped convolution with stride, and a product; unit rows out."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(3, 6, 3, stride=2, padding=1, groups=3, bias=False)
        self.second = nn.Linear(6 * 4 * 4, 10)

    def forward(self, images: Tensor) -> Tensor:
        features = self.first(images.permute(0, 3, 1, 2).float() / 255)
        return nn.functional.normalize(self.second(features.flatten(1)), dim=1)


#: 6 channels of 4 x 4 from 3 x 3 windows of one channel each; 96 x 10.
MACS = 6 * 16 * 9 + 96 * 10
WEIGHTS = 6 * 9 + 96 * 10 + 10


def test_torch_and_onnx_count_the_same(tmp_path: Path) -> None:
    network = Small().eval()
    path = tmp_path / 'q.onnx'
    export_onnx(network, 8, path, [np.zeros((8, 8, 3), np.uint8)])

    macs, weights = count_onnx(path, 8)

    assert macs == MACS
    assert weights - WEIGHTS in range(4)  # an exporter stores a number or two of its own
    cost = torch_cost(network, 'small', 8).measured([0.002, 0.004, 0.03])
    assert cost.gmac * 1e9 == pytest.approx(MACS)
    assert cost.parameters_m * 1e6 == pytest.approx(WEIGHTS)
    assert cost.latency_p50_ms == pytest.approx(4.0)
    assert onnx_cost(path, 'small', 8, 1).measured([]).latency_p50_ms is None


def test_fused_attention_counts_as_its_products() -> None:
    class Fused(nn.Module):
        def forward(self, query: Tensor, key: Tensor) -> Tensor:
            return nn.functional.scaled_dot_product_attention(query, key, key)

    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(16, 4, batch_first=True)

        def forward(self, query: Tensor, key: Tensor) -> Tensor:
            return self.attention(query, key, key)[0]

    # 2 heads, 10 queries, 7 keys of 8 numbers: two products each
    assert torch_macs(Fused(), torch.zeros(1, 2, 10, 8), torch.zeros(1, 2, 7, 8)) == 2 * 2 * 560
    products = 2 * 10 * 7 * 16
    projections = (2 * 10 + 2 * 7) * 16 * 16
    layer = Layer().train()
    macs = torch_macs(layer, torch.zeros(1, 10, 16), torch.zeros(1, 7, 16))
    assert macs == products + projections
    assert layer.training  # left as it was
    same = torch.zeros(1, 10, 16)
    assert torch_macs(layer, same, same) == 2 * 10 * 10 * 16 + 40 * 16 * 16


def test_macs_of_uncounted_operators_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / 'q.onnx'
    path.write_bytes(b'no network')
    with pytest.raises(QueryNetworkError, match='is no ONNX file'):
        count_onnx(path, 8)
    nodes = [
        helper.make_node('Cast', ['image'], ['float'], to=TensorProto.FLOAT),
        helper.make_node('Einsum', ['float', 'w'], ['descriptor'], equation='bhwc,cd->bd'),
    ]
    graph = helper.make_graph(
        nodes,
        'einsum',
        [helper.make_tensor_value_info('image', TensorProto.UINT8, ['b', 8, 8, 3])],
        [helper.make_tensor_value_info('descriptor', TensorProto.FLOAT, ['b', 2])],
        [numpy_helper.from_array(np.ones((3, 2), np.float32), 'w')],
    )
    opsets = [helper.make_opsetid('', 13)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    with pytest.raises(QueryNetworkError, match='Einsum cannot be counted'):
        count_onnx(path, 8)


def test_torch_macs_without_fvcore_is_an_error(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, 'fvcore.nn', None)
    with pytest.raises(ConfigError, match='pip install fvcore'):
        torch_macs(Small(), torch.zeros(1, 8, 8, 3, dtype=torch.uint8))
