# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avpr_ros.poses import Pose
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from simulation.drives.bag_writer import TRUTH_TOPIC, Shot, encode_jpeg, write_bag
from simulation.rendering.camera import BASE_FROM_CAMERA, Camera
from simulation.rendering.world import Surface, World, quad
from simulation.town.weather import expose

pytest.importorskip('pybullet', reason='the software renderer is not installed')
from simulation.rendering.renderer import Renderer

_WALL_M = 8.0
#: Middles of red squares on the wall, left and right, below and above the optical axis.
_MARKS_M = [(_WALL_M, y, z) for y in (-4.0, -1.5, 0.3, 3.0) for z in (0.5, 1.9, 4.0)]
_MAP_FROM_BASE = Pose.from_xy_yaw(0.3, 0.2, 0.05)


def _square(x: float, y: float, z: float, half: float, colour: tuple[int, int, int]) -> Surface:
    corners = [(x, y + half, z - half), (x, y - half, z - half)]
    corners += [(x, y - half, z + half), (x, y + half, z + half)]
    return quad(corners, np.full((4, 4, 3), colour, np.uint8))


def test_camera_projection_matches_bag(tmp_path: Path) -> None:
    wall = _square(_WALL_M + 0.01, 0.0, 5.0, 20.0, (90, 90, 90))
    world = World([wall, *(_square(*mark, 0.2, (250, 0, 0)) for mark in _MARKS_M)])
    with Renderer(world) as renderer:
        view = renderer.view(_MAP_FROM_BASE @ BASE_FROM_CAMERA)
    picture = expose(view.albedo.astype(np.float32), (320, 240), 0.0, (0, 0))
    shot = Shot(10**18, _MAP_FROM_BASE, encode_jpeg(picture))
    write_bag(tmp_path / 'bag', [shot], [(10**18, _MAP_FROM_BASE)], Camera())

    source = open_source(tmp_path / 'bag', SourceOptions(pose_topic=TRUTH_TOPIC))
    (frame,), (camera,) = source.frames(), source.cameras

    assert camera.intrinsics is not None
    assert camera.base_from_camera is not None
    camera_from_map = (frame.map_from_base @ camera.base_from_camera).inverse()
    points = camera_from_map.rotation.apply(_MARKS_M) + camera_from_map.translation_m
    pixels = points @ np.reshape(camera.intrinsics.k, (3, 3)).T
    expected = pixels[:, :2] / pixels[:, 2:]
    image = frame.decode().astype(float)
    redness = np.clip(image[..., 0] - image[..., 1] - 20, 0, None)
    for u, v in expected:
        rows, columns = np.mgrid[round(v) - 8 : round(v) + 9, round(u) - 8 : round(u) + 9]
        weight = redness[rows, columns]
        seen = (weight * columns).sum() / weight.sum(), (weight * rows).sum() / weight.sum()
        assert np.hypot(seen[0] - u, seen[1] - v) < 0.35
    means = [redness[round(v), round(u)] for u, v in expected]
    assert min(means) > 80
