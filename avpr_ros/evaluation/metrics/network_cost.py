# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Cost of a network: multiply-accumulates, parameters, time per image.

One multiply-accumulate (MAC) is what fvcore calls a flop and what papers on place recognition
call FLOPs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
import logging
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any
import warnings

import numpy as np

from avpr_ros.errors import ConfigError
from avpr_ros.evaluation.metrics.onnx_macs import count_onnx

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class NetworkCost:
    """One network at one input size.

    Attributes:
        network: its name.
        side: what it describes: ``query`` or ``gallery``.
        input_px: side of its square image.
        gmac: 10^9 multiply-accumulates an image.
        parameters_m: millions of weights.
        latency_p50_ms: median time to describe an image, resizing included; None: not measured.
        counted: how the first two were counted, in words.
        ran_on: what the time was measured with, in words.
    """

    network: str
    side: str
    input_px: int
    gmac: float
    parameters_m: float
    latency_p50_ms: float | None
    counted: str
    ran_on: str

    def measured(self, seconds: Sequence[float]) -> NetworkCost:
        """Return the same with the median of how long each image took."""
        if not seconds:
            return self
        return replace(self, latency_p50_ms=float(np.median(seconds)) * 1e3)


def onnx_cost(path: Path, network: str, input_px: int, threads: int) -> NetworkCost:
    """Cost a query network from the graph of its ONNX file.

    Args:
        path: the file.
        network: its name.
        input_px: side of its image.
        threads: that it runs on.

    Raises:
        QueryNetworkError: the graph cannot be counted.
    """
    macs, parameters = count_onnx(path, input_px)
    return NetworkCost(
        network,
        'query',
        input_px,
        macs / 1e9,
        parameters / 1e6,
        None,
        'convolutions and matrix products of the ONNX graph',
        f'ONNX Runtime, CPU, {threads} thread{"s" if threads > 1 else ""}',
    )


def torch_cost(module: nn.Module, network: str, input_px: int) -> NetworkCost:
    """Cost a gallery network by fvcore.

    Args:
        module: takes (B, S, S, 3) uint8.
        network: its name.
        input_px: side S.

    Raises:
        ConfigError: fvcore is not installed.
    """
    import torch

    image = torch.zeros(1, input_px, input_px, 3, dtype=torch.uint8)
    parameters = sum(value.numel() for value in module.parameters())
    # A fitted vocabulary or projection is stored and multiplied with like any weight.
    parameters += sum(b.numel() for b in module.buffers() if b.is_floating_point() and b.dim() > 1)
    threads = torch.get_num_threads()
    return NetworkCost(
        network,
        'gallery',
        input_px,
        torch_macs(module, image) / 1e9,
        parameters / 1e6,
        None,
        'fvcore',
        f'torch, CPU, {threads} thread{"s" if threads > 1 else ""}',
    )


def torch_macs(module: nn.Module, *inputs: Tensor) -> float:
    """Count the multiply-accumulates of one forward pass by fvcore.

    fvcore knows no fused attention; it is counted as the two matrix products that it is, and the
    fused multi-head layer with its projections, so that a network counts the same however its
    attention is written.

    Args:
        module: the network; counted in evaluation mode.
        inputs: of one pass; batch size 1 for the cost of an image.

    Raises:
        ConfigError: fvcore is not installed.
    """
    with warnings.catch_warnings():  # it scripts functions of its own, which torch now regrets
        warnings.simplefilter('ignore', FutureWarning)
        try:
            from fvcore.nn import FlopCountAnalysis
        except ImportError as error:
            raise ConfigError(
                'fvcore, which counts a gallery network, is not installed; pip install fvcore'
            ) from error
    import torch

    logging.getLogger('fvcore').setLevel(logging.ERROR)
    training = module.training
    module.eval()
    try:
        with torch.inference_mode():
            analysis = FlopCountAnalysis(module, inputs)
            analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
            analysis.set_op_handle(**_FUSED)
            return float(analysis.total())
    finally:
        module.train(training)


def _shape(value: Any) -> list[int]:
    return list(value.type().sizes() or [])


def _scaled_dot_product(inputs: list[Any], outputs: list[Any]) -> float:
    """Count q k^T and its product with v: (..., L, E), (..., S, E), (..., S, V)."""
    query, key, value = (_shape(tensor) for tensor in inputs[:3])
    return float(prod(query[:-1]) * key[-2] * (query[-1] + value[-1]))


def _multi_head(inputs: list[Any], outputs: list[Any]) -> float:
    """Count projections and attention of the fused layer: queries (B, L, E), keys (B, S, E)."""
    query, key = _shape(inputs[0]), _shape(inputs[1])
    batch, length, width = query
    projections = batch * width * width * (2 * length + 2 * key[1])
    return float(projections + 2 * batch * length * key[1] * width)


_FUSED: dict[str, Callable[[list[Any], list[Any]], float]] = {
    'aten::scaled_dot_product_attention': _scaled_dot_product,
    'aten::_native_multi_head_attention': _multi_head,
}
