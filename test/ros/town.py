# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A tiny town: images that a mean over 4 x 4 cells tells apart, its map and its query network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from avpr_ros import __version__
from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.poses import Pose
from avpr_ros.runtime.preprocess import squash
from avpr_ros.runtime.query_manifest import QueryManifest
from avpr_ros.sources.frame import Camera, Frame, StampedImage
from avpr_ros.sources.preflight import Preflight
from avpr_ros.storage.files import sha256_of_file

PLACES = 12
SPACING_M = 5.0
BACK_M = 100.0
SIDE_PX = 16
CELLS = 4
DIM = 3 * CELLS * CELLS
HEIGHT_PX, WIDTH_PX = 96, 128
FIRST_STAMP_NS = 1_700_000_000_000_000_000
MIN_SIMILARITY = 0.8


def view(place: int) -> RgbImage:
    """Return what is seen at a place: grey cells with some colour."""
    random = np.random.default_rng(place)
    grey = random.uniform(30.0, 225.0, (CELLS, CELLS, 1))
    cells = np.clip(grey + random.uniform(-25.0, 25.0, (CELLS, CELLS, 3)), 0, 255)
    block = np.ones((HEIGHT_PX // CELLS, WIDTH_PX // CELLS, 1))
    return np.kron(cells, block).astype(np.uint8)


def pose_at(place: int) -> Pose:
    """Return the pose of the base at a place."""
    return Pose.from_xy_yaw(place * SPACING_M, 2.0, 0.1)


class TownSource:
    """A drive past all places, as the map builder takes it; ``back``: from the last to the first.

    The way back has other keyframe ids, and is written ``BACK_M`` to the side.
    """

    def __init__(self, back: bool = False) -> None:
        self._places = list(range(PLACES))[:: -1 if back else 1]
        self._aside = Pose.from_xy_yaw(0.0, BACK_M if back else 0.0, 0.0)

    name = 'town'
    map_frame = 'town_map'
    base_frame = 'base_link'
    pose_source = 'made up'
    cameras = (Camera('camera', 'image', None, None),)
    geodetic_origin = None

    def preflight(self) -> Preflight:
        stamps_ns = np.arange(PLACES, dtype=np.int64) + FIRST_STAMP_NS
        return Preflight((), stamps_ns, [self._aside @ pose_at(place) for place in self._places])

    def images(self) -> Iterator[StampedImage]:
        for number, place in enumerate(self._places):
            yield StampedImage(FIRST_STAMP_NS + number, 'camera', partial(view, place))

    def frames(self) -> Iterator[Frame]:
        for number, place in enumerate(self._places):
            pose = self._aside @ pose_at(place)
            yield Frame(FIRST_STAMP_NS + number, 'camera', pose, partial(view, place))


class CellDescriber:
    """Means over cells, of length one: what the ONNX file computes too."""

    network = 'cells'

    def describe_gallery(
        self, images: Callable[[], Iterable[RgbImage]], count: int, progress: Progress
    ) -> tuple[DescriptorSpace, Descriptors]:
        rows = [describe(image) for image in images()]
        assert len(rows) == count
        return space(), np.stack(rows)


def describe(image: RgbImage) -> Descriptors:
    pixels = squash(image, SIDE_PX).astype(np.float32) - 127.5
    cell = SIDE_PX // CELLS
    means = pixels.reshape(CELLS, cell, CELLS, cell, 3).mean(axis=(1, 3))
    row = means.transpose(2, 0, 1).reshape(-1)
    return (row / np.linalg.norm(row)).astype(np.float32)


def space(salt: float = 0.0) -> DescriptorSpace:
    return DescriptorSpace.create('cells', DIM, SIDE_PX, {'salt': np.array([salt])})


def write_map(folder: Path, back: bool = False) -> Path:
    build_map(TownSource(back), CellDescriber(), folder, BuildSettings(min_distance_m=1.0))
    return folder


def write_query(file: Path, salt: float = 0.0) -> Path:
    """Write ``query.onnx`` and its manifest; another salt is another descriptor space."""
    onnx = pytest.importorskip('onnx')
    helper, numpy_helper, kind = onnx.helper, onnx.numpy_helper, onnx.TensorProto
    cell = SIDE_PX // CELLS
    nodes = [
        helper.make_node('Cast', ['image'], ['float'], to=kind.FLOAT),
        helper.make_node('Sub', ['float', 'middle'], ['centred']),
        helper.make_node('Transpose', ['centred'], ['planes'], perm=[0, 3, 1, 2]),
        helper.make_node(
            'AveragePool', ['planes'], ['means'], kernel_shape=[cell, cell], strides=[cell, cell]
        ),
        helper.make_node('Flatten', ['means'], ['row'], axis=1),
        helper.make_node('LpNormalization', ['row'], ['descriptor'], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        'cells',
        [helper.make_tensor_value_info('image', kind.UINT8, ['B', SIDE_PX, SIDE_PX, 3])],
        [helper.make_tensor_value_info('descriptor', kind.FLOAT, ['B', DIM])],
        [numpy_helper.from_array(np.float32(127.5), 'middle')],
    )
    opset = [helper.make_opsetid('', 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), file)
    QueryManifest(
        network='cells',
        space_id=space(salt).id,
        dim=DIM,
        input_px=SIDE_PX,
        onnx_sha256=sha256_of_file(file),
        created='2026-01-01T00:00:00+00:00',
        tool_version=__version__,
        max_abs_difference=0.0,
        calibration=Calibration(MIN_SIMILARITY),
    ).save(file.with_suffix('.json'))
    return file
