# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Multiply-accumulates and weights of an ONNX graph."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

from avpr_ros.errors import QueryNetworkError
from avpr_ros.runtime.onnx_backend import INPUT

_FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.INT8)
_COUNTED = ('Conv', 'Gemm', 'MatMul')
#: Operators with products that are not counted; a graph with one is rejected.
_UNCOUNTED = ('ConvTranspose', 'Einsum', 'LSTM', 'GRU', 'RNN', 'QLinearConv', 'QLinearMatMul')


def count_onnx(path: Path, input_px: int) -> tuple[int, int]:
    """Count multiply-accumulates and parameters of describing one image.

    Shapes are those of a run: inference from the graph alone stops at padding that is computed.

    Args:
        path: the ONNX file.
        input_px: side of its image.

    Returns:
        Multiply-accumulates of all convolutions and matrix products, and the number of weights.

    Raises:
        QueryNetworkError: unreadable, cannot be run, or has products that are not counted.
    """
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf's errors share no base with Python's
        raise QueryNetworkError(f'{path} is no ONNX file ({error}); export it again.') from error
    unknown = {node.op_type for node in model.graph.node} & set(_UNCOUNTED)
    if unknown:
        raise QueryNetworkError(
            f'{path}: {", ".join(sorted(unknown))} cannot be counted; export plain convolutions '
            'and matrix products.'
        )
    weights = _weights(model)
    nodes = [node for node in model.graph.node if node.op_type in _COUNTED]
    try:
        shapes = _shapes_of_run(model, nodes, input_px)
    except Exception as error:  # ONNX Runtime's errors share none either
        raise QueryNetworkError(f'{path} cannot be run ({error}); export it again.') from error
    return sum(_macs(node, shapes) for node in nodes), weights


def _weights(model: Any) -> int:
    """Count stored numbers that are no integers; exporters keep them in either of two places."""
    constants = [
        attribute.t
        for node in model.graph.node
        if node.op_type == 'Constant'
        for attribute in node.attribute
        if attribute.name == 'value'
    ]
    stored = [*model.graph.initializer, *constants]
    return sum(prod(tensor.dims) for tensor in stored if tensor.data_type in _FLOATS)


def _shapes_of_run(model: Any, nodes: list[Any], input_px: int) -> dict[str, tuple[int, ...]]:
    """Describe a black image and return the shape of everything that the nodes read or write."""
    shapes = {weight.name: tuple(weight.dims) for weight in model.graph.initializer}
    names = {name for node in nodes for name in (*node.input[:2], *node.output)}
    names -= set(shapes)
    if not names:
        return shapes
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in sorted(names))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=['CPUExecutionProvider']
    )
    image = np.zeros((1, input_px, input_px, 3), dtype=np.uint8)
    values = session.run(sorted(names), {INPUT: image})
    return shapes | {name: value.shape for name, value in zip(sorted(names), values, strict=True)}


def _macs(node: Any, shapes: dict[str, tuple[int, ...]]) -> int:
    first, second, result = (shapes[n] for n in (*node.input[:2], node.output[0]))
    if node.op_type == 'Conv':  # weights (out, in / groups, kernel...)
        return prod(result) * prod(second[1:])
    transposed = any(a.name == 'transA' and a.i for a in node.attribute)
    return prod(result) * first[0 if transposed else -1]
