# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What one query descriptor costs, beside a foundation model on the same cores."""

from __future__ import annotations

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
    """Time query networks in turn with DINOv2-B, all in ONNX Runtime on two threads.

    The heavy side is the backbone alone: an aggregation head would add to it, so the ratios are
    lower bounds.

    Args:
        gallery: the map that the query networks belong to.
        queries: ONNX files by method; the first is the float form of the default.
        rounds: runs of the heavy network; the others run twenty times in each.
    """
    dino = DinoV2Backbone()
    heavy = _session(_exported(dino))
    light = {name: _session(path) for name, path in queries.items()}
    heavy_macs = _macs(dino, HEAVY_PX)
    network = VladQueryNetwork.for_space(gallery.space())
    macs = _macs(network, network.input_px)
    times_s: dict[str, list[float]] = {name: [] for name in ('dinov2_b', *light)}
    for _ in range(rounds):
        times_s['dinov2_b'].append(_timed(heavy, HEAVY_PX))
        for name, session in light.items():
            times_s[name] += [_timed(session, network.input_px) for _ in range(_LIGHT_RUNS)]
    heavy_ms = float(np.median(times_s['dinov2_b'])) * 1e3
    rows: list[Row] = [
        {'method': 'dinov2_b', 'latency_p50_ms': heavy_ms, 'gmacs': heavy_macs / 1e9}
    ]
    for name in light:
        p50_ms, p99_ms = (float(one) * 1e3 for one in np.percentile(times_s[name], [50, 99]))
        rows.append(
            {
                'method': name,
                'ratio_to_dinov2_b': heavy_ms / p50_ms,
                'latency_p50_ms': p50_ms,
                'latency_p99_ms': p99_ms,
                'gmacs': macs / 1e9,
                'macs_share': macs / heavy_macs,
            }
        )
    return rows


def _exported(network: nn.Module) -> Path:
    path = WORK / 'dinov2_b.onnx'
    if not path.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        example = torch.zeros(1, HEAVY_PX, HEAVY_PX, 3, dtype=torch.uint8)
        torch.onnx.export(
            network, (example,), str(path), input_names=['image'], opset_version=17, dynamo=False
        )
    return path


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])


def _timed(session: onnxruntime.InferenceSession, side_px: int) -> float:
    image = np.random.default_rng(0).integers(0, 256, (1, side_px, side_px, 3), np.uint8)
    start_s = time.perf_counter()
    session.run(None, {'image': image})
    return time.perf_counter() - start_s


def _macs(network: nn.Module, side_px: int) -> float:
    image = torch.zeros(1, side_px, side_px, 3, dtype=torch.uint8)
    analysis = FlopCountAnalysis(network, image)
    return float(analysis.unsupported_ops_warnings(False).total())
