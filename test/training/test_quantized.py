# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avpr_ros.errors import TrainingError
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.networks.describer import EmbeddedDescriber
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.training import quantized
from avpr_ros.training.quantized import quantize_query_network
from avpr_ros.training.symmetric import export_gallery_network

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def pair(tmp_path_factory, drive_of_images):
    """A map of the light network and that network as its query network."""
    folder = tmp_path_factory.mktemp('pair')
    describer = EmbeddedDescriber('embedded-light', dim=16)
    gallery = build_map(
        drive_of_images, describer, folder / 'map', BuildSettings(min_distance_m=0.0)
    )
    export_gallery_network(gallery, folder / 'query.onnx')
    return gallery, folder / 'query.onnx'


def saturating() -> bool:
    """Return whether this is an x86 processor without VNNI, as /proc/cpuinfo has it."""
    cpuinfo = Path('/proc/cpuinfo')
    text = cpuinfo.read_text(encoding='utf-8') if cpuinfo.is_file() else ''
    return 'avx2' in text and 'vnni' not in text


def test_quantize_keeps_recall_and_records_it(tmp_path, pair):
    gallery, source = pair
    try:
        result = quantize_query_network(gallery, source, tmp_path / 'small.onnx')
    except TrainingError as error:
        if not saturating():
            raise
        pytest.skip(f'sums of 8-bit products saturate on this processor: {error}')
    network = OnnxQueryNetwork.open(tmp_path / 'small.onnx')
    assert network.manifest == result.manifest
    assert result.manifest.space_id == gallery.manifest.descriptor_space.id
    assert result.manifest.calibration is not None
    found = result.manifest.training['int8']
    assert found['int8']['recall_at_1'] >= found['float']['recall_at_1'] - 0.01
    assert found['mean_cosine'] > 0.9
    assert (tmp_path / 'small.onnx').stat().st_size < 0.7 * source.stat().st_size
    image = gallery.thumbnail(3)
    one, other = (n.describe(image) for n in (network, OnnxQueryNetwork.open(source)))
    assert not np.array_equal(one, other)
    assert float(one @ other) > 0.9


def test_a_form_that_finds_less_is_refused_and_leaves_nothing(tmp_path, monkeypatch, pair):
    recall = iter(({'recall_at_1': 0.90}, {'recall_at_1': 0.88}))
    monkeypatch.setattr(quantized, 'recalls', lambda *_: next(recall))
    with pytest.raises(TrainingError, match=r'8-bit network is 0\.880'):
        quantize_query_network(*pair, tmp_path / 'small.onnx')
    assert list(tmp_path.iterdir()) == []
