# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What one query descriptor costs, beside a foundation model on the same cores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import time
from typing import Any

from fvcore.nn import FlopCountAnalysis
import numpy as np
import onnxruntime
import timm
import torch
from torch import Tensor, nn

from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.networks.query_network import VladQueryNetwork
from results import Row
from robot.walks import WORK

HEAVY_PX = 322
THREADS = 2
_LIGHT_RUNS = 20


class DinoV2Backbone(nn.Module):
    """DINOv2-B at 322 px with random weights: what is timed does not depend on them."""

    def __init__(self) -> None:
        super().__init__()
        self.vit: Any = timm.create_model(
            'vit_base_patch14_dinov2', img_size=HEAVY_PX, num_classes=0
        )
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Take (B, S, S, 3) uint8, give the tokens of all patches."""
        scaled = images.permute(0, 3, 1, 2).float() / 255
        return torch.as_tensor(self.vit.forward_features(scaled))


def query_cost(gallery: GalleryMap, queries: dict[str, Path], rounds: int) -> list[Row]:
    """Time query networks in turn with DINOv2-B, all in ONNX Runtime.

    Once by the clock on two threads, once by the processor time of one: what else the machine does
    moves the first more than the second.

    The heavy side is the backbone alone: an aggregation head would add to it, so the ratios are
    lower bounds.

    Args:
        gallery: the map that the query networks belong to.
        queries: ONNX files by method; the first is the float form of the default.
        rounds: runs of the heavy network; the others run twenty times in each.
    """
    dino, network = DinoV2Backbone(), VladQueryNetwork.for_space(gallery.space())
    files = {'dinov2_b': _exported(dino), **queries}
    sides_px = dict.fromkeys(queries, network.input_px) | {'dinov2_b': HEAVY_PX}
    macs = {name: _macs(network, network.input_px) for name in queries}
    macs['dinov2_b'] = _macs(dino, HEAVY_PX)
    wall_s: dict[str, list[float]] = {name: [] for name in files}
    cpu_s: dict[str, list[float]] = {name: [] for name in files}
    both = {name: _session(path, THREADS) for name, path in files.items()}
    alone = {name: _session(path, 1) for name, path in files.items()}
    for _ in range(rounds):
        for name, side_px in sides_px.items():
            for _ in range(1 if side_px == HEAVY_PX else _LIGHT_RUNS):
                wall_s[name].append(_timed(both[name], side_px, time.perf_counter))
                cpu_s[name].append(_timed(alone[name], side_px, time.thread_time))
    return [
        {
            'method': name,
            'ratio_to_dinov2_b': float(np.median(wall_s['dinov2_b']) / np.median(wall_s[name])),
            'cpu_ratio_to_dinov2_b': float(np.median(cpu_s['dinov2_b']) / np.median(cpu_s[name])),
            'latency_p50_ms': float(np.median(wall_s[name])) * 1e3,
            'latency_p99_ms': float(np.percentile(wall_s[name], 99)) * 1e3,
            'cpu_ms': float(np.median(cpu_s[name])) * 1e3,
            'gmacs': macs[name] / 1e9,
            'macs_share': macs[name] / macs['dinov2_b'],
        }
        for name in files
    ]


def _exported(network: nn.Module) -> Path:
    path = WORK / 'dinov2_b.onnx'
    if not path.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        example = torch.zeros(1, HEAVY_PX, HEAVY_PX, 3, dtype=torch.uint8)
        torch.onnx.export(
            network, (example,), str(path), input_names=['image'], opset_version=17, dynamo=False
        )
    return path


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])


def _timed(
    session: onnxruntime.InferenceSession, side_px: int, clock: Callable[[], float]
) -> float:
    image = np.random.default_rng(0).integers(0, 256, (1, side_px, side_px, 3), np.uint8)
    start_s = clock()
    session.run(None, {'image': image})
    return clock() - start_s


def _macs(network: nn.Module, side_px: int) -> float:
    image = torch.zeros(1, side_px, side_px, 3, dtype=torch.uint8)
    analysis = FlopCountAnalysis(network, image)
    return float(analysis.unsupported_ops_warnings(False).total())
