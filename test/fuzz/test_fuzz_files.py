# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Damaged networks, checkpoints, weights, images, poses and bags."""

from __future__ import annotations

import struct
import zlib

import cv2
from mutations import CASES, mutations, outcome
import numpy as np
import onnx
from onnx import TensorProto, helper
import pytest
from small_bags import drive, write_bag
import torch

from avpr_ros.errors import ImageDecodeError
from avpr_ros.networks.checkpoints.reading import read_tensors
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.runtime.query_manifest import QueryManifest
from avpr_ros.sources.images.decode import decode_encoded
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.pose_csv import read_pose_csv
from avpr_ros.sources.poses.tum import read_tum
from avpr_ros.storage.files import sha256_of_file
from avpr_ros.training.checkpoint import Checkpoint

PICTURE = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)


@pytest.fixture
def network(tmp_path):
    nodes = [
        helper.make_node('Cast', ['image'], ['float'], to=TensorProto.FLOAT),
        helper.make_node('ReduceMean', ['float'], ['mean'], axes=[1, 2], keepdims=0),
        helper.make_node('LpNormalization', ['mean'], ['descriptor'], axis=1, p=2),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        'mean',
        [value('image', TensorProto.UINT8, ['b', 8, 8, 3])],
        [value('descriptor', TensorProto.FLOAT, ['b', 3])],
    )
    path = tmp_path / 'query.onnx'
    opsets = [helper.make_opsetid('', 13)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def seal(path):
    sha256 = sha256_of_file(path)
    QueryManifest('mean', 'a' * 64, 3, 8, sha256, '', '', 0.0).save(path.with_suffix('.json'))


def test_sealed_damaged_networks_are_refused_or_run(network):
    for changed in mutations(network.read_bytes()):
        network.write_bytes(changed)
        seal(network)
        outcome(lambda: OnnxQueryNetwork.open(network))


def test_a_damaged_manifest_of_a_network_never_has_other_content(network):
    seal(network)
    file = network.with_suffix('.json')
    known, content = QueryManifest.load(file), file.read_bytes()
    for changed in mutations(content, 2 * CASES):
        file.write_bytes(changed)
        if outcome(lambda: QueryManifest.load(file)) == 'read':
            assert QueryManifest.load(file) == known


def test_damaged_checkpoints_are_refused(tmp_path):
    path = tmp_path / 'x.checkpoint'
    state = {'weight': torch.zeros(3, 4)}
    Checkpoint('id', 3, state, {}, {'state': {}, 'param_groups': []}, None, []).save(path)
    content = path.read_bytes()
    for changed in mutations(content):
        path.write_bytes(changed)
        if changed != content:
            assert outcome(lambda: Checkpoint.load(path, 'id')) == 'refused'


@pytest.mark.parametrize('suffix', ['.pth', '.safetensors'])
def test_damaged_weights_are_refused_or_read(tmp_path, suffix):
    from safetensors.torch import save_file

    path = tmp_path / f'weights{suffix}'
    state = {'a.weight': torch.zeros(3, 4), 'b': torch.ones(2)}
    torch.save(state, path) if suffix == '.pth' else save_file(state, path)
    for changed in mutations(path.read_bytes()):
        path.write_bytes(changed)
        outcome(lambda: read_tensors(path))


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_damaged_images_are_refused_or_decoded(suffix):
    content = cv2.imencode(suffix, PICTURE)[1].tobytes()
    for changed in mutations(content, 2 * CASES):
        data = np.frombuffer(changed, np.uint8)
        outcome(lambda data=data: decode_encoded(data, 'fuzz', 16))


def png_header(width, height):
    """Return a PNG that claims a size and has data for one pixel."""

    def chunk(kind, data):
        checksum = struct.pack('>I', zlib.crc32(kind + data))
        return struct.pack('>I', len(data)) + kind + data + checksum

    head = chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
    data = chunk(b'IDAT', zlib.compress(bytes(4)))
    return b'\x89PNG\r\n\x1a\n' + head + data + chunk(b'IEND', b'')


def jpeg_header(width, height):
    """Return a JPEG whose header claims another size."""
    content = bytearray(cv2.imencode('.jpg', PICTURE)[1].tobytes())
    at = content.index(b'\xff\xc0')
    content[at + 5 : at + 9] = struct.pack('>HH', height, width)
    return bytes(content)


@pytest.mark.parametrize(
    'data', [png_header(30_000, 30_000), jpeg_header(65_500, 65_500)], ids=['png', 'jpeg']
)
def test_an_image_that_claims_too_many_pixels_is_refused_by_its_header(data, monkeypatch):
    monkeypatch.setattr(cv2, 'imdecode', lambda *_: pytest.fail('it was decoded'))
    with pytest.raises(ImageDecodeError, match='more than 50 million'):
        decode_encoded(np.frombuffer(data, np.uint8), 'bomb')


def test_a_jpeg_of_very_many_scans_is_refused(monkeypatch):
    flags = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    content = cv2.imencode('.jpg', np.zeros((4800, 6400, 3), np.uint8), flags)[1].tobytes()
    at = content.rindex(b'\xff\xda')
    many = content[:at] + content[at:-2] * 60 + b'\xff\xd9'
    monkeypatch.setattr(cv2, 'imdecode', lambda *_: pytest.fail('it was decoded'))
    with pytest.raises(ImageDecodeError, match='scans of 6400 x 4800 px'):
        decode_encoded(np.frombuffer(many, np.uint8), 'bomb')


@pytest.mark.parametrize('kind', ['.bmp', '.tiff', '.webp', '.ppm', '.jp2'])
def test_other_formats_are_not_decoded(kind):
    whole, data = cv2.imencode(kind, PICTURE)
    assert whole
    with pytest.raises(ImageDecodeError, match='neither JPEG nor PNG'):
        decode_encoded(data.ravel(), kind)


def test_damaged_pose_files_are_refused_or_read(tmp_path):
    csv = 'image,x_m,y_m,z_m,qx,qy,qz,qw\n' + '0.png,1,2,3,0,0,0,1\n' * 4
    tum = ''.join(f'{n}.5 {n} 0 0 0 0 0 1\n' for n in range(6))
    path = tmp_path / 'poses.csv'
    for text, read in ((csv, read_pose_csv), (tum, read_tum)):
        for changed in mutations(text.encode()):
            path.write_bytes(changed)
            outcome(lambda read=read: read(path))


def test_damaged_bags_are_refused_or_read(tmp_path):
    bag = write_bag(tmp_path / 'bag', drive(3))
    file = next(path for path in bag.iterdir() if path.suffix in ('.mcap', '.db3'))
    content = file.read_bytes()

    def read() -> None:
        for frame in open_source(bag, SourceOptions(map_frame='map')).frames():
            outcome(frame.decode)

    for changed in mutations(content, max(CASES // 2, 1)):
        file.write_bytes(changed)
        outcome(read)
