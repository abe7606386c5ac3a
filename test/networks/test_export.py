# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from avpr_ros.errors import SpaceMismatchError, TrainingError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks import export
from avpr_ros.networks.backbone import Backbone
from avpr_ros.networks.embedded.dense_features import DenseFeatures
from avpr_ros.networks.embedded.fitted_parts import FittedParts
from avpr_ros.networks.embedded.kinds import EmbeddedKind, EmbeddedPart
from avpr_ros.networks.export import OPSET, export_onnx
from avpr_ros.networks.gallery_network import EmbeddedGalleryNetwork
from avpr_ros.networks.query_network import VladQueryNetwork

SIDE_PX = 64


def fitted_parts(width: int) -> FittedParts:
    rng = np.random.default_rng(1)
    words = rng.normal(size=(4, width)).astype(np.float32)
    words /= np.linalg.norm(words, axis=1, keepdims=True)
    basis, _ = np.linalg.qr(rng.normal(size=(4 * width, 9)))
    return FittedParts([words], basis.astype(np.float32))


def query_network() -> VladQueryNetwork:
    torch.manual_seed(0)
    return VladQueryNetwork(fitted_parts(10), input_px=SIDE_PX, embedded=False)


def gallery_network() -> EmbeddedGalleryNetwork:
    torch.manual_seed(0)
    backbone = Backbone('tf_efficientnet_lite0', embedded=False)
    kind = EmbeddedKind((EmbeddedPart('lite0', SIDE_PX),))
    return EmbeddedGalleryNetwork(
        DenseFeatures(kind, [backbone]), SIDE_PX, fitted_parts(backbone.channels)
    )


def photo() -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, (48, 80, 3), dtype=np.uint8)


@pytest.mark.parametrize('make', [query_network, gallery_network])
def test_exported_file_matches_network_for_any_batch(tmp_path, make):
    network = make()
    path = tmp_path / 'query.onnx'
    difference = export_onnx(network, SIDE_PX, path, [photo()])
    assert difference < 1e-5
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    for batch in (1, 5):
        images = np.random.default_rng(batch).integers(
            0, 256, (batch, SIDE_PX, SIDE_PX, 3), dtype=np.uint8
        )
        (rows,) = session.run(['descriptor'], {'image': images})
        with torch.inference_mode():
            wanted = network(torch.from_numpy(images)).numpy()
        assert rows.shape == (batch, 9)
        assert np.abs(rows - wanted).max() < 1e-5


def test_the_graph_has_fixed_sizes_and_a_known_opset(tmp_path):
    path = tmp_path / 'query.onnx'
    export_onnx(query_network(), SIDE_PX, path, [photo()])
    model = onnx.load(str(path))
    assert [entry.version for entry in model.opset_import if not entry.domain] == [OPSET]
    operators = [node.op_type for node in model.graph.node]
    # Padding computed from the input's size would cost time at every image.
    assert 'Ceil' not in operators
    assert 'BatchNormalization' not in operators


def test_a_file_that_differs_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(export, 'LARGEST_DIFFERENCE', -1.0)
    path = tmp_path / 'query.onnx'
    path.write_text('the old one')
    with pytest.raises(TrainingError, match='differs from torch'):
        export_onnx(query_network(), SIDE_PX, path, [photo()])
    assert path.read_text() == 'the old one'
    assert [entry.name for entry in Path(tmp_path).iterdir()] == ['query.onnx']


def test_the_query_network_describes_images_of_any_size():
    rows = query_network().describe([photo(), photo()[:, :30]])
    assert rows.shape == (2, 9)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_space_without_a_vocabulary_has_no_embedded_query_network():
    foreign = DescriptorSpace.create('dinov9', 8, 320, {})
    with pytest.raises(SpaceMismatchError, match='no vocabulary'):
        VladQueryNetwork.for_space(foreign)
