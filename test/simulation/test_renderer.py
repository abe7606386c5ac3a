# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.poses import Pose
from simulation.rendering.camera import Camera
from simulation.rendering.world import World, blob, quad

pytest.importorskip('pybullet', reason='the software renderer is not installed')
from simulation.rendering.renderer import Renderer

_CAMERA = Camera(64, 48, 32.0)
#: Half a metre before the origin and 1.55 m up, looking east.
_EYE = Pose(np.array([0.5, 0.0, 1.55]), Rotation.from_matrix([[0, 0, 1], [-1, 0, 0], [0, -1, 0]]))


def _plain(*colour: int) -> np.ndarray:
    return np.full((4, 4, 3), colour, np.uint8)


def _wall(x_m: float, left: np.ndarray) -> World:
    """A wall across the way, ten metres wide and high, seen from the west."""
    corners = [(x_m, 5, 0), (x_m, -5, 0), (x_m, -5, 10), (x_m, 5, 10)]
    return World([quad(corners, left)])


def test_colour_depth_and_normal_of_a_wall() -> None:
    with Renderer(_wall(8.0, _plain(200, 100, 50)), camera=_CAMERA, factor=1) as renderer:
        view = renderer.view(_EYE)

    middle = (20, 32)
    assert not view.sky[middle]
    assert np.abs(view.albedo[middle].astype(int) - [200, 100, 50]).max() <= 3
    assert view.depth_m[middle] == pytest.approx(7.5, abs=0.05)
    assert np.allclose(view.points_m[middle][0], 8.0, atol=0.05)
    assert np.allclose(view.normals[middle], [-1, 0, 0], atol=1e-6)
    assert view.sky[20, 0]


def test_left_in_the_world_is_left_in_the_picture_and_textures_stand_upright() -> None:
    texture = np.zeros((8, 8, 3), np.uint8)
    texture[:4, :4] = 250
    with Renderer(_wall(6.0, texture), camera=_CAMERA, factor=1) as renderer:
        view = renderer.view(_EYE)

    seen = np.argwhere((view.albedo[..., 0] > 125) & ~view.sky)
    left_m = view.points_m[tuple(seen.T)]
    assert left_m[:, 1].min() > -0.2
    assert left_m[:, 2].min() > 4.8


def test_a_mover_is_where_it_is_put() -> None:
    mover = [quad([(0, 1, 0), (0, -1, 0), (0, -1, 3), (0, 1, 3)], _plain(0, 250, 0))]
    with Renderer(World(), [mover], _CAMERA, 1) as renderer:
        eye = _EYE
        gone = renderer.view(eye, [None])
        there = renderer.view(eye, [Pose.from_xy_yaw(5.5, 0.0, 0.0)])
        farther = renderer.view(eye, [Pose.from_xy_yaw(10.5, 0.0, 0.0)])

    assert gone.sky.all()
    assert there.depth_m[~there.sky].max() == pytest.approx(5.0, abs=0.1)
    assert (~there.sky).sum() > 2 * (~farther.sky).sum() > 0


def test_curved_surfaces_get_normals_towards_the_camera() -> None:
    ball = blob((6.0, 0.0, 1.55), (1.5, 1.5, 1.5), _plain(9, 99, 9), np.random.default_rng(1))
    with Renderer(World([ball]), camera=_CAMERA, factor=1) as renderer:
        view = renderer.view(_EYE)

    normal = view.normals[22:26, 30:34].reshape(-1, 3)
    assert (normal[:, 0] < -0.5).all()
    assert np.allclose(np.linalg.norm(normal, axis=1), 1.0, atol=1e-4)
