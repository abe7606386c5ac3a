# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A folder of grey images with poses, and a pair of networks that tells their greys apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
import sys
from types import ModuleType

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
import pytest

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.cli.main import main
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.runtime.query_manifest import QueryManifest
from avpr_ros.storage.files import sha256_of_file

IMAGES = 12
GREY_STEP = 20
ANGLE_PER_GREY = np.pi / 2 / 255


class AngleDescriber:
    """Mean grey g becomes (cos, sin) of an angle that grows with g."""

    network = 'angle'
    input_px = 8

    def describe_gallery(
        self, images: Callable[[], Iterable[RgbImage]], count: int, progress: Progress
    ) -> tuple[DescriptorSpace, Descriptors]:
        rows = self.describe(list(images()))
        progress('describing', count, count)
        return DescriptorSpace.create('angle', 2, 8, {}), rows

    def describe(self, images: Sequence[RgbImage]) -> Descriptors:
        angles = np.array([image.mean() for image in images]) * ANGLE_PER_GREY
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@pytest.fixture(autouse=True)
def figures(empty_figures) -> None:
    """What they show is tested in test/evaluation."""


#: Binds a function of the registry at its import.
BOUND = 'avpr_ros.networks.space_describer'


@pytest.fixture
def avpr(monkeypatch, capsys) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Yield a function that runs the command line: exit code, stdout, stderr."""
    registry = ModuleType('avpr_ros.networks.registry')
    registry.describer_by_name = lambda name, *, dim, like=None: AngleDescriber()
    registry.load_gallery_network = lambda space: AngleDescriber()
    monkeypatch.setitem(sys.modules, 'avpr_ros.networks.registry', registry)
    monkeypatch.delitem(sys.modules, BOUND, raising=False)
    monkeypatch.setenv('COLUMNS', '200')

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, 'argv', ['avpr', *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    yield run
    sys.modules.pop(BOUND, None)


@pytest.fixture
def walk(tmp_path) -> Path:
    """Twelve images, one metre apart along x."""
    folder = tmp_path / 'walk'
    folder.mkdir()
    lines = ['image,x_m,y_m,z_m,qx,qy,qz,qw']
    for number in range(IMAGES):
        image = np.full((16, 24, 3), number * GREY_STEP, np.uint8)
        image[5:10, 8:16] += 30  # a view without any structure is refused
        cv2.imwrite(str(folder / f'{number:03d}.png'), image)
        lines.append(f'{number:03d}.png,{number},0,0,0,0,0,1')
    (folder / 'poses.csv').write_text('\n'.join(lines) + '\n')
    return folder


@pytest.fixture
def angle_network(tmp_path) -> Callable[[Path], Path]:
    """Return a function that writes the query network of a map built by AngleDescriber."""

    def write(map_folder: Path) -> Path:
        nodes = [
            helper.make_node('Cast', ['image'], ['float'], to=TensorProto.FLOAT),
            helper.make_node('ReduceMean', ['float'], ['mean'], axes=[1, 2, 3], keepdims=0),
            helper.make_node('Mul', ['mean', 'scale'], ['angle']),
            helper.make_node('Unsqueeze', ['angle', 'one'], ['column']),
            helper.make_node('Cos', ['column'], ['cos']),
            helper.make_node('Sin', ['column'], ['sin']),
            helper.make_node('Concat', ['cos', 'sin'], ['descriptor'], axis=1),
        ]
        graph = helper.make_graph(
            nodes,
            'angle',
            [helper.make_tensor_value_info('image', TensorProto.UINT8, ['b', 8, 8, 3])],
            [helper.make_tensor_value_info('descriptor', TensorProto.FLOAT, ['b', 2])],
            [
                numpy_helper.from_array(np.array(ANGLE_PER_GREY, np.float32), 'scale'),
                numpy_helper.from_array(np.array([1], np.int64), 'one'),
            ],
        )
        opsets = [helper.make_opsetid('', 13)]
        path = tmp_path / 'query.onnx'
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
        space = GalleryMap.open(map_folder).manifest.descriptor_space
        QueryManifest(
            network='angle',
            space_id=space.id,
            dim=2,
            input_px=8,
            onnx_sha256=sha256_of_file(path),
            created='2026-01-01T00:00:00+00:00',
            tool_version='0',
            max_abs_difference=0.0,
            calibration=Calibration(0.9),
        ).save(path.with_suffix('.json'))
        return path

    return write
