# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Networks with random weights as ONNX files: what they cost does not depend on their weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import nn

from avpr_ros.networks.export import export_onnx
from avpr_ros.networks.foundation.kinds import kind_by_name
from avpr_ros.networks.foundation.network import FoundationNetwork
from avpr_ros.networks.learned_query import QUERY_PRESETS, LearnedQueryNetwork
from avpr_ros.networks.registry import with_head_of
from benchmarks.robot.walks import WORK

#: Length of a robot's descriptor, onto which the gallery network's own is projected.
_DIM = 512


def heavy_network() -> tuple[Path, int]:
    """Return DINOv2-B + SALAD as an ONNX file, made if it is not there, and its input side."""
    network = FoundationNetwork(kind_by_name('dinov2-salad'))
    network.fix_size()
    return _exported('dinov2_b_salad', network, network.input_px)


def learned_network(preset: str, gallery_network: str = 'dinov2-boq') -> tuple[Path, int]:
    """Return a preset's query network for maps of a foundation model, likewise."""
    kind = with_head_of(QUERY_PRESETS[preset], gallery_network)
    full_dim = kind_by_name(gallery_network).dim
    rows = np.random.default_rng(0).normal(size=(full_dim, _DIM))
    basis = np.linalg.qr(rows)[0].astype(np.float32)
    network = LearnedQueryNetwork(kind, _DIM, full_dim=full_dim, basis=basis)
    return _exported(f'{preset}-{kind.head}-{kind.input_px}', network, network.input_px)


def _exported(name: str, network: nn.Module, side_px: int) -> tuple[Path, int]:
    path = WORK / f'{name}.onnx'
    if not path.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        export_onnx(network, side_px, path, [])
    return path, side_px
