# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""An exported network with 8-bit convolutions, by ONNX Runtime's static quantization."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import tempfile

import numpy as np
from numpy.typing import NDArray
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from avpr_ros.errors import TrainingError
from avpr_ros.runtime.onnx_backend import INPUT
from avpr_ros.storage.files import atomic_file


def quantize_onnx(source: Path, output: Path, images: NDArray[np.uint8]) -> None:
    """Write an exported network again, its convolutions in 8 bits.

    Unsigned activations and signed weights, a scale for each output channel: what x86's VNNI and
    ARM's dot-product instructions multiply. What comes after the last convolution (the assignment
    to words, the norms, the projection) stays float: it is cheap, and it divides by small numbers.

    Args:
        source: the float ONNX file.
        output: the new file; it appears when it is whole.
        images: (n, S, S, 3) uint8 that the ranges of the activations are taken from.

    Raises:
        TrainingError: the network has no convolution, or ONNX Runtime cannot quantize it.
    """
    with tempfile.TemporaryDirectory() as folder, atomic_file(output) as temporary:
        prepared = Path(folder) / 'prepared.onnx'
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        try:
            quantize_static(
                str(prepared),
                str(temporary),
                _Images(images),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=_behind_the_convolutions(prepared),
            )
        # ONNX Runtime's tools raise whatever comes up.
        except Exception as error:
            raise TrainingError(
                f'{source} cannot be quantized ({type(error).__name__}: {error}); use it as it is'
            ) from error


def _behind_the_convolutions(path: Path) -> list[str]:
    nodes = onnx.load(str(path)).graph.node
    convolutions = [number for number, node in enumerate(nodes) if node.op_type == 'Conv']
    if not convolutions:
        raise TrainingError('the network has no convolution to quantize; use it as it is')
    return [node.name for node in nodes[convolutions[-1] + 1 :]]


class _Images(CalibrationDataReader):  # type: ignore[misc]
    """Hands one image at a time to the calibration."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._images: Iterator[NDArray[np.uint8]] = iter(images)

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        image = next(self._images, None)
        return None if image is None else {INPUT: image[np.newaxis]}
