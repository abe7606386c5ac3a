# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Choose the fastest inference: bfloat16 on a GPU, ONNX Runtime or torch on a CPU."""

from __future__ import annotations

from pathlib import Path
import tempfile
import time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
import onnxruntime
import torch
from torch import nn

from avpr_ros.arrays import Descriptors
from avpr_ros.networks.export import export_onnx
from avpr_ros.runtime.onnx_backend import INPUT, OUTPUT

#: Below this many images an export costs more than it can save.
WORTH_EXPORTING = 200


class BatchNetwork(Protocol):
    """Describes (B, S, S, 3) uint8 by (B, D) float32 unit rows."""

    def __call__(self, batch: NDArray[np.uint8]) -> Descriptors: ...  # noqa: D102


class TorchNetwork:
    """Torch; on a GPU under bfloat16 autocast, the rows normalised again in float32."""

    def __init__(self, network: nn.Module) -> None:
        self._device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
        self._network = network.to(self._device)

    def __call__(self, batch: NDArray[np.uint8]) -> Descriptors:
        """Describe one batch."""
        images = torch.from_numpy(batch).to(self._device, non_blocking=True)
        on_gpu = self._device.type == 'cuda'
        with torch.inference_mode(), torch.autocast('cuda', torch.bfloat16, enabled=on_gpu):
            rows = self._network(images).float()
        return torch.nn.functional.normalize(rows, dim=1).cpu().numpy()


class OnnxNetwork:
    """ONNX Runtime on the CPU."""

    def __init__(self, path: Path) -> None:
        self._session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])

    def __call__(self, batch: NDArray[np.uint8]) -> Descriptors:
        """Describe one batch."""
        (rows,) = self._session.run([OUTPUT], {INPUT: batch})
        return np.asarray(rows, dtype=np.float32)


def fastest(network: nn.Module, input_px: int, images: int) -> BatchNetwork:
    """Choose how to run a network.

    Args:
        network: takes (B, S, S, 3) uint8; ready for export at this size.
        input_px: side S.
        images: how many there are to describe.

    Returns:
        ONNX Runtime where there is no GPU, enough images and it wins on one batch; torch
        otherwise.
    """
    plain = TorchNetwork(network)
    if torch.cuda.is_available() or images < WORTH_EXPORTING:
        return plain
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'gallery.onnx'
        export_onnx(network, input_px, path, [])
        exported = OnnxNetwork(path)
    return exported if _seconds(exported, input_px) < _seconds(plain, input_px) else plain


def _seconds(network: BatchNetwork, input_px: int) -> float:
    batch = np.zeros((4, input_px, input_px, 3), dtype=np.uint8)
    network(batch)
    started = time.perf_counter()
    network(batch)
    return time.perf_counter() - started
