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
from robot.walks import WORK

#: A robot's map of DINOv2-B + BoQ: its descriptor, and what that is projected from.
_DIM, _FULL_DIM = 512, 12288


def heavy_network() -> tuple[Path, int]:
    """Return DINOv2-B + SALAD as an ONNX file, made if it is not there, and its input side."""
    network = FoundationNetwork(kind_by_name('dinov2-salad'))
    network.fix_size()
    return _exported('dinov2_b_salad', network, network.input_px)


def learned_network(preset: str) -> tuple[Path, int]:
    """Return a preset's query network for maps of DINOv2-B + BoQ, likewise."""
    rows = np.random.default_rng(0).normal(size=(_FULL_DIM, _DIM))
    basis = np.linalg.qr(rows)[0].astype(np.float32)
    network = LearnedQueryNetwork(QUERY_PRESETS[preset], _DIM, full_dim=_FULL_DIM, basis=basis)
    return _exported(preset, network, network.input_px)


def _exported(name: str, network: nn.Module, side_px: int) -> tuple[Path, int]:
    path = WORK / f'{name}.onnx'
    if not path.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        export_onnx(network, side_px, path, [])
    return path, side_px
