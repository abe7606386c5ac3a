# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
import onnxruntime
import pytest

from avpr_ros import onnx_options
from avpr_ros.errors import ImageDecodeError, QueryNetworkError
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork, installed_providers
from avpr_ros.runtime.query_manifest import QueryManifest
from avpr_ros.storage.files import sha256_of_file

SIDE = 4


def _write(
    folder: Path,
    *,
    unit: bool = True,
    input_name: str = 'image',
    input_type: int = TensorProto.UINT8,
    dim: int = 3,
) -> Path:
    """Write a network that averages each colour and scales to length 1."""
    nodes = [
        helper.make_node('Cast', [input_name], ['float'], to=TensorProto.FLOAT),
        helper.make_node('ReduceMean', ['float'], ['mean'], axes=[1, 2], keepdims=0),
        helper.make_node('LpNormalization', ['mean'], ['scaled'], axis=1, p=2)
        if unit
        else helper.make_node('Identity', ['mean'], ['scaled']),
        helper.make_node('Identity', ['scaled'], ['descriptor']),
    ]
    graph = helper.make_graph(
        nodes,
        'mean',
        [helper.make_tensor_value_info(input_name, input_type, ['b', SIDE, SIDE, 3])],
        [helper.make_tensor_value_info('descriptor', TensorProto.FLOAT, ['b', 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=8)
    path = folder / 'query.onnx'
    onnx.save(model, path)
    _manifest(path, dim).save(folder / 'query.json')
    return path


def _manifest(path: Path, dim: int = 3) -> QueryManifest:
    return QueryManifest(
        network='mean',
        space_id='a' * 64,
        dim=dim,
        input_px=SIDE,
        onnx_sha256=sha256_of_file(path),
        created='2026-01-01T00:00:00+00:00',
        tool_version='0.1.0',
        max_abs_difference=1e-6,
        training={'steps': 3, 'recall': {'before': 0.5}},
        calibration=Calibration(0.5, {'queries': 4}),
    )


def test_an_image_of_any_size_is_described(tmp_path):
    network = OnnxQueryNetwork.open(_write(tmp_path), threads=2)
    image = np.zeros((48, 64, 3), np.uint8)
    image[..., 0], image[..., 2] = 30, 40
    descriptor = network.describe(image)
    assert descriptor.dtype == np.float32
    np.testing.assert_allclose(descriptor, [0.6, 0, 0.8], atol=1e-6)


def test_the_manifest_is_read_as_written(tmp_path):
    path = _write(tmp_path)
    assert OnnxQueryNetwork.open(path).manifest == _manifest(path)


@pytest.mark.parametrize(
    'image', [np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3))]
)
def test_query_network_rejects_invalid_image(tmp_path, image):
    with pytest.raises(ImageDecodeError, match='an image is'):
        OnnxQueryNetwork.open(_write(tmp_path)).describe(image)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(QueryNetworkError, match=r'query\.onnx is missing'):
        OnnxQueryNetwork.open(tmp_path / 'query.onnx')
    (_write(tmp_path).with_suffix('.json')).unlink()
    with pytest.raises(QueryNetworkError, match=r'query\.json is missing'):
        OnnxQueryNetwork.open(tmp_path / 'query.onnx')


@pytest.mark.parametrize('position', [0, 0.5, -1])
def test_a_flipped_byte_is_refused(tmp_path, position):
    path = _write(tmp_path)
    data = bytearray(path.read_bytes())
    data[int(len(data) * position)] ^= 1
    path.write_bytes(data)
    with pytest.raises(QueryNetworkError, match='does not have the hash'):
        OnnxQueryNetwork.open(path)


def test_a_truncated_network_is_refused_even_with_a_fitting_hash(tmp_path):
    path = _write(tmp_path)
    path.write_bytes(path.read_bytes()[:40])
    _manifest(path).save(path.with_suffix('.json'))
    with pytest.raises(QueryNetworkError, match='not an ONNX file') as caught:
        OnnxQueryNetwork.open(path)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('change', ['truncate', 'list', 'version', 'drop', 'type'])
def test_a_damaged_manifest_is_refused(tmp_path, change):
    path = _write(tmp_path)
    file = path.with_suffix('.json')
    data = json.loads(file.read_text())
    changed = {
        'truncate': file.read_text()[:50],
        'list': '[]',
        'version': json.dumps({**data, 'format_version': 7}),
        'drop': json.dumps({key: data[key] for key in data if key != 'space_id'}),
        'type': json.dumps({**data, 'dim': '512'}),
    }
    file.write_text(changed[change])
    with pytest.raises(QueryNetworkError, match=r'damaged|format version') as caught:
        OnnxQueryNetwork.open(path)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('wrong', 'text'),
    [
        ({'unit': False}, 'norm'),
        ({'dim': 5}, r'of shape \(3,\)'),
        ({'input_name': 'x'}, 'has input'),
        ({'input_type': TensorProto.INT32}, 'has input'),
    ],
)
def test_onnx_network_that_differs_from_manifest_is_rejected(tmp_path, wrong, text):
    with pytest.raises(QueryNetworkError, match=text):
        OnnxQueryNetwork.open(_write(tmp_path, **wrong))


def test_no_thread_is_too_few(tmp_path):
    with pytest.raises(QueryNetworkError, match='threads is 0'):
        OnnxQueryNetwork.open(_write(tmp_path), threads=0)


@pytest.mark.parametrize(
    ('available', 'chosen'),
    [
        (['AzureExecutionProvider', 'CPUExecutionProvider'], ['CPUExecutionProvider']),
        (
            ['TensorrtExecutionProvider', 'CUDAExecutionProvider', 'CPUExecutionProvider'],
            ['CUDAExecutionProvider', 'CPUExecutionProvider'],
        ),
        (
            ['OpenVINOExecutionProvider', 'CPUExecutionProvider'],
            ['OpenVINOExecutionProvider', 'CPUExecutionProvider'],
        ),
    ],
)
def test_best_installed_provider_is_first(monkeypatch, available, chosen):
    monkeypatch.setattr(onnxruntime, 'get_available_providers', lambda: available)
    assert installed_providers() == chosen


def test_the_provider_in_use_is_named(tmp_path):
    network = OnnxQueryNetwork.open(_write(tmp_path))
    assert network.provider == installed_providers()[0]


def test_every_single_bit_flip_of_the_manifest_is_refused_or_without_effect(tmp_path):
    path = _write(tmp_path)
    file = path.with_suffix('.json')
    whole, manifest = file.read_bytes(), QueryManifest.load(file)
    rng = np.random.default_rng(0)
    for bit in rng.choice(8 * len(whole), 400, replace=False).tolist():
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        file.write_bytes(data)
        try:
            assert QueryManifest.load(file) == manifest
        except QueryNetworkError as error:
            assert '\n' not in str(error)


def test_a_manifest_of_the_first_version_is_read(tmp_path):
    path = _write(tmp_path)
    file = path.with_suffix('.json')
    data = json.loads(file.read_text())
    del data['manifest_sha256']
    file.write_text(json.dumps({**data, 'format_version': 1}))
    assert OnnxQueryNetwork.open(path).manifest.dim == 3


def test_data_outside_the_file_is_not_read(tmp_path, monkeypatch):
    path = _write(tmp_path)
    model = onnx.load(path)
    weight = numpy_helper.from_array(np.ones(3, np.float32), 'weight')
    model.graph.initializer.append(weight)
    model.graph.node[3].op_type = 'Mul'
    model.graph.node[3].input.append('weight')
    onnx.save(model, path, save_as_external_data=True, location='data.bin', size_threshold=0)
    _manifest(path).save(path.with_suffix('.json'))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QueryNetworkError, match='not an ONNX file that'):
        OnnxQueryNetwork.open(path)


def test_an_endless_loop_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_options, 'MAX_INFERENCE_S', 0.3)
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node('Identity', [a], [b]) for a, b in (('c', 'c2'), ('x', 'x2'))],
        'body',
        [
            value('i', TensorProto.INT64, []),
            value('c', TensorProto.BOOL, []),
            value('x', TensorProto.FLOAT, None),
        ],
        [value('c2', TensorProto.BOOL, []), value('x2', TensorProto.FLOAT, None)],
    )
    graph = helper.make_graph(
        [
            helper.make_node('Cast', ['image'], ['float'], to=TensorProto.FLOAT),
            helper.make_node('Loop', ['', 'true', 'float'], ['descriptor'], body=body),
        ],
        'endless',
        [value('image', TensorProto.UINT8, ['b', SIDE, SIDE, 3])],
        [value('descriptor', TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.array(True), 'true')],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=8)
    path = tmp_path / 'query.onnx'
    onnx.save(model, path)
    _manifest(path).save(path.with_suffix('.json'))
    with pytest.raises(QueryNetworkError, match=r'took more than 0\.3 s'):
        OnnxQueryNetwork.open(path)
